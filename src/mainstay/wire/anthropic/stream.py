"""One stream of the Messages API: what each event means.

Every kind of event is one row of `EventMeaning._readings`; deltas and block openings have tables of their own. Source:
the public streaming reference. Blocks come one after another, but nothing here relies on it.
"""

from collections.abc import Callable

import msgspec

from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Frame, FrameKind, Usage
from mainstay.wire.anthropic.errors import classify_inside
from mainstay.wire.anthropic.words import TokenCounts, merged, usage
from mainstay.wire.json_bytes import BAD_JSON
from mainstay.wire.reader import STREAM_STATUS
from mainstay.wire.sse import SseEvent

TEXT = FrameKind.TEXT
"""A name of its own, because looking it up in the enumeration for each event costs ten times as much."""
THINKING_BLOCKS = frozenset(("thinking", "redacted_thinking"))


class Block(msgspec.Struct, gc=False):
    """The opening of a content block."""

    type: str = ""
    text: str | None = None


class Delta(msgspec.Struct, gc=False):
    """What a block gains, or how the message ends."""

    type: str = ""
    text: str | None = None
    thinking: str | None = None
    partial_json: str | None = None
    stop_reason: str | None = None


class _Message(msgspec.Struct):
    usage: TokenCounts | None = None


class Data(msgspec.Struct, gc=False):
    """The data of any event; members that an event does not have keep their defaults."""

    type: str
    index: int = -1
    delta: Delta | None = None
    content_block: Block | None = None
    message: _Message | None = None
    usage: TokenCounts | None = None


class _Typed(msgspec.Struct):
    type: str


DATA = msgspec.json.Decoder(Data)
_TYPED = msgspec.json.Decoder(_Typed)
_EMPTY_DELTA = Delta()
_EMPTY_BLOCK = Block()
_NO_COUNTS = TokenCounts()


class EventMeaning:
    """Remembers the open blocks and the usage so far; tells what the next event means."""

    __slots__ = ("_blocks", "_counts", "_readings", "_started", "_stopped", "holding")

    def __init__(self) -> None:
        """Start before the first event."""
        self.holding = False
        self._blocks: dict[int, str] = {}
        self._started = False
        self._stopped = False
        self._counts = _NO_COUNTS
        self._readings: dict[str, Callable[[SseEvent, Data], Frame]] = {
            "message_start": self._message_start,
            "content_block_start": self._block_start,
            "content_block_delta": self._block_delta,
            "content_block_stop": self._block_stop,
            "message_delta": self._message_delta,
            "message_stop": self._message_stop,
            "ping": self._ping,
            "error": self._error,
        }

    def read(self, event: SseEvent) -> Frame | None:
        """The frame of an event with data; `None` where the data makes no sense."""
        try:
            data = DATA.decode(event.data or b"")
        except BAD_JSON:
            return self._mistyped(event)
        delta = data.delta
        # By far the most frequent event; the rest of the work would cost it as much again.
        if delta is not None and delta.type == "text_delta" and data.index in self._blocks:
            text = delta.text
            if text:
                return Frame(TEXT, event.raw, text, self.holding)
            return Frame(FrameKind.PREAMBLE, event.raw, "", self.holding)
        reading = self._readings.get(data.type)
        return self._opaque(event) if reading is None else reading(event, data)

    def classify(self, data: bytes) -> Fault | None:
        """The fault that this JSON names."""
        return classify_inside(data)

    def _mistyped(self, event: SseEvent) -> Frame | None:
        """An unknown event may shape its members as it likes; a known one, or no JSON at all, is malformed."""
        try:
            name = _TYPED.decode(event.data or b"").type
        except BAD_JSON:
            return None
        if name == "error":
            return self._error(event, Data(name))
        return None if name in self._readings else self._opaque(event)

    def _message_start(self, event: SseEvent, data: Data) -> Frame:
        self._started = True
        return Frame(FrameKind.PREAMBLE, event.raw, usage=self._usage(data.message.usage if data.message else None))

    def _block_start(self, event: SseEvent, data: Data) -> Frame:
        if not self._started:
            return _broken(event, "A block came before the message it belongs to.")
        block = data.content_block or _EMPTY_BLOCK
        self._blocks[data.index] = block.type
        self._hold()
        if block.type == "text":
            kind = FrameKind.TEXT if block.text else FrameKind.PREAMBLE
            return Frame(kind, event.raw, block.text or "", self.holding)
        return Frame(_kind_of_block(block.type), event.raw, "", self.holding)

    def _block_delta(self, event: SseEvent, data: Data) -> Frame:
        block = self._blocks.get(data.index)
        if block is None:
            return _broken(event, "A delta came for a block that is not open.")
        delta = data.delta or _EMPTY_DELTA
        if delta.type == "thinking_delta":
            kind = FrameKind.THINKING if delta.thinking else FrameKind.WORKING
        elif delta.type == "signature_delta":
            kind = FrameKind.WORKING
        elif delta.type == "input_json_delta" and block == "tool_use":
            kind = FrameKind.TOOL
        else:
            kind = FrameKind.OPAQUE
        return Frame(kind, event.raw, "", self.holding)

    def _block_stop(self, event: SseEvent, data: Data) -> Frame:
        block = self._blocks.pop(data.index, "text")
        self._hold()
        kind = FrameKind.PREAMBLE if block == "text" else _kind_of_block(block)
        return Frame(kind, event.raw, "", self.holding)

    def _message_delta(self, event: SseEvent, data: Data) -> Frame:
        stop_reason = (data.delta or _EMPTY_DELTA).stop_reason or ""
        kind = FrameKind.FINISH if stop_reason else FrameKind.USAGE if self._stopped else FrameKind.PREAMBLE
        self._stopped = self._stopped or bool(stop_reason)
        return Frame(kind, event.raw, "", self.holding, self._usage(data.usage), stop_reason=stop_reason)

    def _message_stop(self, event: SseEvent, _: Data) -> Frame:
        if self.holding:
            return _broken(event, "The message ended inside a tool call.")
        return Frame(FrameKind.END, event.raw)

    def _ping(self, event: SseEvent, _: Data) -> Frame:
        return Frame(FrameKind.PING, event.raw, "", self.holding)

    def _error(self, event: SseEvent, _: Data) -> Frame:
        data = event.data or b""
        message = "The stream reported an error that names no type."
        fault = classify_inside(data) or Fault(FaultKind.UNKNOWN, message, STREAM_STATUS, body=data)
        return Frame(FrameKind.ERROR, event.raw, fault=fault)

    def _opaque(self, event: SseEvent) -> Frame:
        return Frame(FrameKind.OPAQUE, event.raw, "", self.holding)

    def _hold(self) -> None:
        self.holding = "tool_use" in self._blocks.values()

    def _usage(self, counts: TokenCounts | None) -> Usage | None:
        if counts is None:
            return None
        self._counts = merged(self._counts, counts)
        return usage(self._counts)


def _kind_of_block(block: str) -> FrameKind:
    if block in THINKING_BLOCKS:
        return FrameKind.WORKING
    return FrameKind.TOOL if block == "tool_use" else FrameKind.OPAQUE


def _broken(event: SseEvent, message: str) -> Frame:
    return Frame(
        FrameKind.ERROR, event.raw, fault=Fault(FaultKind.MALFORMED, message, STREAM_STATUS, "malformed_stream")
    )
