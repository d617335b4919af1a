"""The caller's side of a Messages stream: what the caller has seen, and how another stream is made to go on from it.

The rules of a splice. One `message_start`, the first stream's; one `message_delta` and one `message_stop`, the last
one's. The continuation's first text flows into the text block that the caller has open; without one it opens a block.
Thinking of a continuation is left out, since nobody could replay it under this message. Later blocks get the next free
index; ids stay. Output tokens are those delivered before plus those of the continuation.
"""

from collections.abc import Sequence

import msgspec

from mainstay.model.fault import Fault
from mainstay.model.frame import Frame, FrameKind
from mainstay.wire.anthropic.errors import error_event
from mainstay.wire.anthropic.stream import DATA, TEXT, THINKING_BLOCKS, Data, Delta
from mainstay.wire.continuation import estimated_tokens
from mainstay.wire.json_bytes import BAD_JSON, is_object, raw, read_fields, read_integer, replace_fields
from mainstay.wire.sse import SseEvent, read_event, write_event

MESSAGE_STOP = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'

_NO_BLOCK = ""
_TEXT = "text"
_TOOL = "tool_use"
_KNOWN_BLOCKS = THINKING_BLOCKS | {_TEXT, _TOOL}
_NOWHERE = -1
_NO_DATA = Data("")


class _TextDelta(msgspec.Struct, tag_field="type", tag="text_delta"):
    text: str


class _TextBlock(msgspec.Struct, tag_field="type", tag="text"):
    text: str = ""


class _BlockDelta(msgspec.Struct, tag_field="type", tag="content_block_delta"):
    index: int
    delta: _TextDelta


class _BlockStart(msgspec.Struct, tag_field="type", tag="content_block_start"):
    index: int
    content_block: _TextBlock


class _BlockStop(msgspec.Struct, tag_field="type", tag="content_block_stop"):
    index: int


class _Stop(msgspec.Struct):
    stop_reason: str
    stop_sequence: None = None


class _OutputTokens(msgspec.Struct):
    output_tokens: int


class _MessageDelta(msgspec.Struct, tag_field="type", tag="message_delta"):
    delta: _Stop
    usage: _OutputTokens


