"""Claude behind InvokeModel: the Messages API in Amazon's envelope.

The body loses `model` and `stream`, which stand in the path, and gains `anthropic_version` and what the beta header
said. A stream comes as event-stream chunks, each one event's JSON in base64; errors in Amazon's words. Source: the
service description (`InvokeModel`, `InvokeModelWithResponseStream`, `CountTokens`) and Anthropic's SDK for Bedrock.
"""

import base64

import msgspec

from mainstay.model.fault import Fault, FaultKind
from mainstay.model.http import Headers
from mainstay.wire.bedrock import errors
from mainstay.wire.bedrock.event_stream import EVENT, EventStreamSplitter, Message
from mainstay.wire.json_bytes import BAD_JSON, raw, read_fields, replace_fields
from mainstay.wire.sse import write_event

VERSION = "bedrock-2023-05-31"
BETA_HEADER = "anthropic-beta"

_CHUNK = "chunk"
_PROMPT_TOO_LONG = "prompt is too long"
"""What Anthropic's own readers take for a full context window."""

_TYPES = {
    FaultKind.OVERLOAD: "overloaded_error",
    FaultKind.TRANSIENT: "overloaded_error",
    FaultKind.THROTTLE: "rate_limit_error",
    FaultKind.BILLING: "billing_error",
    FaultKind.AUTH: "permission_error",
    FaultKind.MODEL_GONE: "not_found_error",
    FaultKind.REQUEST: "invalid_request_error",
    FaultKind.CONTEXT: "invalid_request_error",
}
_STATUSES = {
    "overloaded_error": 529,
    "rate_limit_error": 429,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "invalid_request_error": 400,
    "api_error": 500,
}
_ERRORS_FROM = 400


class _Payload(msgspec.Struct):
    bytes: bytes


class _Typed(msgspec.Struct):
    type: str


class _Error(msgspec.Struct):
    type: str
    message: str


class _ErrorBody(msgspec.Struct, tag_field="type", tag="error"):
    error: _Error


class _Counted(msgspec.Struct, rename="camel"):
    input_tokens: int


class _Invocation(msgspec.Struct):
    body: str


class _CountInput(msgspec.Struct, rename="camel"):
    invoke_model: _Invocation


class _CountBody(msgspec.Struct):
    input: _CountInput


_PAYLOAD = msgspec.json.Decoder(_Payload)
_TYPED = msgspec.json.Decoder(_Typed)
_COUNTED = msgspec.json.Decoder(_Counted)


def invocation(body: bytes, headers: Headers) -> bytes:
    """The body of an invocation; every other member keeps its bytes. `headers` are the caller's."""
    betas = [beta.strip() for name, value in headers if name == BETA_HEADER for beta in value.split(",")]
    changes: dict[str, msgspec.Raw | None] = {"model": None, "stream": None, "anthropic_version": raw(VERSION)}
    if any(betas):
        changes["anthropic_beta"] = raw(list(dict.fromkeys(beta for beta in betas if beta)))
    try:
        return replace_fields(body, changes)
    except BAD_JSON:
        return body


def count_body(body: bytes, headers: Headers) -> bytes:
    """The body of a question for the number of tokens. What is counted must look like an invocation, so it needs a
    limit of output tokens."""
    counted = invocation(body, headers)
    fields = read_fields(counted)
    if fields is not None and "max_tokens" not in fields:
        counted = replace_fields(counted, {"max_tokens": raw(1)})
    return msgspec.json.encode(_CountBody(_CountInput(_Invocation(base64.b64encode(counted).decode()))))


def unwrapped(status: int, headers: Headers, body: bytes) -> tuple[int, bytes]:
    """A whole response in the words of the Messages API: a count under its own name, an error with its type and the
    status that goes with it. Answers pass as they came."""
    if status < _ERRORS_FROM:
        try:
            return status, msgspec.json.encode({"input_tokens": _COUNTED.decode(body).input_tokens})
        except BAD_JSON:
            return status, body
    fault = errors.classify(status, headers, body, 0.0)
    error = _error(fault)
    return _STATUSES[error.type], msgspec.json.encode(_ErrorBody(error))


class ChunkDecoder:
    """`wire.platform.StreamDecoder`: the events of the Messages API out of the chunks that hold them.

    An exception becomes the event `error` with Anthropic's type of the same meaning, wrong framing one of type
    `api_error`; after either nothing more is given.
    """

    __slots__ = ("_over", "_splitter")

    def __init__(self) -> None:
        """Start before the first byte."""
        self._splitter = EventStreamSplitter()
        self._over = False

    def feed(self, data: bytes) -> bytes:
        """The events that these bytes complete."""
        if self._over:
            return b""
        messages = self._splitter.feed(data)
        # What follows an exception is passed over: it is the last word of a stream.
        last = next((place for place, message in enumerate(messages) if message.heading.kind != EVENT), None)
        events = b"".join([self._event(message) for message in (messages if last is None else messages[: last + 1])])
        if last is None and self._splitter.broken:
            events += self._fail(_Error("api_error", f"The body is no event stream: {self._splitter.broken}."))
        return events

    def _event(self, message: Message) -> bytes:
        heading = message.heading
        if heading.kind != EVENT:
            return self._fail(_error(errors.classify_message(message)))
        if heading.type != _CHUNK:
            return b""
        try:
            data = _PAYLOAD.decode(message.payload).bytes
            name = _TYPED.decode(data).type
        except BAD_JSON:
            # Left to the reader of the dialect, which counts malformed events.
            return write_event(message.payload)
        return write_event(data, name.encode("utf-8", "replace"))

    def _fail(self, error: _Error) -> bytes:
        self._over = True
        return write_event(msgspec.json.encode(_ErrorBody(error)), b"error")


def _error(fault: Fault) -> _Error:
    message = fault.message
    if fault.kind is FaultKind.CONTEXT and _PROMPT_TOO_LONG not in message.lower():
        message = f"{_PROMPT_TOO_LONG}: {message}"
    return _Error(_TYPES.get(fault.kind, "api_error"), message)
