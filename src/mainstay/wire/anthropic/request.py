"""Requests of the Messages API: read from a caller, written to an upstream."""

from functools import lru_cache

import msgspec

from mainstay.model.call import Call, CallKind
from mainstay.model.fault import Fault
from mainstay.model.http import Headers
from mainstay.wire.caller_fields import caller_fields
from mainstay.wire.continuation import CHARACTERS_PER_TOKEN
from mainstay.wire.headers import REMEMBERED_HEADERS, header
from mainstay.wire.headers import request_headers as sent_headers
from mainstay.wire.json_bytes import ABSENT, BAD_JSON, ITEMS, is_given
from mainstay.wire.refusal import refusal, unknown_path, unreadable
from mainstay.wire.session import is_zero, session_of_metadata

DIALECT = "anthropic"
VERSION = "2023-06-01"
"""Sent only where the caller names no version."""

_PATHS = {"/v1/messages": CallKind.ANSWER, "/v1/messages/count_tokens": CallKind.COUNT_TOKENS}
_ANSWER = CallKind.ANSWER
_COUNT_TOKENS = CallKind.COUNT_TOKENS
# Aliases, because looking a member up in its enum takes ten times as long.
_OAUTH_PREFIX = "sk-ant-oat"
_FORCED_CHOICES = frozenset(("any", "tool"))

_UNSET = msgspec.UNSET


class _ToolChoice(msgspec.Struct):
    type: str = ""


class _OutputConfig(msgspec.Struct):
    format: msgspec.Raw = ABSENT


class _Request(msgspec.Struct):
    model: str
    messages: list[msgspec.Raw]
    max_tokens: int | msgspec.UnsetType = _UNSET
    stream: bool = False
    tools: list[msgspec.Raw] | None = None
    tool_choice: _ToolChoice | None = None
    output_config: _OutputConfig | None = None
    # The rest is only looked at for being there.
    output_format: msgspec.Raw = ABSENT
    container: msgspec.Raw = ABSENT
    mcp_servers: msgspec.Raw = ABSENT
    thread: msgspec.Raw = ABSENT
    metadata: msgspec.Raw = ABSENT
    temperature: msgspec.Raw = ABSENT


class _Source(msgspec.Struct):
    type: str = ""
    file_id: str | None = None
    content: msgspec.Raw = ABSENT


class _Block(msgspec.Struct):
    type: str = ""
    file_id: str | None = None
    source: _Source | None = None
    content: msgspec.Raw = ABSENT


_REQUEST = msgspec.json.Decoder(_Request)
_BLOCK = msgspec.json.Decoder(_Block)
_FILE_ID = "file id"
_FILE_BLOCK = "container_upload"
_NO_SOURCE = _Source()


def read_call(path: str, query: str, headers: Headers, body: bytes) -> Call | Fault:
    """Read a caller's request. The fields that we do not need are the provider's to judge."""
    kind = _PATHS.get(path)
    if kind is None:
        return unknown_path(path)
    fields = caller_fields(headers)
    if fields.refused is not None:
        return fields.refused
    try:
        request = _REQUEST.decode(body)
    except BAD_JSON as error:
        return unreadable(error)
    fault = _mistake(request, kind)
    if fault is not None:
        return fault
    # Nearly always all of these are absent; asking that first saves a call.
    state = _state(request) if request.container or request.mcp_servers or request.thread else ""
    is_shaped = request.output_config is not None or request.tool_choice is not None or bool(request.output_format)
    # By position, in the order of the fields: by name it would cost as much as decoding the body.
    return Call(
        DIALECT,
        kind,
        f"{path}?{query}" if query else path,
        request.model,
        request.stream and kind is _ANSWER,
        fields.forwardable,
        body,
        bool(request.tools),
        state != "" or (is_shaped and _must_not_continue(request)),
        None if isinstance(request.max_tokens, msgspec.UnsetType) else request.max_tokens,
        len(body) // CHARACTERS_PER_TOKEN,
        state or (_FILE_ID if b'"file_id"' in body and _names_file(request.messages) else ""),
        "",
        "",
        b"",
        fields.session or (session_of_metadata(request.metadata) if request.metadata else ""),
        bool(request.temperature) and is_zero(request.temperature),
    )


def request_headers(call: Call, key: str) -> Headers:
    """Header fields for an upstream: an API key as `x-api-key`, an OAuth token as a bearer."""
    return _sent(call.headers, key)


@lru_cache(maxsize=REMEMBERED_HEADERS)
def _sent(headers: Headers, key: str) -> Headers:
    extra: list[tuple[str, str]] = []
    if header(headers, "anthropic-version") is None:
        extra.append(("anthropic-version", VERSION))
    if key:
        extra.append(("authorization", f"Bearer {key}") if key.startswith(_OAUTH_PREFIX) else ("x-api-key", key))
    return sent_headers(headers, extra)


def _mistake(request: _Request, kind: CallKind) -> Fault | None:
    if not request.model:
        return refusal("model", "the name is empty. Name a model that this gateway serves.")
    if not request.messages:
        return refusal("messages", "at least one message is required. Add one.")
    if kind is _COUNT_TOKENS:
        return None
    if isinstance(request.max_tokens, msgspec.UnsetType):
        return refusal("max_tokens", "this field is required. Add a whole number.")
    if request.max_tokens < 0:
        return refusal("max_tokens", "the number is negative. Send 0 or more.")
    return None


def _must_not_continue(request: _Request) -> bool:
    """Whether prose could not finish the answer: structured output or a forced tool."""
    structured = request.output_config is not None and is_given(request.output_config.format)
    forced = request.tool_choice is not None and request.tool_choice.type in _FORCED_CHOICES
    return structured or forced or is_given(request.output_format)


def _state(request: _Request) -> str:
    """The field that names state held by the provider; nobody else could go on with it."""
    if is_given(request.container):
        return "container"
    if is_given(request.mcp_servers):
        return "mcp_servers"
    return "thread" if is_given(request.thread) else ""


def _names_file(blocks: list[msgspec.Raw]) -> bool:
    """Whether one of these messages or blocks, or what they hold, is a file that the provider keeps. What tools were
    called with is none of it, whatever it looks like."""
    return any(_is_file(block) for block in blocks)


def _is_file(value: msgspec.Raw) -> bool:
    try:
        block = _BLOCK.decode(value)
    except BAD_JSON:
        return False
    source = block.source or _NO_SOURCE
    if block.file_id and block.type == _FILE_BLOCK:
        return True
    if source.file_id and source.type == "file":
        return True
    return _holds_file(block.content) or _holds_file(source.content)


def _holds_file(content: msgspec.Raw) -> bool:
    try:
        return is_given(content) and _names_file(ITEMS.decode(content))
    except BAD_JSON:
        return False
