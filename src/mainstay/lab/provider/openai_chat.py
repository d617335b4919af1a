"""The OpenAI Chat Completions API as a provider speaks it. Source: the published SDK's types."""

from collections.abc import Mapping

import msgspec

from mainstay.lab.provider.ask import Ask, Problem
from mainstay.lab.provider.read_openai_chat import read_openai_chat
from mainstay.lab.provider.request import ProviderRequest
from mainstay.lab.provider.script import Part, PartKind
from mainstay.lab.provider.turn import Stop, ToolCall, Turn
from mainstay.lab.provider.voice import ErrorAnswer, Manner, Stamp, pieces, slices
from mainstay.model.http import Headers

_FINISH_REASONS = {
    Stop.END: "stop",
    Stop.LENGTH: "length",
    Stop.TOOL: "tool_calls",
    Stop.SEQUENCE: "stop",
    Stop.REFUSAL: "stop",
    Stop.FILTER: "content_filter",
}
_ARGUMENT_CHARS = 12
_ENCODER = msgspec.json.Encoder()
_DONE = b"data: [DONE]\n\n"


class OpenaiChat:
    """The dialect `openai-chat`."""

    name = "openai-chat"

    def read(self, request: ProviderRequest) -> Ask | Problem:
        """Read a Chat Completions request."""
        return read_openai_chat(request.body)

    def headers(self, stamp: Stamp, exhausted_seconds: float | None = None) -> Headers:
        """Request id, version and rate limits."""
        remaining, reset = ("9999", "6ms") if exhausted_seconds is None else ("0", f"{exhausted_seconds:g}s")
        return (
            ("x-request-id", stamp.id("req_")),
            ("openai-organization", "lab"),
            ("openai-processing-ms", "12"),
            ("openai-version", "2020-10-01"),
            ("x-ratelimit-limit-requests", "10000"),
            ("x-ratelimit-limit-tokens", "2000000"),
            ("x-ratelimit-remaining-requests", remaining),
            ("x-ratelimit-remaining-tokens", "1999000"),
            ("x-ratelimit-reset-requests", reset),
            ("x-ratelimit-reset-tokens", "1s"),
        )

    def plain(self, ask: Ask, turn: Turn, stamp: Stamp) -> bytes:
        """A whole completion."""
        choice = {"message": _message(turn, stamp), "logprobs": None, "finish_reason": _FINISH_REASONS[turn.stop]}
        choices = [{"index": index, **choice} for index in range(turn.choices)]
        return _ENCODER.encode(
            {**_envelope(ask, stamp, "chat.completion"), "choices": choices, "usage": _usage(ask, turn)}
        )

    def stream(self, ask: Ask, turn: Turn, stamp: Stamp, manner: Manner) -> list[Part]:
        """The chunks from the role to `[DONE]`."""
        chunk = _ENCODER.encode(_envelope(ask, stamp, "chat.completion.chunk"))[:-1]
        usage = b',"usage":null}\n\n' if ask.include_usage else b"}\n\n"
        parts: list[Part] = []
        for index in range(turn.choices):
            prefix = b'data: %b,"choices":[{"index":%d,"delta":' % (chunk, index)
            parts += _Choice(prefix, usage).parts(turn, stamp, manner)
        if not turn.choices:
            parts.append(Part(PartKind.PREAMBLE, b'data: %b,"choices":[]%b' % (chunk, usage)))
        if ask.include_usage:
            counted = _ENCODER.encode(_usage(ask, turn))
            parts.append(Part(PartKind.USAGE, b'data: %b,"choices":[],"usage":%b}\n\n' % (chunk, counted)))
        return [*parts, Part(PartKind.END, _DONE)]

    def error(self, answer: ErrorAnswer, stamp: Stamp) -> bytes:  # noqa: ARG002 - the id of the request is only in its header
        """An error object."""
        return _ENCODER.encode(
            {
                "error": {
                    "message": answer.message,
                    "type": answer.type,
                    "param": answer.parameter,
                    "code": answer.code or None,
                }
            }
        )

    def ping(self) -> bytes:
        """A comment: the dialect has no keep-alive event."""
        return b": keep-alive\n\n"

    def event(self, kind: str, payload: bytes) -> bytes:  # noqa: ARG002 - events have no names here
        """An event without a name."""
        return b"data: %b\n\n" % payload

    def models(self, names: tuple[str, ...]) -> bytes:
        """The list of models."""
        return _ENCODER.encode({"object": "list", "data": [_model(name) for name in names]})

    def model(self, name: str) -> bytes:
        """One model."""
        return _ENCODER.encode(_model(name))


