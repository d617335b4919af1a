"""AWS Bedrock's Converse and ConverseStream as a provider speaks them. Source: the service description."""

import base64
from collections.abc import Mapping
from urllib.parse import unquote

import msgspec

from mainstay.lab.provider.ask import Ask, Problem
from mainstay.lab.provider.bedrock_errors import exception_name
from mainstay.lab.provider.bedrock_read import SIGNATURE_PREFIX, read_converse
from mainstay.lab.provider.evidence import mark
from mainstay.lab.provider.request import ProviderRequest
from mainstay.lab.provider.script import Part, PartKind
from mainstay.lab.provider.turn import Stop, ToolCall, Turn
from mainstay.lab.provider.voice import ErrorAnswer, Manner, Stamp, pieces, slices
from mainstay.model.http import Headers
from mainstay.wire.bedrock import event_stream

NAME = "bedrock"

_STOP_REASONS = {
    Stop.END: "end_turn",
    Stop.LENGTH: "max_tokens",
    Stop.TOOL: "tool_use",
    Stop.SEQUENCE: "stop_sequence",
    Stop.REFUSAL: "content_filtered",
    Stop.FILTER: "guardrail_intervened",
}
_EVENTS = {"content_block_delta": "contentBlockDelta"}
_ARGUMENT_CHARS = 12
_PADDING = "abcdefghijklmnopqrstuvwxyzABCDEFGH"
_ENCODER = msgspec.json.Encoder()


def asked_model(request: ProviderRequest) -> str:
    """The model that a request's path names."""
    segments = request.path.removeprefix("/v1").split("/")
    return unquote(segments[2]) if len(segments) > 2 else ""  # noqa: PLR2004 (`/model/{id}/{operation}`)


def amazon_headers(stamp: Stamp) -> Headers:
    """Request id and date."""
    digest = stamp.id("", "request").ljust(32, "0")
    groups = (digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32])
    return (("x-amzn-requestid", "-".join(groups)),)


def amazon_error(answer: ErrorAnswer) -> bytes:
    """An error; its type moves to a header before it is sent."""
    return _ENCODER.encode({"__type": answer.type, "message": answer.message})


def amazon_exception(answer: ErrorAnswer) -> bytes:
    """An error inside a stream."""
    return event_stream.exception(exception_name(answer.code), _ENCODER.encode({"message": answer.message}))


def _event(name: str, fields: Mapping[str, object]) -> bytes:
    payload = _ENCODER.encode(fields)
    # The service pads its events, so that their size says nothing about the text.
    padding = _PADDING[: 1 + len(payload) % len(_PADDING)]
    return event_stream.event(name, b'%b%b"p":"%b"}' % (payload[:-1], b"," if fields else b"", padding.encode()))


class Bedrock:
    """The dialect `bedrock`."""

    name = NAME

    def read(self, request: ProviderRequest) -> Ask | Problem:
        """Read a request of Converse, or one to count its tokens."""
        model = asked_model(request)
        return read_converse(request.body, model, stream=request.path.endswith("/converse-stream"))

    def headers(self, stamp: Stamp, exhausted_seconds: float | None = None) -> Headers:  # noqa: ARG002 (never said)
        """Request id."""
        return amazon_headers(stamp)

    def plain(self, ask: Ask, turn: Turn, stamp: Stamp) -> bytes:
        """A whole answer."""
        message = {"role": "assistant", "content": _content(turn, stamp)}
        stop = {"stopReason": _STOP_REASONS[turn.stop]}
        return _ENCODER.encode(
            {"output": {"message": message}, **stop, "usage": _usage(ask, turn), "metrics": {"latencyMs": 12}}
        )

    def stream(self, ask: Ask, turn: Turn, stamp: Stamp, manner: Manner) -> list[Part]:
        """The events from `messageStart` to `metadata`."""
        parts = [Part(PartKind.PREAMBLE, _event("messageStart", {"role": "assistant"}))]
        for index, block in enumerate(_blocks(turn, stamp, manner)):
            place = {"contentBlockIndex": index}
            if block.opening:
                parts.append(Part(block.kind, _event("contentBlockStart", {**place, "start": block.opening})))
            parts += [
                Part(block.kind, _event("contentBlockDelta", {**place, "delta": delta}), chars)
                for delta, chars in block.deltas
            ]
            parts.append(Part(PartKind.PREAMBLE, _event("contentBlockStop", place)))
        parts.append(Part(PartKind.FINISH, _event("messageStop", {"stopReason": _STOP_REASONS[turn.stop]})))
        metadata = {"usage": _usage(ask, turn), "metrics": {"latencyMs": 12}}
        parts.append(Part(PartKind.END, _event("metadata", metadata)))
        return parts

    def error(self, answer: ErrorAnswer, stamp: Stamp) -> bytes:  # noqa: ARG002 (the id is in a header)
        """An error in Amazon's words."""
        return amazon_error(answer)

    def inband_error(self, answer: ErrorAnswer, before: tuple[Part, ...], *, as_response: bool) -> bytes:  # noqa: ARG002
        """An exception inside a stream."""
        return amazon_exception(answer)

    def ping(self) -> bytes:
        """An event that clients do not know and pass over: Converse has no keep-alives."""
        return _event("ping", {})

    def event(self, kind: str, payload: bytes) -> bytes:
        """One event."""
        return event_stream.event(_EVENTS.get(kind, kind), payload)

    def models(self, names: tuple[str, ...]) -> bytes:
        """The list of models."""
        return _ENCODER.encode({"modelSummaries": [{"modelId": name} for name in names]})

    def model(self, name: str) -> bytes:
        """One model."""
        return _ENCODER.encode({"modelDetails": {"modelId": name}})


