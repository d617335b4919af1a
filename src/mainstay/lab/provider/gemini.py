"""The Gemini API as Google speaks it. Sources: the Gen AI SDK's types, the API's guides on streaming, function calling
and thought signatures."""

import base64
from collections.abc import Mapping

import msgspec

from mainstay.lab.provider.ask import Ask, Problem, tokens
from mainstay.lab.provider.evidence import mark
from mainstay.lab.provider.gemini_errors import CODES
from mainstay.lab.provider.gemini_read import read_gemini
from mainstay.lab.provider.gemini_rules import SIGNATURE_PREFIX, is_old
from mainstay.lab.provider.request import ProviderRequest
from mainstay.lab.provider.script import Part, PartKind
from mainstay.lab.provider.turn import Stop, ToolCall, Turn
from mainstay.lab.provider.vertex_paths import gemini_target
from mainstay.lab.provider.voice import ErrorAnswer, Manner, Stamp, pieces
from mainstay.model.http import Headers

_FINISH_REASONS = {
    Stop.END: "STOP",
    Stop.LENGTH: "MAX_TOKENS",
    Stop.TOOL: "STOP",
    Stop.SEQUENCE: "STOP",
    Stop.REFUSAL: "SAFETY",
    Stop.FILTER: "SAFETY",
}
_STREAM_QUERY = "alt=sse"
_RETRY_DELAY = "2s"
_ENCODER = msgspec.json.Encoder()
_Piece = Mapping[str, object]


class Gemini:
    """The dialect `gemini`."""

    name = "gemini"

    def read(self, request: ProviderRequest) -> Ask | Problem:
        """Read a request; of streams only those in server-sent events are spoken."""
        target = gemini_target(request.path)
        if target is None:
            return Problem("The URL names no model.")
        if target.verb == "streamGenerateContent" and _STREAM_QUERY not in request.query.split("&"):
            return Problem("The lab streams server-sent events only: ask for alt=sse.")
        return read_gemini(request.body, target)

    def headers(self, stamp: Stamp, exhausted_seconds: float | None = None) -> Headers:  # noqa: ARG002 - Google tells no limits
        """What a Google front end says."""
        return (("server-timing", f"gfet4t7; dur={len(stamp.digest)}"), ("x-content-type-options", "nosniff"))

    def plain(self, ask: Ask, turn: Turn, stamp: Stamp) -> bytes:
        """A whole answer, laid out in lines as Google does."""
        said = [*_thoughts(turn, Manner(words_per_event=10_000)), *_texts(turn, Manner(words_per_event=10_000))]
        parts = [*(piece for piece, _ in said), *_calls(ask, turn, stamp)]
        return msgspec.json.format(_ENCODER.encode(_answer(ask, turn, stamp, _signed(parts, ask, turn, stamp))))

    def stream(self, ask: Ask, turn: Turn, stamp: Stamp, manner: Manner) -> list[Part]:
        """The chunks; the last one gives the reason, and no marker follows it."""
        parts = [Part(PartKind.THINKING, _event(_delta(ask, stamp, piece))) for piece, _ in _thoughts(turn, manner)]
        texts = _texts(turn, manner)
        parts += [Part(PartKind.TEXT, _event(_delta(ask, stamp, piece)), chars) for piece, chars in texts]
        parts += [Part(PartKind.TOOL, _event(_delta(ask, stamp, call))) for call in _calls(ask, turn, stamp)]
        last = _signed([{"text": ""}], ask, turn, stamp)
        return [*parts, Part(PartKind.FINISH, _event(_answer(ask, turn, stamp, last)))]

    def error(self, answer: ErrorAnswer, stamp: Stamp) -> bytes:  # noqa: ARG002 - Google gives no id of the request
        """Google's error model."""
        details: list[_Piece] = []
        if answer.code:
            kind = {"@type": "type.googleapis.com/google.rpc.ErrorInfo"}
            details.append({**kind, "reason": answer.code, "domain": "googleapis.com"})
        if answer.type == "RESOURCE_EXHAUSTED":
            details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": _RETRY_DELAY})
        code = CODES.get(answer.type, 500) if answer.status == 200 else answer.status  # noqa: PLR2004 - an error inside a success
        error = {"code": code, "message": answer.message, "status": answer.type}
        return _ENCODER.encode({"error": {**error, "details": details} if details else error})

    def ping(self) -> bytes:
        """A comment: the dialect has no keep-alive event."""
        return b": keep-alive\n\n"

    def event(self, kind: str, payload: bytes) -> bytes:  # noqa: ARG002 - events have no names here
        """An event without a name; lines end as Google ends them."""
        return b"data: %b\r\n\r\n" % payload

    def models(self, names: tuple[str, ...]) -> bytes:
        """A page of models."""
        return _ENCODER.encode({"models": [_model(name) for name in names]})

    def model(self, name: str) -> bytes:
        """One model."""
        return _ENCODER.encode(_model(name))


