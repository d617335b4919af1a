"""The items of a Responses answer: reasoning, a message, calls of tools. Each can be written whole or as events."""

from collections.abc import Mapping

import msgspec

from mainstay.lab.provider.evidence import mark
from mainstay.lab.provider.read_openai_responses import ENCRYPTED_PREFIX
from mainstay.lab.provider.script import Part, PartKind
from mainstay.lab.provider.turn import Stop, Turn
from mainstay.lab.provider.voice import Manner, Stamp, pieces, slices

_ARGUMENT_CHARS = 12
_ENCODER = msgspec.json.Encoder()

Fields = Mapping[str, object]


class Events:
    """The events of a stream, numbered as they are written."""

    def __init__(self) -> None:
        self.parts: list[Part] = []

    def add(self, kind: PartKind, name: str, fields: Fields, chars: int = 0) -> None:
        """Write one event."""
        self.parts.append(Part(kind, event(name, len(self.parts), fields), chars))


def event(name: str, number: int, fields: Fields) -> bytes:
    """One event with its sequence number."""
    data = _ENCODER.encode({"type": name, "sequence_number": number, **fields})
    return b"event: %b\ndata: %b\n\n" % (name.encode(), data)


class ReasoningItem(msgspec.Struct, frozen=True):
    """Sealed reasoning, with a summary if `summary` is not empty."""

    id: str
    summary: str
    encrypted_content: str

    def whole(self, status: str) -> Fields:
        """The item at its end."""
        summary = [{"type": "summary_text", "text": self.summary}] if self.summary else []
        return {
            "id": self.id,
            "type": "reasoning",
            "summary": summary,
            "encrypted_content": self.encrypted_content,
            "status": status,
        }

    def opening(self) -> Fields:
        """The item at its beginning; what is sealed so far is not the whole."""
        return {"id": self.id, "type": "reasoning", "summary": [], "encrypted_content": "", "status": "in_progress"}

    def write(self, events: Events, place: Fields, manner: Manner, closing: PartKind) -> None:
        """The events between the item's beginning and its end."""
        if not self.summary:
            return
        part = {**place, "summary_index": 0}
        empty = {"type": "summary_text", "text": ""}
        events.add(PartKind.PREAMBLE, "response.reasoning_summary_part.added", {**part, "part": empty})
        for piece in pieces(self.summary, Manner(manner.words_per_event)):
            events.add(PartKind.THINKING, "response.reasoning_summary_text.delta", {**part, "delta": piece})
        events.add(closing, "response.reasoning_summary_text.done", {**part, "text": self.summary})
        whole = {"type": "summary_text", "text": self.summary}
        events.add(closing, "response.reasoning_summary_part.done", {**part, "part": whole})


class MessageItem(msgspec.Struct, frozen=True):
    """A message: text, or a refusal."""

    id: str
    text: str
    refusal: str

    def whole(self, status: str) -> Fields:
        """The item at its end."""
        return {**self.opening(), "status": status, "content": [self._part(self.text, self.refusal)]}

    def opening(self) -> Fields:
        """The item at its beginning."""
        return {"id": self.id, "type": "message", "status": "in_progress", "role": "assistant", "content": []}

    def write(self, events: Events, place: Fields, manner: Manner, closing: PartKind) -> None:
        """The events between the item's beginning and its end."""
        part = {**place, "content_index": 0}
        events.add(PartKind.PREAMBLE, "response.content_part.added", {**part, "part": self._part("", "")})
        kind, said = ("refusal", self.refusal) if self.refusal else ("output_text", self.text)
        logprobs: Fields = {} if self.refusal else {"logprobs": []}
        for piece in pieces(said, manner):
            events.add(PartKind.TEXT, f"response.{kind}.delta", {**part, "delta": piece, **logprobs}, len(piece))
        field = "refusal" if self.refusal else "text"
        events.add(closing, f"response.{kind}.done", {**part, field: said, **logprobs})
        events.add(closing, "response.content_part.done", {**part, "part": self._part(self.text, self.refusal)})

    def _part(self, text: str, refusal: str) -> Fields:
        if self.refusal:
            return {"type": "refusal", "refusal": refusal}
        return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


class CallItem(msgspec.Struct, frozen=True):
    """A call of a function, or of a custom tool, which takes any text."""

    id: str
    call_id: str
    name: str
    arguments: str
    is_custom: bool

    def whole(self, status: str) -> Fields:
        """The item at its end."""
        return self._item(status, self.arguments)

    def opening(self) -> Fields:
        """The item at its beginning."""
        return self._item("in_progress", "")

    def write(self, events: Events, place: Fields, manner: Manner, closing: PartKind) -> None:  # noqa: ARG002 - words do not matter here
        """The events between the item's beginning and its end."""
        kind, field = (
            ("custom_tool_call_input", "input") if self.is_custom else ("function_call_arguments", "arguments")
        )
        for piece in slices(self.arguments, _ARGUMENT_CHARS):
            events.add(PartKind.TOOL, f"response.{kind}.delta", {**place, "delta": piece})
        events.add(closing, f"response.{kind}.done", {**place, field: self.arguments})

    def _item(self, status: str, arguments: str) -> Fields:
        same = {"id": self.id, "call_id": self.call_id, "name": self.name, "status": status}
        if self.is_custom:
            return {**same, "type": "custom_tool_call", "input": arguments}
        return {**same, "type": "function_call", "arguments": arguments}


Item = ReasoningItem | MessageItem | CallItem


def items(turn: Turn, stamp: Stamp) -> list[Item]:
    """What the answer consists of."""
    own = mark(stamp.provider)
    found: list[Item] = []
    if turn.thinking is not None:
        sealed = stamp.id(f"{ENCRYPTED_PREFIX}{own}-", "thinking")
        found.append(ReasoningItem(stamp.id("rs_") + own, turn.thinking, sealed))
    refusal = turn.refusal if turn.stop is Stop.REFUSAL else ""
    says_nothing = turn.choices > 0 and turn.thinking is None and not turn.tool_calls
    if turn.text or refusal or says_nothing:
        found.append(MessageItem(stamp.id("msg_"), turn.text, refusal))
    for number, call in enumerate(turn.tool_calls):
        item_id = stamp.id("ctc_" if call.is_custom else "fc_", f"tool {number}")
        call_id = stamp.id("call_", f"tool {turn.call_number(number)}")
        found.append(CallItem(item_id, call_id, call.name, call.arguments, call.is_custom))
    return found


def write_items(events: Events, turn: Turn, stamp: Stamp, manner: Manner, status: str) -> None:
    """The events of all items. The end of the last one counts as the stop reason, for there is no event of that."""
    found = items(turn, stamp)
    for index, item in enumerate(found):
        is_last = index == len(found) - 1
        closing = PartKind.FINISH if is_last else PartKind.PREAMBLE
        opening = PartKind.TOOL if isinstance(item, CallItem) else PartKind.PREAMBLE
        events.add(opening, "response.output_item.added", {"output_index": index, "item": item.opening()})
        item.write(events, {"item_id": item.id, "output_index": index}, manner, closing)
        ended = item.whole(status if is_last else "completed")
        events.add(closing, "response.output_item.done", {"output_index": index, "item": ended})
