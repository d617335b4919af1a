"""The caller's side of a Responses stream: what the caller has seen, and how another stream goes on from it.

The rules of a splice. The response keeps the first stream's id; numbers of events and places of items go on; a
continuation's text flows into the message that the caller has open, else into a new one; its preamble and its reasoning
are left out. The terminal event is written anew: it lists every item that the caller has seen, and sums the usage.
"""

from collections.abc import Iterable, Sequence

import msgspec

from mainstay.model.fault import Fault
from mainstay.model.frame import Frame, FrameKind
from mainstay.wire.continuation import estimated_tokens
from mainstay.wire.json_bytes import Fields, is_given, raw, read_fields, read_integer, read_text
from mainstay.wire.openai_responses.errors import failure
from mainstay.wire.openai_responses.items import NULL, response_object
from mainstay.wire.openai_responses.seen import Seen
from mainstay.wire.openai_responses.stream import ITEM_ADDED, ITEM_DONE, TERMINAL, TEXT
from mainstay.wire.sse import SseEvent, SseSplitter

_COMMENT = b":"
_LIFECYCLE = frozenset(("response.created", "response.queued", "response.in_progress"))
_REFUSAL_DELTA = "response.refusal.delta"
_LEFT_OUT = ("response.reasoning", "response.output_text.", "response.content_part.", "response.refusal.")
_ENDINGS = ("status", "incomplete_details", "error", "completed_at")
_ITEM_PLACE = "output_index"