def _event(chunk: _Piece) -> bytes:
    return b"data: %b\r\n\r\n" % _ENCODER.encode(chunk)


def _thoughts(turn: Turn, manner: Manner) -> list[tuple[_Piece, int]]:
    said = pieces(turn.thinking or "", Manner(manner.words_per_event))
    return [({"text": piece, "thought": True}, 0) for piece in said]


def _texts(turn: Turn, manner: Manner) -> list[tuple[_Piece, int]]:
    return [({"text": piece}, len(piece)) for piece in pieces(turn.text, manner)]


def _calls(ask: Ask, turn: Turn, stamp: Stamp) -> list[_Piece]:
    """Calls are whole objects; one that is no object is never written. New models give ids and sign the first."""
    calls: list[_Piece] = []
    for index, call in enumerate(turn.tool_calls):
        arguments = _arguments(call)
        if arguments is None:
            continue
        piece: dict[str, object] = {"name": call.name, "args": arguments}
        if is_old(ask.model):
            calls.append({"functionCall": piece})
            continue
        piece["id"] = stamp.id("", f"tool {turn.call_number(index)}")[:8]
        signature = {} if calls else {"thoughtSignature": _signature(stamp, "call")}
        calls.append({"functionCall": piece, **signature})
    return calls


def _arguments(call: ToolCall) -> dict[str, object] | None:
    try:
        return msgspec.json.decode(call.arguments, type=dict[str, object])
    except msgspec.DecodeError:
        return None


def _signed(parts: list[_Piece], ask: Ask, turn: Turn, stamp: Stamp) -> list[_Piece]:
    """New models that think sign the last piece of their text."""
    if is_old(ask.model) or turn.thinking is None or not parts or "text" not in parts[-1]:
        return parts
    return [*parts[:-1], {**parts[-1], "thoughtSignature": _signature(stamp, "text")}]


def _signature(stamp: Stamp, salt: str) -> str:
    told = stamp.id(f"{SIGNATURE_PREFIX}{mark(stamp.provider)}-", salt)
    return base64.b64encode(told.encode()).decode()


def _delta(ask: Ask, stamp: Stamp, piece: _Piece) -> _Piece:
    candidates = [{"content": {"parts": [piece], "role": "model"}, "index": 0}]
    usage = {"promptTokenCount": ask.input_tokens, "totalTokenCount": ask.input_tokens}
    return {"candidates": candidates, "usageMetadata": usage, **_envelope(ask, stamp)}


def _answer(ask: Ask, turn: Turn, stamp: Stamp, parts: list[_Piece]) -> _Piece:
    content: dict[str, object] = {"parts": parts, "role": "model"} if parts else {"role": "model"}
    candidate = {"content": content, "finishReason": _finish_reason(turn)}
    candidates = [{**candidate, "index": index} for index in range(turn.choices)]
    return {"candidates": candidates, "usageMetadata": _usage(ask, turn), **_envelope(ask, stamp)}


def _finish_reason(turn: Turn) -> str:
    if any(_arguments(call) is None for call in turn.tool_calls):
        return "MALFORMED_FUNCTION_CALL"
    return _FINISH_REASONS[turn.stop]


def _envelope(ask: Ask, stamp: Stamp) -> _Piece:
    return {"modelVersion": ask.model, "responseId": stamp.id("", "answer")[:22]}


def _usage(ask: Ask, turn: Turn) -> _Piece:
    thoughts = tokens(turn.thinking) if turn.thinking else 0
    usage = {"promptTokenCount": ask.input_tokens, "candidatesTokenCount": turn.output_tokens - thoughts}
    total = {"totalTokenCount": ask.input_tokens + turn.output_tokens}
    return {**usage, **total, **({"thoughtsTokenCount": thoughts} if thoughts else {})}


def _model(name: str) -> _Piece:
    methods = ["generateContent", "countTokens"]
    return {"name": f"models/{name}", "displayName": name, "supportedGenerationMethods": methods}
