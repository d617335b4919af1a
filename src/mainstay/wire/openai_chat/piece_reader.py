"""A stream of Chat Completions, told in the words that every dialect shares (`wire.codec.PieceReader`).

The events themselves (malformed ones, errors, comments, bodies that are no stream) are judged by the same reader as on
the native path; only what a chunk says is told here, in one decoding.
"""

import msgspec

from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Frame, FrameKind, Usage
from mainstay.model.piece import (
    Began,
    Counted,
    Done,
    Failed,
    Piece,
    Pinged,
    Refused,
    Said,
    Stop,
    Stopped,
    Thought,
)
from mainstay.wire.json_bytes import ABSENT, BAD_JSON, is_given, read_text
from mainstay.wire.openai_chat.parts import AnswerPart, told_parts
from mainstay.wire.openai_chat.response import TokenCounts, usage
from mainstay.wire.openai_chat.stops import CUTS_OFF, failure_of, stop_of, told_stop
from mainstay.wire.openai_chat.stream import CHUNK, EMPTY_DELTA, Choice, Chunk, ChunkMeaning, Delta
from mainstay.wire.openai_chat.tool_calls import CallDelta, FunctionDelta, ToolCalls
from mainstay.wire.reader import STREAM_STATUS, StreamReader
from mainstay.wire.sse import SseEvent, SseSplitter

_TOLD = Frame(FrameKind.PREAMBLE, b"")
_OVER = Frame(FrameKind.END, b"")
# Names of their own, because looking them up in the enumeration for each event costs ten times as much.
_ERROR, _PING, _END, _OPAQUE = FrameKind.ERROR, FrameKind.PING, FrameKind.END, FrameKind.OPAQUE
_TOOL = Stop.TOOL
_NO_NAMES = frozenset((b"ping", b"error"))


class _Opening(msgspec.Struct):
    id: str | None = None
    model: str | None = None


class _LooseChoice(msgspec.Struct):
    stop_reason: msgspec.Raw = ABSENT


class _Closing(msgspec.Struct):
    """vLLM names the stop sequence that it met."""

    choices: list[_LooseChoice]


class _PartsDelta(msgspec.Struct):
    content: list[AnswerPart]
    tool_calls: list[msgspec.Raw] | None = None


class _PartsChoice(msgspec.Struct):
    delta: _PartsDelta
    index: int = 0
    finish_reason: str | None = None


class _PartsChunk(msgspec.Struct):
    choices: list[_PartsChoice]
    usage: TokenCounts | None = None


_OPENING = msgspec.json.Decoder(_Opening)
_CLOSING = msgspec.json.Decoder(_Closing)
_PARTS_CHUNK = msgspec.json.Decoder(_PartsChunk)
_CALL = msgspec.json.Decoder(CallDelta)
_FUNCTION = msgspec.json.Decoder(FunctionDelta)


class ChunkPieces:
    """Bytes in, pieces out."""

    __slots__ = ("_meaning", "_reader", "dropped")

    def __init__(self) -> None:
        """Start before the first byte."""
        self._meaning = _PieceMeaning()
        self._reader = StreamReader(self._meaning, SseSplitter())
        self.dropped = 0

    def feed(self, data: bytes) -> list[Piece]:
        """Take the next bytes; give the pieces that they complete, in order."""
        frames = self._reader.feed(data)
        if len(frames) == 1 and frames[0] is _TOLD:
            return self._meaning.take()
        return self._pieces(frames)

    def close(self) -> list[Piece]:
        """Say that no more bytes come. A stream without its terminal marker is left to the exchange to judge."""
        return self._pieces(self._reader.close())

    def _pieces(self, frames: list[Frame]) -> list[Piece]:
        self.dropped = self._reader.dropped
        pieces = self._meaning.take()
        for frame in frames:
            # Comments have no place among what is said: they may as well come last.
            if frame.kind is _PING:
                pieces.append(Pinged())
            elif frame.fault is not None:
                pieces.append(Failed(frame.fault))
        return pieces


