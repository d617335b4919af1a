"""What the caller of a Responses stream has been given so far: the response, its items, its open calls."""

from collections.abc import Iterable, Mapping

import msgspec

from mainstay.wire.json_bytes import Fields, is_object, raw, read_fields, read_integer, read_text
from mainstay.wire.openai_responses.items import NULL, REFUSAL_PART, bare_id
from mainstay.wire.openai_responses.response import COMPLETED
from mainstay.wire.openai_responses.stream import CALLS, ITEM_ADDED, ITEM_DONE, TEXT_DELTA
from mainstay.wire.openai_responses.writing import EventWriter, OpenMessage
from mainstay.wire.sse import SseSplitter

REMEMBERED_BYTES_MAX = 8 * 1024 * 1024
"""What is kept of one answer; a larger one can neither be continued nor finished by us."""

_TEXT_START = b"event: " + TEXT_DELTA.encode() + b"\n"
_PART_ADDED, _PART_DONE = "response.content_part.added", "response.content_part.done"
_DELTAS = frozenset(("response.function_call_arguments.delta", "response.custom_tool_call_input.delta"))
_DONES = {
    "response.function_call_arguments.done": "arguments",
    "response.custom_tool_call_input.done": "input",
}
_FUNCTION = "function_call"
_KNOWN_ITEMS = CALLS | {"message", "reasoning"}


class _Call:
    """A tool call that has begun. `whole` once its text was said to be complete, `closed` once its item is."""

    __slots__ = ("closed", "item", "text", "whole")

    def __init__(self, item: Fields) -> None:
        self.item = item
        self.text = ""
        self.whole = False
        self.closed = False

    def copy(self) -> "_Call":
        other = _Call(self.item)
        other.text, other.whole, other.closed = self.text, self.whole, self.closed
        return other

    @property
    def is_function(self) -> bool:
        return read_text(self.item.get("type")) == _FUNCTION

    def is_complete(self) -> bool:
        """A JSON object ends where it says so; free text only where the stream said so."""
        if self.closed:
            return read_text(self.item.get("status")) in {"", COMPLETED}
        return is_object(self.text) if self.is_function else self.whole

    def is_broken(self) -> bool:
        """Whether it was said to be complete and its arguments are no object. None at all are those of a function
        without parameters."""
        if not (self.is_function and self.closed and self.is_complete()):
            return False
        arguments = self.text or read_text(self.item.get("arguments"))
        return bool(arguments.strip()) and not is_object(arguments)


class _Calls:
    """The tool calls of an answer by their place."""

    __slots__ = ("by_place",)

    def __init__(self, by_place: Mapping[int, _Call]) -> None:
        self.by_place = dict(by_place)

    def copy(self) -> "_Calls":
        return _Calls({place: call.copy() for place, call in self.by_place.items()})

    def note(self, name: str, place: int, fields: Fields) -> None:
        if name in {ITEM_ADDED, ITEM_DONE}:
            item = read_fields(fields.get("item", NULL)) or {}
            if read_text(item.get("type")) in CALLS:
                call = self.by_place.setdefault(place, _Call(item))
                call.item, call.closed = item, name == ITEM_DONE
        elif name in _DELTAS and place in self.by_place:
            self.by_place[place].text += read_text(fields.get("delta"))
        elif name in _DONES and place in self.by_place:
            call = self.by_place[place]
            call.text, call.whole = read_text(fields.get(_DONES[name])), True

    def are_whole(self) -> bool:
        return bool(self.by_place) and all(call.is_complete() for call in self.by_place.values())

    def are_broken(self) -> bool:
        return any(call.is_broken() for call in self.by_place.values())


