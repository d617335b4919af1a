"""Reads one native stream of Responses into pieces.

Whole items come with their `done` events, so hardly anything is collected here: a call's arguments, its words of
reasoning and a text that was never streamed are all taken from there.
"""

import msgspec

from mainstay.model.conversation import Refusal, Text
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.piece import (
    Began,
    Called,
    Calling,
    Done,
    Failed,
    Piece,
    Pinged,
    Refused,
    Said,
    Sealed,
    Stopped,
    Thought,
)
from mainstay.wire.classify import malformed
from mainstay.wire.json_bytes import ABSENT, BAD_JSON, is_given
from mainstay.wire.openai_responses.errors import classify_inside
from mainstay.wire.openai_responses.made_items import (
    MadeItem,
    call_of,
    thinking_of,
    unknown_item,
    words_of,
)
from mainstay.wire.openai_responses.response import Incompletion, TokenCounts, empty, usage
from mainstay.wire.openai_responses.stops import stop_of
from mainstay.wire.openai_responses.stream import (
    EVENT_BYTES_MAX,
    FAILURES,
    ITEM_ADDED,
    ITEM_DONE,
    REASONING_DELTAS,
    TERMINAL,
    TEXT_DELTA,
    TEXT_EVENT,
    stream_fault,
)
from mainstay.wire.sse import FIELD_STARTS, SseEvent, SseSplitter
from mainstay.wire.tool_ids import AnswerIds

_CREATED = "response.created"
_REFUSAL_DELTA = "response.refusal.delta"
_ARGUMENTS_DONE = "response.function_call_arguments.done"
_KNOWN_ITEMS = frozenset(("message", "reasoning", "function_call"))
_REMEMBERED_BYTES_MAX = 8 * 1024 * 1024


class _Delta(msgspec.Struct, gc=False):
    delta: str
    type: str = TEXT_DELTA
    output_index: int = 0


class _Response(msgspec.Struct):
    id: str = ""
    model: str = ""
    incomplete_details: Incompletion | None = None
    usage: TokenCounts | None = None
    error: msgspec.Raw = ABSENT


class _Event(msgspec.Struct):
    type: str = ""
    output_index: int = 0
    item: MadeItem | None = None
    response: _Response | None = None
    arguments: str | None = None
    error: msgspec.Raw = ABSENT


class _Typed(msgspec.Struct):
    type: str = ""


_DELTA = msgspec.json.Decoder(_Delta)
_EVENT = msgspec.json.Decoder(_Event)
_TYPED = msgspec.json.Decoder(_Typed)
_READ = frozenset(
    (_CREATED, ITEM_ADDED, ITEM_DONE, _ARGUMENTS_DONE, *TERMINAL, *FAILURES),
)
_DELTAS = REASONING_DELTAS | {TEXT_DELTA, _REFUSAL_DELTA}


