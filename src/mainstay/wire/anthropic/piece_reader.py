"""One stream of the Messages API, told in pieces.

Built on the dialect's own stream reader: what is malformed, what is an error and where the stream ends is decided
there. Text, by far the most frequent, is taken over as it was read; every other event is decoded once more, for its
details.
"""

from collections.abc import Callable

import msgspec

from mainstay.model.conversation import Thinking, ToolCall
from mainstay.model.fault import Fault
from mainstay.model.frame import Frame, FrameKind, Usage
from mainstay.model.piece import (
    Began,
    Called,
    Calling,
    Counted,
    Done,
    Failed,
    Piece,
    Pinged,
    Said,
    Sealed,
    Stop,
    Stopped,
    Thought,
)
from mainstay.wire.anthropic.answer_reader import AnswerBlock, broken_call, untold
from mainstay.wire.anthropic.stream import TEXT, EventMeaning
from mainstay.wire.anthropic.words import CALL_IDS, may_cut_a_call, read_stop
from mainstay.wire.classify import malformed
from mainstay.wire.json_bytes import BAD_JSON, is_given, is_object
from mainstay.wire.reader import StreamReader
from mainstay.wire.sse import SseSplitter, read_event
from mainstay.wire.tool_ids import AnswerIds

GATHERED_CHARACTERS_MAX = 8 * 1024 * 1024
"""Bound on the tool arguments and the thinking of one stream, which are kept until they are whole."""

_ERROR, _END, _PING = FrameKind.ERROR, FrameKind.END, FrameKind.PING
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MALFORMED_STREAM = "malformed_stream"


class _Delta(msgspec.Struct, gc=False):
    type: str = ""
    thinking: str | None = None
    signature: str | None = None
    partial_json: str | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None


class _Message(msgspec.Struct):
    id: str | None = None
    model: str | None = None


class _Event(msgspec.Struct, gc=False):
    type: str
    index: int = -1
    delta: _Delta | None = None
    content_block: AnswerBlock | None = None
    message: _Message | None = None


class _Typed(msgspec.Struct):
    type: str


class _Open:
    """A block that is not complete: its opening, and what it has gained."""

    __slots__ = ("block", "gained", "id", "seal")

    def __init__(self, block: AnswerBlock, call_id: str) -> None:
        self.block = block
        self.id = call_id
        self.gained: list[str] = [block.thinking or ""]
        self.seal = block.signature or block.data or ""


_EVENT = msgspec.json.Decoder(_Event)
_TYPED = msgspec.json.Decoder(_Typed)
_NO_DELTA = _Delta()
_NO_BLOCK = AnswerBlock()
_NO_MESSAGE = _Message()