class _PieceMeaning:
    """`wire.reader.Meaning` that tells pieces; its frames say no more than whether the stream goes on."""

    __slots__ = (
        "_began",
        "_calls",
        "_finished",
        "_native",
        "_pieces",
        "_refused",
        "_running",
        "_usage",
        "holding",
    )

    def __init__(self) -> None:
        self.holding = False
        self._native = ChunkMeaning()
        self._calls = ToolCalls("")
        self._pieces: list[Piece] = []
        self._began = self._finished = self._running = self._refused = False
        # What was told of tokens and not yet passed on.
        self._usage: Usage | None = None

    def take(self) -> list[Piece]:
        """What was told since the last time."""
        pieces = self._pieces
        self._pieces = []
        return pieces

    def classify(self, data: bytes) -> Fault | None:
        """The fault that this JSON names."""
        return self._native.classify(data)

    def read(self, event: SseEvent) -> Frame | None:
        """Tell an event with data; `None` where the data makes no sense."""
        data = event.data or b""
        try:
            chunk = CHUNK.decode(data)
        except BAD_JSON:
            return self._unusual(event, data)
        choices = chunk.choices
        if self._running and choices and len(choices) == 1:
            # By far the most frequent chunk: some text of the only choice, and nothing else.
            choice = choices[0]
            delta = choice.delta
            if (
                delta is not None
                and delta.content
                and not (choice.finish_reason or chunk.usage or choice.index or chunk.error or event.event)
                and not (delta.tool_calls or delta.reasoning_content or delta.reasoning or delta.refusal)
                and not (delta.function_call or delta.audio or chunk.object == "error")
            ):
                self._pieces.append(Said(delta.content))
                return _TOLD
        if is_given(chunk.error) or chunk.object == "error" or event.event in _NO_NAMES:
            return self._unusual(event, data)
        return self._told(self._chunk(chunk, data))

    def _unusual(self, event: SseEvent, data: bytes) -> Frame | None:
        """The terminal marker, an error, content of another shape; judged as on the native path."""
        frame = self._native.read(event)
        if frame is None or frame.kind is _ERROR or frame.kind is _PING:
            return frame
        if frame.kind is _END:
            return self._end()
        return self._told(self._parts(data)) if frame.kind is _OPAQUE else _TOLD

    def _told(self, fault: Fault | None) -> Frame:
        self.holding = self._calls.has_open
        self._running = self._began and not self._finished
        return _TOLD if fault is None else Frame(_ERROR, b"", fault=fault)

    def _end(self) -> Frame:
        if not self._finished:
            message = "The stream ended without a stop reason."
            return Frame(_ERROR, b"", fault=Fault(FaultKind.CUT, message, STREAM_STATUS, "missing_stop_reason"))
        self._pieces.append(Done())
        return _OVER

    def _chunk(self, chunk: Chunk, data: bytes) -> Fault | None:
        self._note_usage(chunk.usage)
        if not chunk.choices:
            self._count_late()
            return None
        if len(chunk.choices) > 1:
            return _untellable("several choices")
        return self._choice(chunk.choices[0], [], data)

    def _parts(self, data: bytes) -> Fault | None:
        """Content that is a list of parts."""
        try:
            chunk = _PARTS_CHUNK.decode(data)
        except BAD_JSON:
            return _untellable("content of an unknown shape")
        if len(chunk.choices) != 1:
            return _untellable("several choices")
        one = chunk.choices[0]
        said = told_parts(one.delta.content)
        if said is None:
            return _untellable("content of an unknown kind")
        self._note_usage(chunk.usage)
        delta = Delta(tool_calls=one.delta.tool_calls)
        return self._choice(Choice(one.index, delta, one.finish_reason), said, data)

    def _choice(self, choice: Choice, said: list[Piece], data: bytes) -> Fault | None:
        if choice.index:
            return _untellable("several choices")
        if not self._began:
            self._begin(data, is_last=bool(choice.finish_reason))
        before = len(self._pieces)
        self._pieces += said
        fault = self._delta(choice.delta or EMPTY_DELTA)
        if fault is not None:
            return fault
        if self._finished:
            # Some repeat the finish reason together with the usage; content would be a part of no answer.
            if len(self._pieces) > before:
                return _untellable("content after its stop reason")
            self._count_late()
            return None
        return self._finish(choice.finish_reason, data) if choice.finish_reason else None

    def _begin(self, data: bytes, *, is_last: bool) -> None:
        self._began = True
        try:
            opening = _OPENING.decode(data)
        except BAD_JSON:
            opening = _Opening()
        self._calls = ToolCalls(opening.id or "")
        said = None if is_last else self._take_usage()
        self._pieces.append(Began(opening.id or "", opening.model or "", said))

    def _delta(self, delta: Delta) -> Fault | None:
        if is_given(delta.audio):
            return _untellable("sound")
        pieces = self._pieces
        thought = delta.reasoning_content or delta.reasoning
        if thought:
            pieces.append(Thought(thought))
        if delta.content:
            pieces.append(Said(delta.content))
        if delta.refusal:
            self._refused = True
            pieces.append(Refused(delta.refusal))
        return self._tool_calls(delta)

    def _tool_calls(self, delta: Delta) -> Fault | None:
        try:
            calls = [_CALL.decode(call) for call in delta.tool_calls or ()]
            if is_given(delta.function_call):
                calls.append(CallDelta(0, function=_FUNCTION.decode(delta.function_call)))
        except BAD_JSON:
            return Fault(
                FaultKind.MALFORMED,
                "The provider sent a tool call of an unknown shape.",
                STREAM_STATUS,
                "broken_tool_call",
            )
        for call in calls:
            fault = self._calls.add(call, self._pieces)
            if fault is not None:
                return fault
        return None

    def _finish(self, reason: str, data: bytes) -> Fault | None:
        fault = failure_of(reason)
        if fault is not None:
            return fault
        stop = stop_of(reason)
        fault = self._calls.finish(self._pieces, is_cut=stop in CUTS_OFF)
        if fault is not None:
            return fault
        if stop is _TOOL and not self._calls.given:
            return _untellable("a stop for tool calls without any")
        sequence = _met_sequence(data)
        stop = told_stop(stop, has_calls=self._calls.given > 0, has_refusal=self._refused, sequence=sequence)
        self._finished = True
        self._pieces.append(Stopped(stop, sequence if stop is Stop.SEQUENCE else "", self._take_usage()))
        return None

    def _count_late(self) -> None:
        """Usage after the stop reason."""
        said = self._take_usage() if self._finished else None
        if said is not None:
            self._pieces.append(Counted(said))

    def _note_usage(self, counts: TokenCounts | None) -> None:
        if counts is not None:
            self._usage = usage(counts)

    def _take_usage(self) -> Usage | None:
        said, self._usage = self._usage, None
        return said


def _met_sequence(data: bytes) -> str:
    try:
        choices = _CLOSING.decode(data).choices
    except BAD_JSON:
        return ""
    return read_text(choices[0].stop_reason) if choices and choices[0].stop_reason else ""


def _untellable(what: str) -> Fault:
    return Fault(FaultKind.MALFORMED, f"The provider sent {what}.", STREAM_STATUS, "untranslatable_stream")
