"""Writes the events of one answer: numbers them, keeps the open message, remembers every item that was finished.

Both a translated stream and a continuation that is spliced into a native one are written here.
"""

from collections.abc import Mapping

import msgspec

from mainstay.wire.json_bytes import Fields, raw
from mainstay.wire.openai_responses.items import REFUSAL_PART, TEXT_PART, Item, Message, OutputText, RefusalText
from mainstay.wire.openai_responses.response import COMPLETED, INCOMPLETE
from mainstay.wire.openai_responses.stream import ITEM_ADDED, ITEM_DONE, TEXT_DELTA
from mainstay.wire.sse import write_event

_ENCODE = msgspec.json.Encoder().encode
_NO_LIST = raw([])


class OpenMessage:
    """A message item that the caller has been told of and that is not finished. `part` is the type of its open part
    (empty: none), `texts` what that part says so far."""

    __slots__ = ("fields", "id", "index", "part", "parts", "texts")

    def __init__(self, item_id: str, index: int, fields: Fields) -> None:
        """`fields` is the item as it was announced."""
        self.id = item_id
        self.index = index
        self.fields = fields
        self.part = ""
        self.parts: list[msgspec.Raw] = []
        self.texts: list[str] = []

    def item(self, status: str) -> msgspec.Raw:
        """The whole item; an open part counts as it stands."""
        parts = [*self.parts, self.open_part()] if self.part else self.parts
        return raw(self.fields | {"status": raw(status), "content": raw(parts)})

    def open_part(self) -> msgspec.Raw:
        """The open part as it stands."""
        text = "".join(self.texts)
        return raw(RefusalText(text) if self.part == REFUSAL_PART else OutputText(text))


class EventWriter:
    """The events of one answer in order. `sequence` is the number of the next event, `index` the place of the next
    item; `items` are the finished ones by their place."""

    __slots__ = ("_head", "bare_id", "index", "items", "message", "sequence")

    def __init__(self, bare_id: str) -> None:
        """Start before the first event. `bare_id` is what ids of new items are made of."""
        self.bare_id = bare_id
        self.sequence = 0
        self.index = 0
        self.items: dict[int, msgspec.Raw] = {}
        self.message: OpenMessage | None = None
        self._head = b""

    def event(self, name: str, members: Mapping[str, msgspec.Raw]) -> bytes:
        """One event."""
        number = self.sequence
        self.sequence = number + 1
        data = msgspec.json.encode({"type": name, **members, "sequence_number": number})
        return write_event(data, name.encode())

    def said(self, text: str) -> bytes:
        """Some text of the answer, in the open message or in a new one; the hot path."""
        message = self.message
        if message is None or message.part != TEXT_PART or not self._head:
            opening = self._open_part(TEXT_PART)
            return opening + self.said(text)
        message.texts.append(text)
        number = self.sequence
        self.sequence = number + 1
        return b'%b%b,"logprobs":[],"sequence_number":%d}\n\n' % (self._head, _ENCODE(text), number)

    def refused(self, text: str) -> bytes:
        """Words of a refusal, in a part of their own."""
        opening = self._open_part(REFUSAL_PART)
        message = self._message()
        message.texts.append(text)
        return opening + self.event("response.refusal.delta", self._place(message) | {"delta": raw(text)})

    def close_message(self, status: str = COMPLETED) -> bytes:
        """Finish the open message, if there is one."""
        message = self.message
        if message is None:
            return b""
        closing = self.close_part()
        self.message = None
        return closing + self.close_item(message.index, message.item(status))

    def close_part(self) -> bytes:
        """Finish the open part of the open message, if there is one."""
        message = self.message
        if message is None or not message.part:
            return b""
        text, place, part = raw("".join(message.texts)), self._place(message), message.open_part()
        if message.part == TEXT_PART:
            done = self.event("response.output_text.done", place | {"text": text, "logprobs": _NO_LIST})
        else:
            done = self.event("response.refusal.done", place | {"refusal": text})
        message.parts.append(part)
        message.part, message.texts, self._head = "", [], b""
        return done + self.event("response.content_part.done", place | {"part": part})

    def open_item(self, item: Item | msgspec.Raw) -> bytes:
        """Announce an item at the next place."""
        index = self.index
        self.index = index + 1
        return self.event(ITEM_ADDED, {"output_index": raw(index), "item": raw(item)})

    def close_item(self, index: int, item: Item | msgspec.Raw) -> bytes:
        """Finish the item at this place."""
        whole = self.items[index] = raw(item)
        return self.event(ITEM_DONE, {"output_index": raw(index), "item": whole})

    def item_id(self, kind: str) -> str:
        """An id for the item at the next place."""
        return f"{kind}_{self.bare_id}_{self.index}"

    def output(self) -> msgspec.Raw:
        """All finished items, in order."""
        return raw([self.items[index] for index in sorted(self.items)])

    def output_so_far(self) -> msgspec.Raw:
        """All finished items, and the open message as it stands."""
        items = dict(self.items)
        if self.message is not None:
            items[self.message.index] = self.message.item(INCOMPLETE)
        return raw([items[index] for index in sorted(items)])

    def _open_part(self, part: str) -> bytes:
        """The open part is of this type afterwards."""
        opening = b"" if self.message else self._open_message()
        message = self._message()
        if message.part and message.part != part:
            opening += self.close_part()
        if not message.part:
            message.part = part
            members = self._place(message) | {"part": message.open_part()}
            opening += self.event("response.content_part.added", members)
        if part == TEXT_PART:
            # All of a text event but the text and its number stays the same within a part.
            place = msgspec.json.encode({"type": TEXT_DELTA, **self._place(message)})
            self._head = b"event: %b\ndata: %b" % (TEXT_DELTA.encode(), place[:-1] + b',"delta":')
        return opening

    def _open_message(self) -> bytes:
        item = raw(Message(self.item_id("msg"), "in_progress", []))
        self.message = OpenMessage(self.item_id("msg"), self.index, msgspec.json.decode(item, type=Fields))
        return self.open_item(item)

    def _message(self) -> OpenMessage:
        message = self.message
        assert message is not None, "a part is opened in an open message"  # noqa: S101 - the order of this file
        return message

    @staticmethod
    def _place(message: OpenMessage) -> dict[str, msgspec.Raw]:
        return {
            "item_id": raw(message.id),
            "output_index": raw(message.index),
            "content_index": raw(len(message.parts)),
        }
