"""The Anthropic Messages API as a provider speaks it. Sources: the SDK's types, the streaming documentation."""

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from mainstay.lab.provider.ask import Ask, Problem
from mainstay.lab.provider.evidence import mark
from mainstay.lab.provider.read_anthropic import SIGNATURE_PREFIX, read_anthropic
from mainstay.lab.provider.request import ProviderRequest
from mainstay.lab.provider.script import Part, PartKind
from mainstay.lab.provider.turn import Stop, ToolCall, Turn
from mainstay.lab.provider.voice import ErrorAnswer, Manner, Stamp, pieces, slices
from mainstay.model.http import Headers

_STOP_REASONS = {
    Stop.END: "end_turn",
    Stop.LENGTH: "max_tokens",
    Stop.TOOL: "tool_use",
    Stop.SEQUENCE: "stop_sequence",
    Stop.REFUSAL: "refusal",
    Stop.FILTER: "refusal",
}
_ARGUMENT_CHARS = 12
_ENCODER = msgspec.json.Encoder()


def _event(kind: str, fields: Mapping[str, object]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), _ENCODER.encode({"type": kind, **fields}))


_PING = _event("ping", {})


class Anthropic:
    """The dialect `anthropic`."""

    name = "anthropic"

    def read(self, request: ProviderRequest) -> Ask | Problem:
        """Read a Messages or count_tokens request."""
        counting = request.path.endswith("/count_tokens")
        return read_anthropic(request.body, counting=counting, version=request.header("anthropic-version"))

    def headers(self, stamp: Stamp, exhausted_seconds: float | None = None) -> Headers:
        """Request id, organisation and rate limits."""
        remaining = 3999 if exhausted_seconds is None else 0
        reset = datetime.fromtimestamp(stamp.at + (exhausted_seconds or 0), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        limits = (
            ("requests", 4000, remaining),
            ("input-tokens", 2_000_000, 1_999_000),
            ("output-tokens", 400_000, 399_000),
        )
        rates = tuple(
            (f"anthropic-ratelimit-{what}-{field}", value)
            for what, limit, left in limits
            for field, value in (("limit", str(limit)), ("remaining", str(left)), ("reset", reset))
        )
        organization = ("anthropic-organization-id", "00000000-0000-4000-8000-000000000000")
        return (("request-id", stamp.id("req_")), organization, *rates)

    def plain(self, ask: Ask, turn: Turn, stamp: Stamp) -> bytes:
        """A whole message."""
        usage = {**_usage(ask), "output_tokens": turn.output_tokens}
        return _ENCODER.encode(
            {**_message(ask, stamp), "content": _content(turn, stamp), **_stop(turn), "usage": usage}
        )

    def stream(self, ask: Ask, turn: Turn, stamp: Stamp, manner: Manner) -> list[Part]:
        """The events from `message_start` to `message_stop`."""
        message = {
            **_message(ask, stamp),
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "stop_details": None,
            "usage": {**_usage(ask), "output_tokens": 1},
        }
        parts = [Part(PartKind.PREAMBLE, _event("message_start", {"message": message}))]
        for index, block in enumerate(_blocks(turn, stamp, manner)):
            parts += block.parts(index, pings=manner.pings and index == 0)
        finish = {"delta": _stop(turn), "usage": {**_usage(ask), "output_tokens": turn.output_tokens}}
        parts.append(Part(PartKind.FINISH, _event("message_delta", finish)))
        parts.append(Part(PartKind.END, _event("message_stop", {})))
        return parts

    def error(self, answer: ErrorAnswer, stamp: Stamp) -> bytes:
        """An error object with the request's id."""
        error: dict[str, object] = {"type": answer.type, "message": answer.message}
        if answer.code:
            error["details"] = {"error_code": answer.code}
        return _ENCODER.encode({"type": "error", "error": error, "request_id": stamp.id("req_")})

    def ping(self) -> bytes:
        """The event `ping`."""
        return _PING

    def event(self, kind: str, payload: bytes) -> bytes:
        """A named event."""
        return b"event: %b\ndata: %b\n\n" % (kind.encode(), payload)

    def models(self, names: tuple[str, ...]) -> bytes:
        """A page of models."""
        data = [_model(name) for name in names]
        edges = {"first_id": names[0] if names else None, "last_id": names[-1] if names else None}
        return _ENCODER.encode({"data": data, "has_more": False, **edges})

    def model(self, name: str) -> bytes:
        """One model."""
        return _ENCODER.encode(_model(name))


class _Block(msgspec.Struct):
    """A content block: its opening, and its deltas with the characters of visible text in each."""

    kind: PartKind
    opening: Mapping[str, object]
    deltas: list[tuple[bytes, int]]

    def parts(self, index: int, *, pings: bool) -> list[Part]:
        opening_kind = PartKind.TOOL if self.kind is PartKind.TOOL else PartKind.PREAMBLE
        opening = _event("content_block_start", {"index": index, "content_block": self.opening})
        parts = [Part(opening_kind, opening)]
        if pings:
            parts.append(Part(PartKind.PING, _PING))
        prefix = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":' % index
        parts += [Part(self.kind, b"%b%b}\n\n" % (prefix, delta), chars) for delta, chars in self.deltas]
        parts.append(Part(PartKind.PREAMBLE, _event("content_block_stop", {"index": index})))
        return parts


def _blocks(turn: Turn, stamp: Stamp, manner: Manner) -> list[_Block]:
    blocks = []
    if turn.thinking is not None:
        blocks.append(_thinking_block(turn.thinking, stamp, manner))
    if turn.text:
        deltas = [(_delta("text_delta", "text", piece), len(piece)) for piece in pieces(turn.text, manner)]
        blocks.append(_Block(PartKind.TEXT, {"type": "text", "text": ""}, deltas))
    for number, call in enumerate(turn.tool_calls):
        opening = {"type": "tool_use", "id": _tool_id(turn, stamp, number), "name": call.name, "input": {}}
        said = ["", *slices(call.arguments, _ARGUMENT_CHARS)]
        deltas = [(_delta("input_json_delta", "partial_json", piece), 0) for piece in said]
        blocks.append(_Block(PartKind.TOOL, opening, deltas))
    return blocks


def _thinking_block(thinking: str, stamp: Stamp, manner: Manner) -> _Block:
    said = pieces(thinking, Manner(manner.words_per_event)) or [""]
    deltas = [(_delta("thinking_delta", "thinking", piece), 0) for piece in said]
    deltas.append((_delta("signature_delta", "signature", _signature(stamp)), 0))
    return _Block(PartKind.THINKING, {"type": "thinking", "thinking": "", "signature": ""}, deltas)


def _delta(kind: str, field: str, piece: str) -> bytes:
    return b'{"type":"%b","%b":%b}' % (kind.encode(), field.encode(), _ENCODER.encode(piece))


def _content(turn: Turn, stamp: Stamp) -> list[dict[str, object]]:
    content: list[dict[str, object]] = []
    if turn.thinking is not None:
        content.append({"type": "thinking", "thinking": turn.thinking, "signature": _signature(stamp)})
    if turn.text:
        content.append({"type": "text", "text": turn.text})
    content += [_tool_use(call, _tool_id(turn, stamp, number)) for number, call in enumerate(turn.tool_calls)]
    return content


def _tool_use(call: ToolCall, call_id: str) -> dict[str, object]:
    try:
        arguments = msgspec.json.decode(call.arguments, type=dict[str, object])
    except msgspec.DecodeError:
        arguments = {"INVALID_JSON": call.arguments}
    return {"type": "tool_use", "id": call_id, "name": call.name, "input": arguments}


def _tool_id(turn: Turn, stamp: Stamp, number: int) -> str:
    return stamp.id("toolu_", f"tool {turn.call_number(number)}")


def _signature(stamp: Stamp) -> str:
    return stamp.id(f"{SIGNATURE_PREFIX}{mark(stamp.provider)}-", "thinking")


def _message(ask: Ask, stamp: Stamp) -> dict[str, object]:
    return {"id": stamp.id("msg_"), "type": "message", "role": "assistant", "model": ask.model}


def _stop(turn: Turn) -> dict[str, object]:
    reason = _STOP_REASONS[turn.stop]
    details = (
        {"type": "refusal", "category": None, "explanation": turn.refusal or None} if reason == "refusal" else None
    )
    return {"stop_reason": reason, "stop_sequence": turn.stop_sequence, "stop_details": details}


def _usage(ask: Ask) -> dict[str, object]:
    return {
        "input_tokens": ask.input_tokens - ask.cached_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": ask.cached_tokens,
        "service_tier": "standard",
    }


def _model(name: str) -> dict[str, object]:
    return {"type": "model", "id": name, "display_name": name, "created_at": "2026-10-01T00:00:00Z"}


def count_tokens(ask: Ask) -> bytes:
    """The answer to a count_tokens request."""
    return _ENCODER.encode({"input_tokens": ask.input_tokens})