class _Choice(msgspec.Struct):
    """Writes the chunks of one choice. Every chunk is prefix, delta, finish reason, suffix."""

    prefix: bytes
    suffix: bytes

    def parts(self, turn: Turn, stamp: Stamp, manner: Manner) -> list[Part]:
        parts = [Part(PartKind.PREAMBLE, self._chunk(b'{"role":"assistant","content":"","refusal":null}'))]
        parts += self._said(PartKind.THINKING, "reasoning_content", turn.thinking or "", Manner(manner.words_per_event))
        parts += self._said(PartKind.TEXT, "content", turn.text, manner)
        parts += self._said(PartKind.TEXT, "refusal", turn.refusal if turn.stop is Stop.REFUSAL else "", manner)
        for index, call in enumerate(turn.tool_calls):
            parts += self._tool_call(index, call, _call_id(turn, stamp, index))
        finish = self._chunk(b"{}", b'"%b"' % _FINISH_REASONS[turn.stop].encode())
        return [*parts, Part(PartKind.FINISH, finish)]

    def _said(self, kind: PartKind, field: str, text: str, manner: Manner) -> list[Part]:
        said = []
        for piece in pieces(text, manner):
            chunk = self._chunk(b'{"%b":%b}' % (field.encode(), _ENCODER.encode(piece)))
            said.append(Part(kind, chunk, len(piece) if kind is PartKind.TEXT else 0))
        return said

    def _tool_call(self, index: int, call: ToolCall, call_id: str) -> list[Part]:
        opening = {"index": index, **_tool_call(call.name, "", call_id)}
        deltas: list[Mapping[str, object]] = [opening]
        deltas += [
            {"index": index, "function": {"arguments": piece}} for piece in slices(call.arguments, _ARGUMENT_CHARS)
        ]
        return [Part(PartKind.TOOL, self._chunk(_ENCODER.encode({"tool_calls": [delta]}))) for delta in deltas]

    def _chunk(self, delta: bytes, finish_reason: bytes = b"null") -> bytes:
        return b'%b%b,"logprobs":null,"finish_reason":%b}]%b' % (self.prefix, delta, finish_reason, self.suffix)


def _message(turn: Turn, stamp: Stamp) -> dict[str, object]:
    refusal = turn.refusal if turn.stop is Stop.REFUSAL else None
    message: dict[str, object] = {"role": "assistant", "content": turn.text or None, "refusal": refusal}
    if turn.thinking:
        message["reasoning_content"] = turn.thinking
    if turn.tool_calls:
        message["tool_calls"] = [
            _tool_call(call.name, call.arguments, _call_id(turn, stamp, index))
            for index, call in enumerate(turn.tool_calls)
        ]
    return message


def _tool_call(name: str, arguments: str, call_id: str) -> dict[str, object]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def _call_id(turn: Turn, stamp: Stamp, index: int) -> str:
    return stamp.id("call_", f"tool {turn.call_number(index)}")


def _envelope(ask: Ask, stamp: Stamp, kind: str) -> dict[str, object]:
    return {
        "id": stamp.id("chatcmpl-"),
        "object": kind,
        "created": stamp.created,
        "model": ask.model,
        "service_tier": "default",
        "system_fingerprint": "fp_lab",
    }


def _usage(ask: Ask, turn: Turn) -> dict[str, object]:
    completion = turn.output_tokens * turn.choices
    return {
        "prompt_tokens": ask.input_tokens,
        "completion_tokens": completion,
        "total_tokens": ask.input_tokens + completion,
        "prompt_tokens_details": {"cached_tokens": ask.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def _model(name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": 1_790_000_000, "owned_by": "lab"}