class MessagePieceReader:
    """`wire.codec.PieceReader` for the Messages API."""

    __slots__ = (
        "_broken",
        "_ended",
        "_frames",
        "_gathered",
        "_ids",
        "_open",
        "_readings",
        "_started",
        "_stopped",
        "_usage",
    )

    def __init__(self) -> None:
        """Start before the first byte."""
        self._frames = StreamReader(EventMeaning(), SseSplitter())
        self._started = self._stopped = self._ended = False
        self._open: dict[int, _Open] = {}
        self._ids = AnswerIds()
        # What the event that is being told says about tokens.
        self._usage: Usage | None = None
        self._gathered = 0
        # A call that broke off: excused only where the stop reason explains it.
        self._broken: Fault | None = None
        self._readings: dict[str, Callable[[_Event], list[Piece]]] = {
            "message_start": self._message_start,
            "content_block_start": self._block_start,
            "content_block_delta": self._block_delta,
            "content_block_stop": self._block_stop,
            "message_delta": self._message_delta,
        }

    @property
    def dropped(self) -> int:
        """Malformed events that were left out so far."""
        return self._frames.dropped

    def feed(self, data: bytes) -> list[Piece]:
        """Take the next bytes; give the pieces that they complete, in order."""
        return [] if self._ended else self._pieces(self._frames.feed(data))

    def close(self) -> list[Piece]:
        """Say that no more bytes come; give what was still whole."""
        return [] if self._ended else self._pieces(self._frames.close())

    def _pieces(self, frames: list[Frame]) -> list[Piece]:
        pieces: list[Piece] = []
        for frame in frames:
            text = frame.text
            if text and frame.kind is TEXT:
                pieces.append(Said(text))
            else:
                pieces += self._tell(frame)
            if self._ended:
                break
        return pieces

    def _tell(self, frame: Frame) -> list[Piece]:
        kind = frame.kind
        if kind is _PING:
            return [Pinged()]
        if kind is _ERROR:
            return self._fail(frame.fault or malformed("The stream failed.", _MALFORMED_STREAM))
        if kind is _END:
            return self._end()
        data = read_event(frame.raw.removeprefix(_BYTE_ORDER_MARK)).data or b""
        try:
            event = _EVENT.decode(data)
        except BAD_JSON:
            return self._mistyped(data)
        reading = self._readings.get(event.type)
        self._usage = frame.usage
        return [] if reading is None else reading(event)

    def _mistyped(self, data: bytes) -> list[Piece]:
        """An unknown event may shape its members as it likes."""
        try:
            name = _TYPED.decode(data).type
        except BAD_JSON:
            return []
        if name not in self._readings:
            return []
        return self._fail(malformed(f"The event {name} has members of the wrong type.", _MALFORMED_STREAM))

    def _message_start(self, event: _Event) -> list[Piece]:
        if self._started:
            return self._fail(malformed("A second message began inside the stream.", _MALFORMED_STREAM))
        self._started = True
        message = event.message or _NO_MESSAGE
        self._ids = AnswerIds(message.id or "", CALL_IDS.prefix)
        return [Began(message.id or "", message.model or "", self._usage)]

    def _block_start(self, event: _Event) -> list[Piece]:
        if self._broken is not None:
            return self._fail(self._broken)
        block = event.content_block or _NO_BLOCK
        if event.index in self._open:
            return self._fail(malformed("A block began inside itself.", _MALFORMED_STREAM))
        match block.type:
            case "text":
                return []
            case "tool_use":
                return self._call_start(event.index, block)
            case "thinking" | "redacted_thinking":
                self._open[event.index] = _Open(block, "")
                return [Thought(block.thinking or "")]
            case _:
                return self._fail(untold(f"block {block.type}"))

    def _call_start(self, index: int, block: AnswerBlock) -> list[Piece]:
        if not block.name:
            return self._fail(malformed("A tool call names no tool.", _MALFORMED_STREAM))
        self._open[index] = _Open(block, self._ids.take(block.id or "", block.name))
        return [Calling()]

    def _block_delta(self, event: _Event) -> list[Piece]:
        delta = event.delta or _NO_DELTA
        held = self._open.get(event.index)
        match delta.type:
            case "input_json_delta":
                return self._gather(held, delta.partial_json or "")
            case "thinking_delta":
                text = delta.thinking or ""
                return self._gather(held, text) or [Thought(text)]
            case "signature_delta":
                if held is not None:
                    held.seal = delta.signature or held.seal
                return self._gather(held, "")
            case "text_delta" | "citations_delta":
                return []
            case _:
                return self._fail(untold(f"delta {delta.type}"))

    def _gather(self, held: _Open | None, text: str) -> list[Piece]:
        if held is None or not text:
            return []
        self._gathered += len(text)
        if self._gathered > GATHERED_CHARACTERS_MAX:
            return self._fail(malformed("The stream holds a larger tool call or thinking than the limit.", "too_large"))
        held.gained.append(text)
        return []

    def _block_stop(self, event: _Event) -> list[Piece]:
        held = self._open.pop(event.index, None)
        if held is None:
            return []
        gained = "".join(held.gained)
        match held.block.type:
            case "tool_use":
                return self._call_stop(held, gained)
            case "thinking":
                return [Sealed(Thinking(text=gained, seal=held.seal))] if held.seal else []
            case _:
                return [Sealed(Thinking(seal=held.seal, hidden=True))] if held.seal else []

    def _call_stop(self, held: _Open, arguments: str) -> list[Piece]:
        block = held.block
        if not arguments.strip():
            # Some servers send the arguments with the opening; an empty object stands there otherwise.
            arguments = bytes(block.input).decode() if is_given(block.input) else "{}"
        if not is_object(arguments):
            self._broken = broken_call(block.name or "")
            return []
        open_calls = sum(1 for other in self._open.values() if other.block.type == "tool_use")
        return [Called(ToolCall(held.id, block.name or "", arguments), open_calls)]

    def _message_delta(self, event: _Event) -> list[Piece]:
        usage = self._usage
        delta = event.delta or _NO_DELTA
        if self._stopped or not delta.stop_reason:
            return [Counted(usage)] if self._stopped and usage is not None else []
        self._stopped = True
        stop = read_stop(delta.stop_reason, has_calls=len(self._ids) > 0)
        if self._broken is not None and not may_cut_a_call(stop):
            return self._fail(self._broken)
        return [Stopped(stop, (delta.stop_sequence or "") if stop is Stop.SEQUENCE else "", usage)]

    def _end(self) -> list[Piece]:
        if not self._stopped:
            return self._fail(malformed("The stream ended without a stop reason.", _MALFORMED_STREAM))
        self._ended = True
        return [Done()]

    def _fail(self, fault: Fault) -> list[Piece]:
        self._ended = True
        return [Failed(fault)]
