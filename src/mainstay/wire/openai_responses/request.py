"""Requests of Responses: read from a caller, written to an upstream.

Source: the public reference of `POST /v1/responses` and the parameter types of the official Python SDK.
"""

from functools import lru_cache

import msgspec

from mainstay.model.call import Call, CallKind
from mainstay.model.fault import Fault
from mainstay.model.http import Headers
from mainstay.wire.caller_fields import caller_fields
from mainstay.wire.continuation import CHARACTERS_PER_TOKEN
from mainstay.wire.envelope import MARK, PREFIX
from mainstay.wire.headers import REMEMBERED_HEADERS
from mainstay.wire.headers import request_headers as sent_headers
from mainstay.wire.json_bytes import (
    ABSENT,
    BAD_JSON,
    FIELDS,
    ITEMS,
    TEXT,
    Fields,
    is_given,
    is_string,
    raw,
    replace_fields,
    replace_model,
)
from mainstay.wire.openai_responses.bound import Tool, bound
from mainstay.wire.refusal import refusal, unknown_path, unreadable
from mainstay.wire.session import first_session, is_zero

DIALECT = "openai-responses"
OWN_TOOLS = frozenset(("function", "custom", "namespace", "tool_search", "local_shell", "apply_patch"))
"""Tools that the caller carries out; everything else runs at the provider."""
_HARMLESS = "web_search"
"""Offered by agents with every request; a search that did run shows in the stream, and bars continuation there."""

_ANSWER = CallKind.ANSWER
"""A name of its own, because looking it up in the enumeration takes ten times as long."""
_PATH = "/v1/responses"
_VERSION_PREFIX = "/v1"
_FREE_CHOICES = frozenset(("auto", "none"))
_LOGPROBS = "message.output_text.logprobs"


class _Format(msgspec.Struct):
    type: str = "text"


class _TextOptions(msgspec.Struct):
    format: _Format | None = None


class _Request(msgspec.Struct):
    model: str
    input: str | list[msgspec.Raw] | None = None
    stream: bool | None = None
    max_output_tokens: int | None = None
    tools: list[Tool] | None = None
    # A word, or an object that names what must be called.
    tool_choice: str | dict[str, msgspec.Raw] | None = None
    text: _TextOptions | None = None
    include: list[str] | None = None
    top_logprobs: int | None = None
    conversation: msgspec.Raw = ABSENT
    previous_response_id: str | None = None
    prompt: msgspec.Raw = ABSENT
    prompt_cache_key: msgspec.Raw = ABSENT
    safety_identifier: msgspec.Raw = ABSENT
    user: msgspec.Raw = ABSENT
    temperature: msgspec.Raw = ABSENT


class _Item(msgspec.Struct):
    type: str | None = None
    encrypted_content: str | None = None


_REQUEST = msgspec.json.Decoder(_Request)
_ITEM = msgspec.json.Decoder(_Item)


def read_call(path: str, query: str, headers: Headers, body: bytes) -> Call | Fault:
    """Read a caller's request. The fields that we do not need are the provider's to judge."""
    if path != _PATH:
        return unknown_path(path)
    fields = caller_fields(headers)
    if fields.refused is not None:
        return fields.refused
    try:
        request = _REQUEST.decode(body)
    except BAD_JSON as error:
        return unreadable(error)
    if not request.model:
        return refusal("model", "the name is empty. Name a model that this gateway serves.")
    if request.max_output_tokens is not None and request.max_output_tokens < 0:
        return refusal("max_output_tokens", "the number is negative. Send 0 or more, or leave it out.")
    # By position, in the order of the fields: by name it would cost as much as decoding the body.
    return Call(
        DIALECT,
        _ANSWER,
        f"{path}?{query}" if query else path,
        request.model,
        bool(request.stream),
        fields.forwardable,
        body,
        bool(request.tools),
        _must_not_continue(request),
        request.max_output_tokens,
        len(body) // CHARACTERS_PER_TOKEN,
        _bound(request, body),
        "",
        "",
        b"",
        fields.session or first_session(request.prompt_cache_key, request.safety_identifier, request.user),
        bool(request.temperature) and is_zero(request.temperature),
    )


def request_path(call: Call) -> str:
    """An upstream's base URL already ends with the API's version."""
    return call.path.removeprefix(_VERSION_PREFIX)


def request_headers(call: Call, key: str) -> Headers:
    """Header fields for an upstream."""
    return _sent(call.headers, key)


def request_body(body: bytes, model: str) -> bytes:
    """The caller's bytes with the model name mapped, and without reasoning that other issuers sealed: the provider
    would refuse a ciphertext that is not its own."""
    return replace_model(without_envelopes(body), model)


def without_envelopes(body: bytes) -> bytes:
    """The body without reasoning items that carry an envelope of ours (`wire/envelope.py`)."""
    if MARK not in body:
        return body
    try:
        items = ITEMS.decode(FIELDS.decode(body)["input"])
    except (*BAD_JSON, KeyError):
        return body
    kept = [item for item in items if MARK not in bytes(item) or not is_envelope(item)]
    return body if len(kept) == len(items) else replace_fields(body, {"input": raw(kept)})


def is_envelope(item: msgspec.Raw) -> bool:
    """Whether this is a reasoning item that we sealed."""
    try:
        said = _ITEM.decode(item)
    except BAD_JSON:
        return False
    return said.type == "reasoning" and (said.encrypted_content or "").startswith(PREFIX)


def input_of(fields: Fields) -> list[msgspec.Raw]:
    """The input of a request as items; a string is what the user says. Raises what bad JSON raises."""
    value = fields.get("input", ABSENT)
    if not is_given(value):
        return []
    if is_string(value):
        return [raw({"type": "message", "role": "user", "content": TEXT.decode(value)})]
    return ITEMS.decode(value)


@lru_cache(maxsize=REMEMBERED_HEADERS)
def _sent(headers: Headers, key: str) -> Headers:
    return sent_headers(headers, (("authorization", f"Bearer {key}"),) if key else ())


def _bound(request: _Request, body: bytes) -> str:
    return bound(
        request.tools or (),
        request.input if isinstance(request.input, list) else (),
        body,
        conversation=request.conversation,
        previous_response_id=request.previous_response_id,
        prompt=request.prompt,
    )


def _must_not_continue(request: _Request) -> bool:
    """Whether prose could not finish the answer: structured output, a forced tool, a tool that runs at the provider, or
    numbers that belong to single tokens."""
    structured = bool(request.text and request.text.format and request.text.format.type != "text")
    choice = request.tool_choice
    forced = choice is not None and (isinstance(choice, dict) or choice not in _FREE_CHOICES)
    served = any(tool.type not in OWN_TOOLS and not tool.type.startswith(_HARMLESS) for tool in request.tools or ())
    return structured or forced or served or bool(request.top_logprobs) or _LOGPROBS in (request.include or ())
