"""One stream of ConverseStream: bytes in, pieces out.

The usage comes behind the stop reason, in `metadata`, which is the last event: with it the stream is done; one that
ends in order after the stop reason is done too. Source: the service description (`ConverseStreamOutput`).
"""

from collections.abc import Callable

import msgspec

from mainstay.model.conversation import Thinking, ToolCall
from mainstay.model.fault import Fault
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
from mainstay.wire.bedrock.answer import CUTTING_STOPS, TokenCounts, stop_of, untold, usage
from mainstay.wire.bedrock.errors import classify_inside, classify_message
from mainstay.wire.bedrock.event_stream import EVENT, EventStreamSplitter, Message
from mainstay.wire.classify import malformed
from mainstay.wire.json_bytes import ABSENT, BAD_JSON, is_given, is_object
from mainstay.wire.tool_ids import AnswerIds

GATHERED_CHARACTERS_MAX = 8 * 1024 * 1024
"""Of arguments and of reasoning, in one stream."""

_DELTA_EVENT = "contentBlockDelta"
_SERVER_TOOL = "server_tool_use"
_LAST = (Done, Failed)


class _CallStart(msgspec.Struct, rename="camel"):
    name: str
    tool_use_id: str = ""
    type: str = ""


class _Start(msgspec.Struct, rename="camel"):
    tool_use: _CallStart | None = None
    tool_result: msgspec.Raw = ABSENT
    image: msgspec.Raw = ABSENT


class _BlockStart(msgspec.Struct, rename="camel"):
    content_block_index: int
    start: _Start = msgspec.field(default_factory=_Start)


class _CallDelta(msgspec.Struct, gc=False):
    input: str = ""


class _ReasoningDelta(msgspec.Struct, rename="camel", gc=False):
    text: str | None = None
    signature: str | None = None
    redacted_content: str | None = None


class _Delta(msgspec.Struct, rename="camel", gc=False):
    text: str | None = None
    tool_use: _CallDelta | None = None
    reasoning_content: _ReasoningDelta | None = None
    citation: msgspec.Raw = ABSENT


class _BlockDelta(msgspec.Struct, rename="camel", gc=False):
    content_block_index: int
    delta: _Delta


class _BlockStop(msgspec.Struct, rename="camel"):
    content_block_index: int


class _MessageStop(msgspec.Struct, rename="camel"):
    stop_reason: str


class _Metadata(msgspec.Struct):
    usage: TokenCounts | None = None


class _OpenCall:
    """A call whose arguments are still coming."""

    __slots__ = ("id", "name", "pieces")

    def __init__(self, call_id: str, name: str) -> None:
        self.id = call_id
        self.name = name
        self.pieces: list[str] = []


class _OpenReasoning:
    """A run of reasoning that is not over."""

    __slots__ = ("hidden", "signature", "text")

    def __init__(self) -> None:
        self.text: list[str] = []
        self.signature: list[str] = []
        self.hidden: list[str] = []


_START = msgspec.json.Decoder(_BlockStart)
_DELTA = msgspec.json.Decoder(_BlockDelta)
_STOP = msgspec.json.Decoder(_BlockStop)
_END = msgspec.json.Decoder(_MessageStop)
_METADATA = msgspec.json.Decoder(_Metadata)


