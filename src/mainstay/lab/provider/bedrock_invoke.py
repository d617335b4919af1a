"""Claude behind AWS Bedrock's InvokeModel: the Anthropic voice in Amazon's envelope. Source: the service description,
and Anthropic's SDK for Bedrock."""

import base64
import binascii

import msgspec
from msgspec.structs import replace

from mainstay.lab.provider.anthropic import Anthropic
from mainstay.lab.provider.ask import Ask, Problem
from mainstay.lab.provider.bedrock import NAME, amazon_error, amazon_exception, amazon_headers, asked_model
from mainstay.lab.provider.bedrock_read import read_converse
from mainstay.lab.provider.request import ProviderRequest
from mainstay.lab.provider.script import Part, PartKind
from mainstay.lab.provider.turn import Turn
from mainstay.lab.provider.voice import ErrorAnswer, Manner, Stamp
from mainstay.model.http import Headers
from mainstay.wire.bedrock import event_stream
from mainstay.wire.sse import read_event

VERSION = "bedrock-2023-05-31"
_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_METRICS = b',"amazon-bedrock-invocationMetrics":{"inputTokenCount":1,"outputTokenCount":1}}'


class _Chunk(msgspec.Struct):
    bytes: str
    p: str = "abcdefgh"


class _Invocation(msgspec.Struct):
    body: str


class _CountInput(msgspec.Struct, rename="camel"):
    invoke_model: _Invocation | None = None
    converse: msgspec.Raw = msgspec.Raw(b"{}")


class _CountBody(msgspec.Struct):
    input: _CountInput


_COUNT = msgspec.json.Decoder(_CountBody)


def chunk(payload: bytes) -> bytes:
    """One chunk of a stream."""
    return event_stream.event("chunk", msgspec.json.encode(_Chunk(base64.b64encode(payload).decode())))


class BedrockInvoke:
    """Claude in the dialect `anthropic` behind InvokeModel, and CountTokens."""

    name = NAME

    def __init__(self) -> None:
        self._inner = Anthropic()

    def read(self, request: ProviderRequest) -> Ask | Problem:
        """Read an invocation, or a request to count the tokens of one."""
        if request.path.endswith("/count-tokens"):
            return self._read_count(request)
        return self._read_invocation(request, request.body)

    def headers(self, stamp: Stamp, exhausted_seconds: float | None = None) -> Headers:  # noqa: ARG002 (never said)
        """Request id."""
        return amazon_headers(stamp)

    def plain(self, ask: Ask, turn: Turn, stamp: Stamp) -> bytes:
        """A whole message."""
        return self._inner.plain(ask, turn, stamp)

    def stream(self, ask: Ask, turn: Turn, stamp: Stamp, manner: Manner) -> list[Part]:
        """The events of the Messages API, each in a chunk."""
        return [replace(part, data=_wrapped(part)) for part in self._inner.stream(ask, turn, stamp, manner)]

    def error(self, answer: ErrorAnswer, stamp: Stamp) -> bytes:  # noqa: ARG002 (the id is in a header)
        """An error in Amazon's words."""
        return amazon_error(answer)

    def inband_error(self, answer: ErrorAnswer, before: tuple[Part, ...], *, as_response: bool) -> bytes:  # noqa: ARG002
        """An exception inside a stream."""
        return amazon_exception(answer)

    def ping(self) -> bytes:
        """The event `ping` in a chunk."""
        return chunk(b'{"type":"ping"}')

    def event(self, kind: str, payload: bytes) -> bytes:  # noqa: ARG002 (the JSON says it)
        """One event in a chunk."""
        return chunk(payload)

    def models(self, names: tuple[str, ...]) -> bytes:
        """The list of models."""
        return self._inner.models(names)

    def model(self, name: str) -> bytes:
        """One model."""
        return self._inner.model(name)

    def _read_invocation(self, request: ProviderRequest, body: bytes) -> Ask | Problem:
        try:
            fields = _FIELDS.decode(body)
            version = msgspec.json.decode(fields.pop("anthropic_version", b'""'), type=str)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return Problem(f"Malformed input request: {error}")
        if version != VERSION:
            return Problem(f"anthropic_version: Input should be '{VERSION}'")
        for name in ("model", "stream"):
            if name in fields:
                return Problem(f"Malformed input request: #: extraneous key [{name}] is not permitted")
        if request.header("anthropic-version") or request.header("anthropic-beta"):
            return Problem("Headers of Anthropic's own API reached Amazon")
        is_stream = b"true" if request.path.endswith("-stream") else b"false"
        fields |= {"model": msgspec.Raw(msgspec.json.encode(asked_model(request))), "stream": msgspec.Raw(is_stream)}
        return self._inner.read(replace(request, path="/v1/messages", body=msgspec.json.encode(fields)))

    def _read_count(self, request: ProviderRequest) -> Ask | Problem:
        try:
            asked = _COUNT.decode(request.body).input
            if asked.invoke_model is None:
                return read_converse(bytes(asked.converse), asked_model(request), stream=False)
            body = base64.b64decode(asked.invoke_model.body, validate=True)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, binascii.Error) as error:
            return Problem(f"The request body is not valid: {error}")
        return self._read_invocation(request, body)


def _wrapped(part: Part) -> bytes:
    data = read_event(part.data).data or b""
    return chunk(data[:-1] + _METRICS if part.kind is PartKind.END else data)
