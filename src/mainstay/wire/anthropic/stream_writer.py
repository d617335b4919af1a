"""Streams for callers of the Messages API.

Blocks come one after another. A text block opens with its first text and closes when something else begins. A tool call
is one block that opens, is filled and closes at once.
"""

import msgspec

from mainstay.model.conversation import Thinking, ToolCall
from mainstay.model.frame import Usage
from mainstay.model.piece import Began, Stop, Stopped
from mainstay.wire.anthropic.answer_writer import NO_USAGE, REFUSAL, Message, message_id
from mainstay.wire.anthropic.words import CALL_IDS, WrittenCounts, stop_word, written_usage
from mainstay.wire.codec import Identity
from mainstay.wire.sse import write_event

_ENCODE = msgspec.json.Encoder().encode
_MESSAGE_STOP = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
_TEXT_END = b"}}\n\n"


class _MessageStart(msgspec.Struct, tag_field="type", tag="message_start"):
    message: Message


class _Stop(msgspec.Struct):
    stop_reason: str
    stop_sequence: str | None


class _MessageDelta(msgspec.Struct, tag_field="type", tag="message_delta"):
    delta: _Stop
    usage: WrittenCounts


class MessageStreamWriter:
    """`wire.codec.StreamWriter` for the Messages API."""

    __slots__ = ("_has_text", "_identity", "_index", "_refused", "_stop", "_text_start", "_usage")

    def __init__(self, identity: Identity) -> None:
        """Start before the first piece."""
        self._identity = identity
        self._index = 0
        self._has_text = False
        self._text_start = b""
        self._refused = False
        self._stop: _Stop | None = None
        self._usage = NO_USAGE

    def began(self, piece: Began) -> bytes:
        """The preamble."""
        self._usage = piece.usage or NO_USAGE
        identity = self._identity
        counts = written_usage(self._usage)
        message = Message(message_id(identity), "assistant", identity.model, (), None, None, counts)
        return write_event(_ENCODE(_MessageStart(message)), b"message_start")

    def said(self, text: str) -> bytes:
        """Some text; the hot path."""
        if self._has_text:
            return self._text_start + _ENCODE(text) + _TEXT_END
        opening = self._block_start(b'{"type":"text","text":""}')
        self._has_text = True
        self._text_start = self._delta_start(b"text_delta", b"text")
        return opening + self._text_start + _ENCODE(text) + _TEXT_END

    def thought(self, text: str) -> bytes:  # noqa: ARG002 (the protocol's shape)
        """Nothing: the caller would send another maker's reasoning back as Anthropic's own."""
        return b""

    def sealed(self, thinking: Thinking) -> bytes:  # noqa: ARG002 (the protocol's shape)
        """Nothing, for the same reason."""
        return b""

    def called(self, call: ToolCall) -> bytes:
        """One whole tool call."""
        closing = self._text_stop()
        call_id, name = _ENCODE(CALL_IDS.fit(call.id)), _ENCODE(call.name)
        opening = self._block_start(b'{"type":"tool_use","id":' + call_id + b',"name":' + name + b',"input":{}}')
        delta = self._delta_start(b"input_json_delta", b"partial_json") + _ENCODE(call.arguments) + _TEXT_END
        return closing + opening + delta + self._block_stop()

    def refused(self, text: str) -> bytes:
        """Words of a refusal: text, with a stop reason of its own."""
        self._refused = True
        return self.said(text)

    def counted(self, usage: Usage) -> bytes:
        """Usage that came after the stop reason, which is then said again."""
        self._usage = usage
        return b"" if self._stop is None else self._message_delta(self._stop)

    def stopped(self, piece: Stopped) -> bytes:
        """The stop reason."""
        self._usage = piece.usage or self._usage
        self._stop = _Stop(stop_word(REFUSAL if self._refused else piece.stop), piece.sequence or None)
        return self._text_stop() + self._message_delta(self._stop)

    def done(self) -> bytes:
        """The terminal marker."""
        return _MESSAGE_STOP

    def stop_word(self, stop: Stop) -> str:
        """The API's word for a stop reason."""
        return stop_word(stop)

    def _message_delta(self, stop: _Stop) -> bytes:
        return write_event(_ENCODE(_MessageDelta(stop, written_usage(self._usage))), b"message_delta")

    def _text_stop(self) -> bytes:
        if not self._has_text:
            return b""
        self._has_text = False
        return self._block_stop()

    def _block_start(self, block: bytes) -> bytes:
        return self._event(b"content_block_start") + b',"content_block":' + block + b"}\n\n"

    def _block_stop(self) -> bytes:
        stop = self._event(b"content_block_stop") + b"}\n\n"
        self._index += 1
        return stop

    def _delta_start(self, kind: bytes, member: bytes) -> bytes:
        return self._event(b"content_block_delta") + b',"delta":{"type":"' + kind + b'","' + member + b'":'

    def _event(self, name: bytes) -> bytes:
        return b"event: " + name + b'\ndata: {"type":"' + name + b'","index":' + str(self._index).encode()
