"""One stream of Responses: what each event means.

The stop reason comes with the terminal event and with no other: `completed`, or the reason of an incomplete response.
A tool call is open from its item's `added` to its item's `done`. Source: the public streaming reference and the event
types of the official Python SDK.
"""

import msgspec

from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Frame, FrameKind
from mainstay.wire.json_bytes import ABSENT, BAD_JSON, is_given
from mainstay.wire.openai_responses.errors import classify_inside, complaint_fault
from mainstay.wire.openai_responses.response import Incompletion, TokenCounts, stop_reason, usage
from mainstay.wire.reader import STREAM_STATUS
from mainstay.wire.sse import SseEvent

TEXT = FrameKind.TEXT
"""A name of its own, because looking it up in the enumeration for each event costs ten times as much."""

EVENT_BYTES_MAX = 8 * 1024 * 1024
"""Bound on one event. Lifecycle events repeat instructions and tools, the terminal one also the whole answer."""

TEXT_DELTA = "response.output_text.delta"
TEXT_EVENT = TEXT_DELTA.encode()
ITEM_ADDED = "response.output_item.added"
ITEM_DONE = "response.output_item.done"
TERMINAL = {"response.completed": "completed", "response.incomplete": "incomplete"}
FAILURES = frozenset(("response.failed", "error"))
REASONING_DELTAS = frozenset(("response.reasoning_summary_text.delta", "response.reasoning_text.delta"))
CALLS = frozenset(("function_call", "custom_tool_call"))

_PING = b": ping\n\n"
_REASONING = "response.reasoning"
_PARTS_OF_CALLS = ("response.function_call_arguments.", "response.custom_tool_call_input.")
_KINDS: dict[str, FrameKind] = {
    "response.created": FrameKind.PREAMBLE,
    "response.queued": FrameKind.PREAMBLE,
    "response.in_progress": FrameKind.PREAMBLE,
    "response.content_part.added": FrameKind.PREAMBLE,
    "response.content_part.done": FrameKind.PREAMBLE,
    "response.output_text.done": FrameKind.PREAMBLE,
    # It points into text that is there already; only a tool of the provider makes one, and that tool bars what follows.
    "response.output_text.annotation.added": FrameKind.PREAMBLE,
    "keepalive": FrameKind.PING,
}
_ITEM_KINDS: dict[str, FrameKind] = {
    "message": FrameKind.PREAMBLE,
    "reasoning": FrameKind.WORKING,
    "function_call": FrameKind.TOOL,
    "custom_tool_call": FrameKind.TOOL,
}


class _Delta(msgspec.Struct, gc=False):
    delta: str
    type: str = TEXT_DELTA


class _Item(msgspec.Struct, gc=False):
    type: str = ""


class _Response(msgspec.Struct):
    incomplete_details: Incompletion | None = None
    usage: TokenCounts | None = None
    error: msgspec.Raw = ABSENT


class _Typed(msgspec.Struct):
    """The data of an event, as far as its kind and its place need it."""

    type: str = ""
    output_index: int = -1
    item: _Item | None = None
    error: msgspec.Raw = ABSENT


class _Terminal(msgspec.Struct):
    response: _Response


_DELTA = msgspec.json.Decoder(_Delta)
_TYPED = msgspec.json.Decoder(_Typed)
_TERMINAL = msgspec.json.Decoder(_Terminal)


class EventMeaning:
    """Remembers which tool calls are open; tells what the next event means."""

    __slots__ = ("_open", "holding")

    def __init__(self) -> None:
        """Start before the first event."""
        self.holding = False
        self._open: set[int] = set()

    def read(self, event: SseEvent) -> Frame | None:
        """The frame of an event with data; `None` where the data makes no sense."""
        data = event.data or b""
        if event.event == TEXT_EVENT:
            # By far the most frequent event, with one small decode.
            try:
                said = _DELTA.decode(data)
            except BAD_JSON:
                return None
            if said.delta and said.type == TEXT_DELTA:
                return Frame(TEXT, event.raw, said.delta, self.holding)
        return self._read(event, data)

    def classify(self, data: bytes) -> Fault | None:
        """The fault that this JSON names."""
        return classify_inside(data)

    def _read(self, event: SseEvent, data: bytes) -> Frame | None:
        if event.event == b"ping":
            # No event of this protocol; a comment says the same to every client.
            return Frame(FrameKind.PING, _PING, "", self.holding)
        try:
            typed = _TYPED.decode(data)
        except BAD_JSON:
            return _error(event, data) if classify_inside(data) else None
        name = typed.type or event.event.decode(errors="replace")
        if name in FAILURES or (not typed.type and is_given(typed.error)):
            return _error(event, data)
        return self._named(event, name, typed) if name else None

    def _named(self, event: SseEvent, name: str, typed: _Typed) -> Frame | None:
        data = event.data or b""
        if name in TERMINAL:
            return self._end(event, TERMINAL[name], data)
        if name == TEXT_DELTA or name in REASONING_DELTAS:
            return self._said(event, name, data)
        kind = self._kind(name, typed)
        return Frame(kind, event.raw, "", self.holding)

    def _said(self, event: SseEvent, name: str, data: bytes) -> Frame | None:
        try:
            said = _DELTA.decode(data)
        except BAD_JSON:
            return None
        if name == TEXT_DELTA:
            return Frame(TEXT if said.delta else FrameKind.PREAMBLE, event.raw, said.delta, self.holding)
        return Frame(FrameKind.THINKING if said.delta else FrameKind.WORKING, event.raw, "", self.holding)

    def _kind(self, name: str, typed: _Typed) -> FrameKind:
        kind = _KINDS.get(name)
        if kind is not None:
            return kind
        if name in {ITEM_ADDED, ITEM_DONE}:
            return self._kind_of_item(name, typed.item.type if typed.item else "", typed.output_index)
        if name.startswith(_REASONING):
            return FrameKind.WORKING
        return FrameKind.TOOL if name.startswith(_PARTS_OF_CALLS) else FrameKind.OPAQUE

    def _kind_of_item(self, name: str, item: str, index: int) -> FrameKind:
        if item in CALLS:
            if name == ITEM_ADDED:
                self._open.add(index)
            else:
                self._open.discard(index)
            self.holding = bool(self._open)
        return _ITEM_KINDS.get(item, FrameKind.OPAQUE)

    def _end(self, event: SseEvent, status: str, data: bytes) -> Frame | None:
        try:
            response = _TERMINAL.decode(data).response
        except BAD_JSON:
            return None
        if is_given(response.error):
            return _error(event, data)
        said = usage(response.usage) if response.usage else None
        reason = stop_reason(status, response.incomplete_details)
        return Frame(FrameKind.END, event.raw, "", self.holding, said, None, reason)


def stream_fault(data: bytes) -> Fault:
    """The fault of an event that reports a failure: a failed response, a flat error, or an error object inside."""
    try:
        fault = complaint_fault(_TERMINAL.decode(data).response.error, data)
    except BAD_JSON:
        fault = classify_inside(data) or complaint_fault(data, data)
    message = "The stream reported an error that names no type."
    return fault or Fault(FaultKind.UNKNOWN, message, STREAM_STATUS, body=data)


def _error(event: SseEvent, data: bytes) -> Frame:
    return Frame(FrameKind.ERROR, event.raw, fault=stream_fault(data))