class Seen:
    """Notes events that the caller has been given, and writes those that follow them.

    `response` is the response object of the first lifecycle event (empty: none came). `barred` is true once something
    was given that no other stream can go on from. `characters` counts the visible text.
    """

    __slots__ = ("_calls", "_last", "_open", "_remembered", "_writer", "barred", "characters", "ids", "response")

    def __init__(self) -> None:
        """Start before the caller has been given anything."""
        self.response: Fields = {}
        self.barred = False
        self.characters = 0
        self.ids: set[str] = set()
        self._calls = _Calls({})
        # Places of items that are neither messages nor calls and that are not finished.
        self._open: set[int] = set()
        self._remembered = 0
        # The last text event; its number is read when it is needed, for text is most of a stream.
        self._last = b""
        self._writer = EventWriter("")

    def text(self, raw_event: bytes, text: str) -> bool:
        """Note a text event of the open message; false where it is more than that and must be noted in full."""
        message = self._writer.message
        if message is None or not message.part or not raw_event.startswith(_TEXT_START):
            return False
        message.texts.append(text)
        self._last = raw_event
        self.count(text)
        return True

    def count(self, text: str) -> None:
        """Count text that the caller has been given."""
        self.characters += len(text)
        self._remembered += len(text)

    def events(self) -> EventWriter:
        """The writer of the next event."""
        if self._last:
            splitter = SseSplitter(len(self._last) + 1)
            for event in (*splitter.feed(self._last), *splitter.close()):
                self._follow(read_fields(event.data or b"") or {})
            self._last = b""
        return self._writer

    def may_continue(self) -> bool:
        """No tool call, nothing open but a message, nothing that we do not understand."""
        return not (self.barred or self._open or self._calls.by_place or self._is_full())

    def would_be_whole(self, held: Iterable[Fields], begun: int = 0) -> bool:
        """Whether an answer of what the caller has seen and these events is only tool calls that are complete, and
        messages. `begun` calls are known of that these events may not hold."""
        if self.barred or self._open or not self.response or self._is_full():
            return False
        calls = self._calls.copy()
        delivered = len(calls.by_place)
        for fields in held:
            name, place = read_text(fields.get("type")), read_integer(fields.get("output_index")) or 0
            calls.note(name, place, fields)
            if name == ITEM_ADDED and _kind(fields) not in CALLS | {"message"}:
                return False
        return calls.are_whole() and len(calls.by_place) - delivered >= begun

    def has_broken_call(self) -> bool:
        """Whether a function call is closed and its arguments are no object."""
        return self._calls.are_broken()

    def close_calls(self) -> bytes:
        """Finish the calls that lack nothing but their end."""
        closing = b""
        events = self.events()
        for place, call in self._calls.by_place.items():
            if call.closed:
                continue
            member = "arguments" if call.is_function else "input"
            if not call.whole:
                members = {"item_id": call.item.get("id", raw("")), "output_index": raw(place)}
                closing += events.event(f"response.{_FUNCTION}_arguments.done", members | {member: raw(call.text)})
            call.closed = True
            item = call.item | {member: raw(call.text), "status": raw(COMPLETED)}
            closing += events.close_item(place, raw(item))
        return closing

    def note(self, fields: Fields) -> None:
        """Note an event that the caller has been given."""
        name, place = read_text(fields.get("type")), read_integer(fields.get("output_index"))
        self._follow(fields)
        if "response" in fields and not self.response:
            self.response = read_fields(fields["response"]) or {}
            self._writer.bare_id = bare_id(read_text(self.response.get("id")))
            self._remembered += len(fields["response"])
        if place is None:
            return
        self._writer.index = max(self._writer.index, place + 1)
        self._calls.note(name, place, fields)
        if name == ITEM_ADDED:
            self._note_added(place, fields)
        elif name == ITEM_DONE:
            self._note_done(place, fields)
        else:
            self._note_part(name, fields)

    def _note_added(self, place: int, fields: Fields) -> None:
        item = read_fields(fields.get("item", NULL)) or {}
        item_id, kind = read_text(item.get("id")), read_text(item.get("type"))
        self.ids.add(item_id)
        if kind == "message":
            self._writer.message = OpenMessage(item_id, place, item)
        elif kind not in CALLS:
            self._open.add(place)
        self.barred = self.barred or kind not in _KNOWN_ITEMS

    def _note_done(self, place: int, fields: Fields) -> None:
        message = self._writer.message
        if message is not None and message.index == place:
            self._writer.message = None
        self._open.discard(place)
        item = fields.get("item", NULL)
        self._remembered += len(item)
        if not self._is_full():
            self._writer.items[place] = msgspec.Raw(bytes(item))

    def _note_part(self, name: str, fields: Fields) -> None:
        message = self._writer.message
        if message is None:
            return
        if name == _PART_ADDED:
            part = read_fields(fields.get("part", NULL)) or {}
            message.part, message.texts = read_text(part.get("type")), []
            self.barred = self.barred or message.part == REFUSAL_PART
        elif name == _PART_DONE:
            message.parts.append(msgspec.Raw(bytes(fields.get("part", NULL))))
            message.part, message.texts = "", []
        elif name == TEXT_DELTA:
            text = read_text(fields.get("delta"))
            message.texts.append(text)
            self.count(text)

    def _follow(self, fields: Fields) -> None:
        """The next event's number follows on this one's."""
        number = read_integer(fields.get("sequence_number"))
        self._writer.sequence = max(self._writer.sequence, self._writer.sequence if number is None else number + 1)

    def _is_full(self) -> bool:
        return self._remembered > REMEMBERED_BYTES_MAX


def _kind(fields: Fields) -> str:
    return read_text((read_fields(fields.get("item", NULL)) or {}).get("type"))