class ConverseReader:
    """`wire.codec.PieceReader` of ConverseStream.

    An event that makes no sense is left out and counted in `dropped`; while a tool call is open it could change what
    the call says, so there it is a failure.
    """

    __slots__ = (
        "_broken_call",
        "_calls",
        "_gathered",
        "_ids",
        "_over",
        "_readings",
        "_reasoning",
        "_splitter",
        "_stopped",
        "dropped",
    )

    def __init__(self) -> None:
        """Start before the first byte."""
        self.dropped = 0
        self._splitter = EventStreamSplitter()
        self._calls: dict[int, _OpenCall] = {}
        self._reasoning: dict[int, _OpenReasoning] = {}
        self._ids = AnswerIds()
        self._gathered = 0
        self._broken_call = ""
        self._stopped = False
        self._over = False
        self._readings: dict[str, Callable[[bytes], list[Piece]]] = {
            "messageStart": self._message_start,
            "contentBlockStart": self._block_start,
            "contentBlockStop": self._block_stop,
            "messageStop": self._message_stop,
            "metadata": self._metadata,
        }

    def feed(self, data: bytes) -> list[Piece]:
        """Take the next bytes; give the pieces that they complete, in order."""
        if self._over:
            return []
        pieces = self._pieces(self._splitter.feed(data))
        if self._splitter.broken and not (pieces and type(pieces[-1]) in _LAST):
            pieces += self._fail(self._fault_of_bytes(data))
        return pieces

    def _pieces(self, messages: list[Message]) -> list[Piece]:
        pieces: list[Piece] = []
        for message in messages:
            heading = message.heading
            if heading.type == _DELTA_EVENT and heading.kind == EVENT:
                # By far the most frequent event; the rest of the work would cost it as much again.
                try:
                    block = _DELTA.decode(message.payload)
                except BAD_JSON:
                    pieces += self._leave_out()
                else:
                    text = block.delta.text
                    if text:
                        pieces.append(Said(text))
                    elif text is None:
                        pieces += self._delta(block)
            else:
                pieces += self._read(message)
            if self._over:
                break
        return pieces

    def close(self) -> list[Piece]:
        """Say that no more bytes come. Nothing comes of a stream that ends before its stop reason: it was cut."""
        if self._over or not self._stopped:
            return []
        self._over = True
        return [Done()]

    def _read(self, message: Message) -> list[Piece]:
        """Every message but a delta."""
        if message.heading.kind != EVENT:
            return self._fail(classify_message(message))
        reading = self._readings.get(message.heading.type)
        if reading is None:
            return [Pinged()]
        try:
            return reading(message.payload)
        except BAD_JSON:
            return self._leave_out()

    def _message_start(self, payload: bytes) -> list[Piece]:  # noqa: ARG002 (it holds the role and nothing else)
        return [Began()]

    def _block_start(self, payload: bytes) -> list[Piece]:
        block = _START.decode(payload)
        start = block.start.tool_use
        if is_given(block.start.image) or is_given(block.start.tool_result):
            return self._fail(untold("block image" if is_given(block.start.image) else "block toolResult"))
        if start is None:
            return []
        if start.type == _SERVER_TOOL:
            return self._fail(untold("block toolUse of the server"))
        if block.content_block_index in self._calls:
            return self._fail(malformed("Two tool calls of the stream have the same place."))
        call_id = self._ids.take(start.tool_use_id, start.name)
        self._calls[block.content_block_index] = _OpenCall(call_id, start.name)
        return [Calling()]

    def _delta(self, block: _BlockDelta) -> list[Piece]:
        """Every delta but text."""
        delta, index = block.delta, block.content_block_index
        if delta.tool_use is not None:
            call = self._calls.get(index)
            if call is None:
                return self._fail(malformed("Arguments came for a tool call that is not open."))
            call.pieces.append(delta.tool_use.input)
            return self._gather(delta.tool_use.input, [])
        if delta.reasoning_content is not None:
            return self._reason(index, delta.reasoning_content)
        return [] if is_given(delta.citation) else self._fail(untold("a delta of another kind"))

    def _reason(self, index: int, delta: _ReasoningDelta) -> list[Piece]:
        run = self._reasoning.get(index)
        if run is None:
            run = self._reasoning[index] = _OpenReasoning()
        if delta.text is not None:
            run.text.append(delta.text)
            return self._gather(delta.text, [Thought(delta.text)])
        sealed = delta.signature or delta.redacted_content or ""
        (run.signature if delta.signature is not None else run.hidden).append(sealed)
        return self._gather(sealed, [Thought()])

    def _block_stop(self, payload: bytes) -> list[Piece]:
        index = _STOP.decode(payload).content_block_index
        call = self._calls.pop(index, None)
        if call is not None:
            return self._called(call)
        run = self._reasoning.pop(index, None)
        if run is None:
            return []
        if run.hidden:
            return [Sealed(Thinking(seal="".join(run.hidden), hidden=True))]
        seal = "".join(run.signature)
        return [Sealed(Thinking(text="".join(run.text), seal=seal))] if seal else []

    def _called(self, call: _OpenCall) -> list[Piece]:
        arguments = "".join(call.pieces) or "{}"
        if not is_object(arguments):
            # Not yet a failure: where the output limit cut the answer off, the stop reason says so.
            self._broken_call = call.name
            return []
        return [Called(ToolCall(call.id, call.name, arguments), len(self._calls))]

    def _message_stop(self, payload: bytes) -> list[Piece]:
        stop = stop_of(_END.decode(payload).stop_reason)
        if isinstance(stop, Fault):
            return self._fail(stop)
        if stop not in CUTTING_STOPS:
            if self._broken_call:
                return self._fail(malformed(f"The arguments of a call of {self._broken_call!r} are no JSON object."))
            if self._calls:
                return self._fail(malformed("The stream ended inside a tool call."))
        self._stopped = True
        return [Stopped(Stop.TOOL if stop is Stop.END and len(self._ids) else stop)]

    def _metadata(self, payload: bytes) -> list[Piece]:
        counts = _METADATA.decode(payload).usage
        pieces: list[Piece] = [] if counts is None else [Counted(usage(counts))]
        if self._stopped:
            self._over = True
            pieces.append(Done())
        return pieces

    def _gather(self, text: str, pieces: list[Piece]) -> list[Piece]:
        self._gathered += len(text)
        if self._gathered > GATHERED_CHARACTERS_MAX:
            return self._fail(malformed("The arguments and the reasoning of the stream are larger than the limit."))
        return pieces

    def _leave_out(self) -> list[Piece]:
        self.dropped += 1
        return self._fail(malformed("A malformed event stood inside a tool call.")) if self._calls else []

    def _fault_of_bytes(self, data: bytes) -> Fault:
        """A success status whose body is a plain error instead of events."""
        return classify_inside(data) or malformed(f"The body is no event stream: {self._splitter.broken}.")

    def _fail(self, fault: Fault) -> list[Piece]:
        self._over = True
        return [Failed(fault)]
