"""A streamed answer of another dialect, written as chunks for a caller of Chat Completions (`wire.codec.StreamWriter`).

The role comes first, each tool call whole in one chunk, then the finish reason, the usage where the caller asked for
it, and `[DONE]`. Another maker's reasoning is shown as `reasoning_content`, as self-hosted servers do; seals are not.
"""

import msgspec

from mainstay.model.conversation import Prompt, Thinking, ToolCall
from mainstay.model.frame import Usage
from mainstay.model.piece import Began, Stop, Stopped
from mainstay.wire.codec import Identity
from mainstay.wire.openai_chat.answer_shape import CALL_IDS, Function, answer_id_of
from mainstay.wire.openai_chat.counts import counts_of, later_usage
from mainstay.wire.openai_chat.splice import END
from mainstay.wire.openai_chat.stops import finish_reason_of

_ROLE = b'{"role":"assistant","content":""}'
_CONTENT = b'{"content":'
_THOUGHT = b'{"reasoning_content":'
_REFUSAL = b'{"refusal":'

_encode = msgspec.json.Encoder().encode


class _CallDelta(msgspec.Struct):
    index: int
    id: str
    type: str
    function: Function


class _CallsDelta(msgspec.Struct):
    tool_calls: list[_CallDelta]


class ChunkWriter:
    """One stream for one caller."""

    __slots__ = ("_before", "_calls", "_counts", "_head", "_refused", "_running", "_said", "_tail", "_usage")

    def __init__(self, prompt: Prompt, identity: Identity) -> None:
        """`prompt` says whether the caller wants the usage."""
        self._counts = prompt.include_usage
        self._usage: Usage | None = None
        self._calls = 0
        self._refused = False
        self._head = (
            b'data: {"id":' + _encode(answer_id_of(identity)) + b',"object":"chat.completion.chunk","created":'
            b"%d" % identity.created + b',"model":' + _encode(identity.model)
        )
        # With usage asked for, every chunk but its own says that it has none.
        self._tail = b',"usage":null}\n\n' if self._counts else b"}\n\n"
        self._before = self._head + b',"choices":[{"index":0,"delta":'
        self._running = b',"logprobs":null,"finish_reason":null}]' + self._tail
        self._said = self._before + _CONTENT

    def began(self, piece: Began) -> bytes:
        """The chunk with the role."""
        self._usage = piece.usage
        return self._before + _ROLE + self._running

    def said(self, text: str) -> bytes:
        """Some text."""
        return b"%b%b}%b" % (self._said, _encode(text), self._running)

    def thought(self, text: str) -> bytes:
        """Some reasoning."""
        return b"%b%b%b}%b" % (self._before, _THOUGHT, _encode(text), self._running) if text else b""

    def sealed(self, thinking: Thinking) -> bytes:  # noqa: ARG002 (there is no place for a seal)
        """Nothing: the words were shown as they came."""
        return b""

    def called(self, call: ToolCall) -> bytes:
        """A whole tool call in one chunk."""
        delta = _CallDelta(self._calls, CALL_IDS.fit(call.id), "function", Function(call.name, call.arguments))
        self._calls += 1
        return self._before + _encode(_CallsDelta([delta])) + self._running

    def refused(self, text: str) -> bytes:
        """Words of a refusal."""
        self._refused = True
        return b"%b%b%b}%b" % (self._before, _REFUSAL, _encode(text), self._running)

    def counted(self, usage: Usage) -> bytes:
        """Usage is told once, at the end."""
        self._usage = later_usage(self._usage, usage)
        return b""

    def stopped(self, piece: Stopped) -> bytes:
        """The finish reason."""
        self._usage = later_usage(self._usage, piece.usage)
        reason = _encode(self.stop_word(piece.stop))
        return self._before + b'{},"logprobs":null,"finish_reason":' + reason + b"}]" + self._tail

    def done(self) -> bytes:
        """The usage, if it was asked for and is known, and the terminal marker."""
        if not self._counts or self._usage is None:
            return END
        return self._head + b',"choices":[],"usage":' + _encode(counts_of(self._usage)) + b"}\n\n" + END

    def stop_word(self, stop: Stop) -> str:
        """The finish reason for a stop."""
        return finish_reason_of(stop, has_refusal=self._refused)