class ResponseStream:
    """`model.ports.CallerStream` for Responses."""

    __slots__ = ("_before_hop", "_ended", "_hop_closed", "_in_hop", "_places", "_renamed", "_seen")

    def __init__(self) -> None:
        """Start before the caller has been given anything."""
        self._seen = Seen()
        self._ended = False
        # The continuation that is being spliced: where its items have gone, and under which ids.
        self._in_hop = False
        self._places: dict[int, int] = {}
        self._renamed: dict[str, str] = {}
        self._hop_closed = False
        self._before_hop = 0

    def relayed(self, frame: Frame) -> None:
        """Note that the caller has been given this frame, unchanged."""
        if frame.kind is TEXT and self._seen.text(frame.raw, frame.text):
            return
        if frame.kind is FrameKind.END:
            self._ended = True
        for event in _events(frame.raw):
            self._seen.note(read_fields(event.data or b"") or {})
        if frame.kind is FrameKind.OPAQUE:
            self._seen.barred = True

    def may_continue(self) -> bool:
        """Whether text of another stream may follow what the caller has seen."""
        return not self._ended and self._seen.may_continue()

    def has_broken_tool(self) -> bool:
        """Whether a function call is closed and its arguments are no object."""
        return self._seen.has_broken_call()

    def error(self, fault: Fault, exchange_id: str) -> bytes:
        """A failed response, the last thing said; it lists what the caller has seen."""
        self._ended = True
        events, opening = self._seen.events(), b""
        response = self._seen.response
        if not response:
            # Only keep-alives were sent. Clients need a response that begins before one that fails.
            response = response_object(exchange_id, 0, "")
            opening = events.event("response.created", {"response": raw(response)})
        failed: Fields = {"status": raw("failed"), "error": raw(failure(fault, exchange_id))}
        failed["output"] = events.output_so_far()
        return opening + events.event("response.failed", {"response": raw(response | failed)})

    def finished_by_synthesis(self, held: Sequence[Frame]) -> bytes | None:
        """The end of an answer whose tool calls, delivered or held, are all complete. The held frames are part of these
        bytes."""
        if self._ended or any(frame.kind is FrameKind.OPAQUE for frame in held):
            return None
        fields = [read_fields(event.data or b"") or {} for frame in held for event in _events(frame.raw)]
        # A translated stream tells of a call that has begun without a word for the caller.
        begun = sum(frame.kind is FrameKind.TOOL and not frame.raw for frame in held)
        if not self._seen.would_be_whole(fields, begun):
            return None
        for frame in held:
            self.relayed(frame)
        events = self._seen.events()
        ending = b"".join(frame.raw for frame in held) + self._seen.close_calls() + events.close_message()
        completed: Fields = {"status": raw("completed"), "output": events.output()}
        self._ended = True
        return ending + events.event("response.completed", {"response": raw(self._seen.response | completed)})

    def spliced(self, frame: Frame, text: str) -> bytes:
        """Bytes for a frame of a continuation, made to fit what the caller has seen; `b""` for nothing."""
        if self._ended or frame.kind is FrameKind.ERROR:
            return b""
        if frame.kind is FrameKind.PING:
            # A keep-alive event has a number of its own stream.
            return frame.raw if frame.raw.startswith(_COMMENT) else b""
        if not self._seen.response:
            self.relayed(frame)
            return frame.raw
        if not self._in_hop:
            self._begin_hop()
        if frame.kind is TEXT:
            return self._say(text)
        return b"".join(self._fit(event, frame.kind) for event in _events(frame.raw))

    def _say(self, text: str) -> bytes:
        if not text:
            return b""
        events = self._seen.events()
        closing = events.close_message() if self._hop_closed else b""
        self._hop_closed = False
        self._seen.count(text)
        return closing + events.said(text)

    def _fit(self, event: SseEvent, kind: FrameKind) -> bytes:
        fields = read_fields(event.data or b"") or {}
        name = read_text(fields.get("type"))
        if name in _LIFECYCLE:
            if name == "response.created":
                self._begin_hop()
            return b""
        if name in TERMINAL:
            return self._finish(name, fields)
        if name in {ITEM_ADDED, ITEM_DONE}:
            return self._fit_item(name, fields)
        if name == _REFUSAL_DELTA:
            self._seen.barred = True
            return self._seen.events().refused(read_text(fields.get("delta")))
        if name.startswith(_LEFT_OUT):
            return b""
        return self._pass(name, fields) if kind in {FrameKind.TOOL, FrameKind.OPAQUE} else b""

    def _fit_item(self, name: str, fields: Fields) -> bytes:
        item = read_fields(fields.get("item", NULL)) or {}
        kind = read_text(item.get("type"))
        if kind == "reasoning":
            return b""
        if kind == "message":
            # Text after a finished message belongs to the next one; until then the open one stays open.
            self._hop_closed = self._hop_closed or name == ITEM_DONE
            return b""
        theirs = read_integer(fields.get(_ITEM_PLACE)) or 0
        events = self._seen.events()
        closing = b""
        if name == ITEM_ADDED:
            closing = events.close_message()
            self._places[theirs] = events.index
            self._name(read_text(item.get("id")), events.index)
            events.index += 1
        return closing + self._pass(name, fields)

    def _name(self, item_id: str, place: int) -> None:
        """Two streams may give the same id; one answer may not."""
        if item_id in self._seen.ids:
            self._renamed[item_id] = f"{item_id}_{place}"

    def _pass(self, name: str, fields: Fields) -> bytes:
        """An event under the caller's numbers, noted as one that the caller has seen."""
        members = {key: value for key, value in fields.items() if key not in {"type", "sequence_number"}}
        if _ITEM_PLACE in members:
            theirs = read_integer(members[_ITEM_PLACE]) or 0
            members[_ITEM_PLACE] = raw(self._places.get(theirs, theirs))
        if "item_id" in members:
            members["item_id"] = self._id(members["item_id"])
        item = read_fields(members.get("item", NULL))
        if item is not None and "id" in item:
            members["item"] = raw(item | {"id": self._id(item["id"])})
        self._seen.note(members | {"type": raw(name)})
        return self._seen.events().event(name, members)

    def _id(self, value: msgspec.Raw) -> msgspec.Raw:
        new = self._renamed.get(read_text(value))
        return value if new is None else raw(new)

    def _finish(self, name: str, fields: Fields) -> bytes:
        """The terminal event: the first stream's response, ended as the continuation was."""
        self._ended = True
        events = self._seen.events()
        theirs = read_fields(fields.get("response", NULL)) or {}
        closing = events.close_message(TERMINAL[name])
        changes: Fields = {key: theirs[key] for key in _ENDINGS if key in theirs}
        changes |= {"output": events.output(), "usage": self._usage(theirs.get("usage", NULL))}
        return closing + events.event(name, {"response": raw(self._seen.response | changes)})

    def _usage(self, counts: msgspec.Raw) -> msgspec.Raw:
        """The usage of the continuation and, as output of the same answer, what was delivered before it."""
        fields = read_fields(counts) if is_given(counts) else None
        if fields is None:
            return NULL
        before = estimated_tokens(self._before_hop)
        for name in ("output_tokens", "total_tokens"):
            if name in fields:
                fields[name] = raw((read_integer(fields[name]) or 0) + before)
        return raw(fields)

    def _begin_hop(self) -> None:
        self._in_hop = True
        self._before_hop = self._seen.characters
        self._hop_closed = False
        self._places, self._renamed = {}, {}


def _events(raw_events: bytes) -> Iterable[SseEvent]:
    """The events in a frame: one of a native stream, perhaps several of a translated one."""
    splitter = SseSplitter(len(raw_events) + 1)
    return [event for event in (*splitter.feed(raw_events), *splitter.close()) if event.data is not None]
