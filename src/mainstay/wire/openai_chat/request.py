"""Requests of Chat Completions: read from a caller, written to an upstream."""

from functools import lru_cache

import msgspec

from mainstay.model.call import Call, CallKind
from mainstay.model.fault import Fault
from mainstay.model.http import Headers
from mainstay.wire.caller_fields import caller_fields
from mainstay.wire.continuation import CHARACTERS_PER_TOKEN
from mainstay.wire.headers import REMEMBERED_HEADERS
from mainstay.wire.headers import request_headers as sent_headers
from mainstay.wire.json_bytes import ABSENT, BAD_JSON, is_given
from mainstay.wire.openai_chat.bound import bound_by
from mainstay.wire.refusal import refusal, unknown_path, unreadable
from mainstay.wire.session import first_session, is_zero

DIALECT = "openai-chat"

_ANSWER = CallKind.ANSWER
"""A name of its own, because looking it up in the enumeration takes ten times as long."""
_PATH = "/v1/chat/completions"
_VERSION_PREFIX = "/v1"
_NEGATIVE = "the number is negative. Send 0 or more, or leave it out."
_FREE_CHOICES = frozenset(("auto", "none"))


class _ResponseFormat(msgspec.Struct):
    type: str = "text"


class _Request(msgspec.Struct):
    model: str
    messages: list[msgspec.Raw]
    stream: bool | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    n: int | None = None
    tools: list[msgspec.Raw] | None = None
    functions: list[msgspec.Raw] | None = None
    # A word, or an object that names what must be called.
    tool_choice: str | dict[str, msgspec.Raw] | None = None
    function_call: str | dict[str, msgspec.Raw] | None = None
    response_format: _ResponseFormat | None = None
    modalities: list[str] | None = None
    audio: msgspec.Raw = ABSENT
    logprobs: bool | None = None
    prompt_cache_key: msgspec.Raw = ABSENT
    safety_identifier: msgspec.Raw = ABSENT
    user: msgspec.Raw = ABSENT
    temperature: msgspec.Raw = ABSENT


_REQUEST = msgspec.json.Decoder(_Request)


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
    fault = _mistake(request)
    if fault is not None:
        return fault
    # By position, in the order of the fields: by name it would cost as much as decoding the body.
    return Call(
        DIALECT,
        _ANSWER,
        f"{path}?{query}" if query else path,
        request.model,
        bool(request.stream),
        fields.forwardable,
        body,
        bool(request.tools or request.functions),
        _must_not_continue(request),
        _output_limit(request),
        len(body) // CHARACTERS_PER_TOKEN,
        bound_by(body, request.messages),
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


@lru_cache(maxsize=REMEMBERED_HEADERS)
def _sent(headers: Headers, key: str) -> Headers:
    return sent_headers(headers, (("authorization", f"Bearer {key}"),) if key else ())


def _output_limit(request: _Request) -> int | None:
    return request.max_tokens if request.max_completion_tokens is None else request.max_completion_tokens


def _mistake(request: _Request) -> Fault | None:
    if not request.model:
        return refusal("model", "the name is empty. Name a model that this gateway serves.")
    if not request.messages:
        return refusal("messages", "at least one message is required. Add one.")
    if request.max_tokens is not None and request.max_tokens < 0:
        return refusal("max_tokens", _NEGATIVE)
    if request.max_completion_tokens is not None and request.max_completion_tokens < 0:
        return refusal("max_completion_tokens", _NEGATIVE)
    return None


def _must_not_continue(request: _Request) -> bool:
    """Whether prose could not finish the answer: structured output, a forced tool, several choices, sound, or numbers
    that belong to single tokens."""
    structured = request.response_format is not None and request.response_format.type != "text"
    forced = _is_forced(request.tool_choice) or _is_forced(request.function_call)
    audible = is_given(request.audio) or "audio" in (request.modalities or ())
    return structured or forced or audible or bool(request.logprobs) or (request.n or 1) > 1


def _is_forced(choice: str | dict[str, msgspec.Raw] | None) -> bool:
    return choice is not None and (isinstance(choice, dict) or choice not in _FREE_CHOICES)