class MessageStream:
    """`model.ports.CallerStream` for the Messages API."""

    __slots__ = (
        "_arguments",
        "_before_hop",
        "_block",
        "_characters",
        "_ended",
        "_finished",
        "_flowing",
        "_index",
        "_left_out",
        "_next_index",
        "_opaque",
        "_started",
        "_tools",
        "_whole_tools",
    )

    def __init__(self) -> None:
        """Start before the caller has been given anything."""
        self._started = False
        self._block = _NO_BLOCK
        self._index = -1
        self._next_index = 0
        self._characters = 0
        self._arguments: list[str] = []
        self._tools = 0
        self._whole_tools = 0
        self._opaque = False
        self._finished = False
        self._ended = False
        self._before_hop = 0
        # The continuation's block whose text flows into the block that the caller has open.
        self._flowing = _NOWHERE
        self._left_out: set[int] = set()

    def relayed(self, frame: Frame) -> None:
        """Note that the caller has been given this frame, unchanged."""
        if frame.kind is TEXT and self._block == _TEXT:
            self._characters += len(frame.text)
        elif frame.kind is not FrameKind.PING:
            self._note(frame.kind, _data(read_event(frame.raw)))

    def may_continue(self) -> bool:
        """Whether text of another stream may follow what the caller has seen."""
        barred = self._opaque or self._finished or self._tools > 0
        return not barred and self._block in {_NO_BLOCK, _TEXT}

    def has_broken_tool(self) -> bool:
        """Whether a tool call is closed and its arguments are no object."""
        return self._whole_tools < self._tools - (self._block == _TOOL)

    def error(self, fault: Fault, exchange_id: str) -> bytes:
        """The error event, the last thing said on a failed stream."""
        return error_event(fault, exchange_id)

    def finished_by_synthesis(self, held: Sequence[Frame]) -> bytes | None:
        """The end of a message whose tool calls are all complete, or whose stop reason was already given.

        Held frames are those of an unfinished block: a started call that is not complete.
        """
        if self._ended or any(frame.kind is not FrameKind.PING for frame in held):
            return None
        if self._finished:
            self._ended = True
            return MESSAGE_STOP
        if self._block != _NO_BLOCK or self._tools == 0 or self._whole_tools < self._tools:
            return None
        self._finished = self._ended = True
        return _event(_MessageDelta(_Stop(_TOOL), _OutputTokens(estimated_tokens(self._characters)))) + MESSAGE_STOP

    def spliced(self, frame: Frame, text: str) -> bytes:
        """Bytes for a frame of a continuation, made to fit what the caller has seen; `b""` for nothing.

        All frames of a continuation must come, in order: its `message_start` tells it from the one before.
        """
        if self._ended or frame.kind is FrameKind.ERROR:
            return b""
        if frame.kind is FrameKind.PING:
            return frame.raw
        if not self._started:
            self.relayed(frame)
            return frame.raw
        event = read_event(frame.raw)
        return self._fit(frame, event, _data(event), text)

    def _fit(self, frame: Frame, event: SseEvent, data: Data, text: str) -> bytes:
        if data.type.startswith("content_block_"):
            return self._fit_block(frame, event, data, text)
        if data.type == "message_start":
            return self._begin_hop()
        if data.type == "message_delta":
            return self._fit_finish(frame.stop_reason, event, text)
        if data.type == "message_stop":
            self._ended = True
            return self._close_block() + frame.raw
        self._opaque = True
        return frame.raw

    def _fit_block(self, frame: Frame, event: SseEvent, data: Data, text: str) -> bytes:
        if data.type == "content_block_start":
            return self._fit_start(event, data, text)
        if data.index in self._left_out:
            return b""
        if data.delta:
            return self._fit_delta(frame.kind, event, data, text)
        # A text block stays open until something else begins: the aligner may still hold its last words.
        return b"" if self._block == _TEXT else self._close_block()

    def _begin_hop(self) -> bytes:
        """A new stream begins under the old message: nothing to say."""
        self._before_hop = self._characters
        self._flowing = _NOWHERE
        self._left_out.clear()
        return b""

    def _fit_start(self, event: SseEvent, data: Data, text: str) -> bytes:
        block = data.content_block.type if data.content_block else ""
        if block in THINKING_BLOCKS:
            self._left_out.add(data.index)
            return b""
        if block == _TEXT:
            # Its block opens with its first text, which may be long in coming: the aligner holds what was said already.
            return self._say(data.index, text)
        closing = self._close_block()
        data.index = self._next_index
        self._note(FrameKind.TOOL if block == _TOOL else FrameKind.OPAQUE, data)
        return closing + self._reindexed(event)

    def _fit_delta(self, kind: FrameKind, event: SseEvent, data: Data, text: str) -> bytes:
        if kind is FrameKind.TEXT:
            return self._say(data.index, text)
        if kind is FrameKind.PREAMBLE or self._block == _NO_BLOCK:
            return b""
        self._note(kind, data)
        return self._reindexed(event)

    def _fit_finish(self, stop_reason: str, event: SseEvent, text: str) -> bytes:
        if self._finished or not stop_reason:
            return b""
        said = self._say(self._flowing, text)
        self._finished = True
        fields = read_fields(event.data or b"") or {}
        counts = read_fields(fields.get("usage", msgspec.Raw(b"{}"))) or {}
        own = read_integer(counts.get("output_tokens")) or estimated_tokens(self._characters - self._before_hop)
        counts["output_tokens"] = raw(estimated_tokens(self._before_hop) + own)
        data = replace_fields(event.data or b"{}", {"usage": raw(counts)})
        return said + self._close_block() + write_event(data, b"message_delta")

    def _say(self, source: int, text: str) -> bytes:
        """Text of the continuation's block `source`."""
        if not text:
            return b""
        opening = b""
        if self._block != _TEXT or self._flowing not in {_NOWHERE, source}:
            opening = self._close_block() + _event(_BlockStart(self._next_index, _TextBlock()))
            self._open_block(_TEXT, self._next_index)
        self._flowing = source
        self._characters += len(text)
        return opening + _event(_BlockDelta(self._index, _TextDelta(text)))

    def _close_block(self) -> bytes:
        if self._block == _NO_BLOCK:
            return b""
        index = self._index
        self._note_stop()
        return _event(_BlockStop(index))

    def _reindexed(self, event: SseEvent) -> bytes:
        return write_event(replace_fields(event.data or b"{}", {"index": raw(self._index)}), event.event)

    def _note(self, kind: FrameKind, data: Data) -> None:
        match data.type:
            case "message_start":
                self._started = True
            case "content_block_start":
                block = data.content_block
                self._open_block(block.type if block else "", data.index)
                self._characters += len(block.text or "") if block else 0
            case "content_block_delta":
                self._note_delta(data.delta or Delta())
            case "content_block_stop":
                self._note_stop()
            case "message_delta":
                self._finished = self._finished or kind is FrameKind.FINISH
            case "message_stop":
                self._ended = True
        self._opaque = self._opaque or kind is FrameKind.OPAQUE

    def _open_block(self, block: str, index: int) -> None:
        self._block = block or "unknown"
        self._index = index
        self._next_index = max(self._next_index, index + 1)
        self._opaque = self._opaque or block not in _KNOWN_BLOCKS
        if block == _TOOL:
            self._tools += 1
            self._arguments = []

    def _note_delta(self, delta: Delta) -> None:
        self._arguments.append(delta.partial_json or "")
        for part in (delta.text, delta.thinking, delta.partial_json):
            self._characters += len(part or "")

    def _note_stop(self) -> None:
        if self._block == _TOOL:
            self._whole_tools += is_object("".join(self._arguments) or "{}")
        self._block = _NO_BLOCK


def _data(event: SseEvent) -> Data:
    try:
        return DATA.decode(event.data or b"")
    except BAD_JSON:
        return _NO_DATA


def _event(data: _BlockStart | _BlockDelta | _BlockStop | _MessageDelta) -> bytes:
    return write_event(msgspec.json.encode(data), str(data.__struct_config__.tag).encode())