class ResponsePieces:
    """`wire.codec.PieceReader` for Responses."""

    __slots__ = (
        "_arguments",
        "_began",
        "_called",
        "_ids",
        "_open",
        "_pieces",
        "_refused",
        "_remembered",
        "_said",
        "_splitter",
        "_stopped",
        "_streamed",
        "dropped",
    )

    def __init__(self) -> None:
        """Start before the first byte."""
        self._splitter = SseSplitter(EVENT_BYTES_MAX)
        self._pieces: list[Piece] = []
        self._ids = AnswerIds()
        self._open: set[int] = set()
        self._arguments: dict[int, str] = {}
        # Places of items whose words came bit by bit.
        self._streamed: set[int] = set()
        self._remembered = 0
        self._began = False
        self._said = False
        self._called = False
        self._refused = False
        self._stopped = False
        self.dropped = 0

    def feed(self, data: bytes) -> list[Piece]:
        """Take the next bytes; give the pieces that they complete, in order."""
        if self._stopped:
            return []
        return self._read_all(self._splitter.feed(data))

    def close(self) -> list[Piece]:
        """Say that no more bytes come. A body that was no stream at all is a failure of its own."""
        if self._stopped:
            return []
        pieces = self._read_all(self._splitter.close())
        tail = self._splitter.tail.strip()
        silent = not (self._began or pieces)
        if silent and tail and not tail.startswith(FIELD_STARTS):
            self._fail(_not_a_stream(tail))
            return self._taken()
        return pieces

    def _read_all(self, events: list[SseEvent]) -> list[Piece]:
        for event in events:
            if event.event == TEXT_EVENT and event.data is not None:
                # By far the most frequent event, with one small decode.
                self._delta(event.data)
            else:
                self._read(event)
            if self._stopped:
                break
        if self._splitter.overflowed and not self._stopped:
            self._fail(malformed("The stream holds an event larger than the limit."))
        return self._taken()

    def _taken(self) -> list[Piece]:
        pieces, self._pieces = self._pieces, []
        return pieces

    def _read(self, event: SseEvent) -> None:
        data = event.data
        if data is None:
            self._without_data(event)
            return
        try:
            name = _TYPED.decode(data).type or event.event.decode(errors="replace")
        except BAD_JSON:
            self._leave_out(event)
            return
        if name in _DELTAS:
            self._delta(data)
        elif name in FAILURES or not name:
            self._fail(stream_fault(data))
        elif name in _READ:
            self._event(name, event, data)
        elif name in {"keepalive", "ping"}:
            self._pieces.append(Pinged())

    def _without_data(self, event: SseEvent) -> None:
        if event.quiet:
            self._pieces.append(Pinged())
        elif not self._began and event.raw.lstrip()[:1] in {b"{", b"<"}:
            self._fail(_not_a_stream(event.raw))
        else:
            self._leave_out(event)

    def _leave_out(self, event: SseEvent) -> None:
        self.dropped += 1
        if event.event == b"error":
            said = "The stream reported an error without saying which."
            self._fail(Fault(FaultKind.UNKNOWN, said, 200))
        elif self._open:
            self._fail(malformed("A malformed event stood inside a tool call."))

    def _delta(self, data: bytes) -> None:
        try:
            said = _DELTA.decode(data)
        except BAD_JSON:
            self.dropped += 1
            if self._open:
                self._fail(malformed("A malformed event stood inside a tool call."))
            return
        if not self._began:
            self._begin(_Response())
        if not said.delta:
            return
        if said.type == TEXT_DELTA:
            self._said = True
            self._streamed.add(said.output_index)
            self._pieces.append(Said(said.delta))
        elif said.type == _REFUSAL_DELTA:
            self._refused = True
            self._streamed.add(said.output_index)
            self._pieces.append(Refused(said.delta))
        else:
            self._streamed.add(said.output_index)
            self._pieces.append(Thought(said.delta))

    def _event(self, name: str, event: SseEvent, data: bytes) -> None:
        try:
            read = _EVENT.decode(data)
        except BAD_JSON:
            self._leave_out(event)
            return
        if not self._began:
            self._begin(read.response or _Response())
        if name == _ARGUMENTS_DONE:
            self._remember(read)
        elif name in TERMINAL:
            self._end(TERMINAL[name], read.response, data)
        elif name != _CREATED and read.item is not None:
            if read.item.type not in _KNOWN_ITEMS:
                self._fail(unknown_item(read.item.type))
            elif name == ITEM_ADDED:
                self._added(read.item, read.output_index)
            else:
                self._item(read.item, read.output_index)

    def _begin(self, response: _Response) -> None:
        self._began = True
        self._ids = AnswerIds(response.id)
        self._pieces.append(Began(response.id, response.model, usage(response.usage) if response.usage else None))

    def _added(self, item: MadeItem, place: int) -> None:
        if item.type == "function_call":
            self._open.add(place)
            self._pieces.append(Calling())
        elif item.type == "reasoning":
            self._pieces.append(Thought())

    def _remember(self, read: _Event) -> None:
        """The arguments may come with an event of their own and be missing from the item."""
        text = read.arguments or ""
        self._remembered += len(text)
        if self._remembered > _REMEMBERED_BYTES_MAX:
            self._fail(malformed("The arguments of the tool calls are larger than the limit."))
        else:
            self._arguments[read.output_index] = text

    def _item(self, item: MadeItem, place: int) -> None:
        if item.type == "function_call":
            self._call(item, place)
        elif item.type == "reasoning":
            self._think(item, place)
        elif place not in self._streamed:
            for part in words_of(item):
                if isinstance(part, Text):
                    self._said = True
                    self._pieces.append(Said(part.text))
                elif isinstance(part, Refusal):
                    self._refused = True
                    self._pieces.append(Refused(part.text))

    def _think(self, item: MadeItem, place: int) -> None:
        thinking = thinking_of(item)
        if thinking.text and place not in self._streamed:
            self._pieces.append(Thought(thinking.text))
        if thinking.text or thinking.seal:
            self._pieces.append(Sealed(thinking))

    def _call(self, item: MadeItem, place: int) -> None:
        arguments = item.arguments or self._arguments.pop(place, "")
        if item.is_cut:
            # The output limit fell into the call: it stays open, and the terminal event says why.
            return
        if place not in self._open:
            self._pieces.append(Calling())
        self._open.discard(place)
        call = call_of(item, arguments, self._ids)
        if isinstance(call, Fault):
            self._fail(call)
            return
        self._called = True
        self._pieces.append(Called(call, len(self._open)))

    def _end(self, status: str, response: _Response | None, data: bytes) -> None:
        if response is None or is_given(response.error):
            self._fail(stream_fault(data))
            return
        if status == "completed" and self._open:
            self._fail(malformed("The answer ended inside a tool call."))
            return
        if status == "completed" and not (self._said or self._called or self._refused or self._streamed):
            self._fail(empty())
            return
        reason = (response.incomplete_details.reason or "") if response.incomplete_details else ""
        stop = stop_of(status, reason, called=self._called, refused=self._refused)
        said = usage(response.usage) if response.usage else None
        self._pieces += (Stopped(stop, "", said), Done())
        self._stopped = True

    def _fail(self, fault: Fault) -> None:
        self._stopped = True
        self._pieces.append(Failed(fault))


def _not_a_stream(body: bytes) -> Fault:
    """A success status whose body is a plain error, a web page or a whole answer instead of events."""
    return classify_inside(body) or malformed("The body of a stream held no server-sent events.")