def count_tokens(ask: Ask) -> bytes:
    """The answer to a request of CountTokens."""
    return _ENCODER.encode({"inputTokens": ask.input_tokens})


class _Block(msgspec.Struct):
    """A content block: its opening, where it has one, and its deltas with the characters of text in each."""

    kind: PartKind
    opening: Mapping[str, object]
    deltas: list[tuple[Mapping[str, object], int]]


def _blocks(turn: Turn, stamp: Stamp, manner: Manner) -> list[_Block]:
    blocks = []
    if turn.thinking is not None:
        said: list[tuple[Mapping[str, object], int]] = [
            ({"reasoningContent": {"text": piece}}, 0)
            for piece in pieces(turn.thinking, Manner(manner.words_per_event))
        ]
        signed = {"reasoningContent": {"signature": _signature(stamp)}}
        blocks.append(_Block(PartKind.THINKING, {}, [*said, (signed, 0)]))
    if _text(turn):
        deltas: list[tuple[Mapping[str, object], int]] = [
            ({"text": piece}, len(piece)) for piece in pieces(_text(turn), manner)
        ]
        blocks.append(_Block(PartKind.TEXT, {}, deltas))
    for number, call in enumerate(turn.tool_calls):
        opening = {"toolUse": {"toolUseId": _tool_id(turn, stamp, number), "name": call.name}}
        arguments: list[tuple[Mapping[str, object], int]] = [
            ({"toolUse": {"input": piece}}, 0) for piece in slices(call.arguments, _ARGUMENT_CHARS)
        ]
        blocks.append(_Block(PartKind.TOOL, opening, arguments))
    return blocks


def _content(turn: Turn, stamp: Stamp) -> list[dict[str, object]]:
    content: list[dict[str, object]] = []
    if turn.thinking is not None:
        reasoning = {"text": turn.thinking, "signature": _signature(stamp)}
        content.append({"reasoningContent": {"reasoningText": reasoning}})
    if _text(turn):
        content.append({"text": _text(turn)})
    content += [{"toolUse": _tool_use(call, _tool_id(turn, stamp, at))} for at, call in enumerate(turn.tool_calls)]
    return content


def _tool_use(call: ToolCall, call_id: str) -> dict[str, object]:
    try:
        arguments = msgspec.json.decode(call.arguments, type=dict[str, object])
    except msgspec.DecodeError:
        arguments = {"INVALID_JSON": call.arguments}
    return {"toolUseId": call_id, "name": call.name, "input": arguments}


def _text(turn: Turn) -> str:
    return turn.text or (turn.refusal if turn.stop is Stop.REFUSAL else "")


def _tool_id(turn: Turn, stamp: Stamp, number: int) -> str:
    return stamp.id("tooluse_", f"tool {turn.call_number(number)}")


def _signature(stamp: Stamp) -> str:
    unique = base64.urlsafe_b64encode(stamp.id("", "thinking").encode()).decode().rstrip("=")
    return f"{SIGNATURE_PREFIX}{mark(stamp.provider)}-{unique}"


def _usage(ask: Ask, turn: Turn) -> dict[str, object]:
    fresh, output = ask.input_tokens - ask.cached_tokens, turn.output_tokens
    cache = {"cacheReadInputTokens": ask.cached_tokens, "cacheWriteInputTokens": 0}
    return {"inputTokens": fresh, "outputTokens": output, "totalTokens": ask.input_tokens + output, **cache}
