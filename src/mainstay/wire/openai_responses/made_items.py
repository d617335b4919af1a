"""Items of a native output, read one by one into neutral parts."""

import msgspec

from mainstay.model.conversation import Part, Refusal, Text, Thinking, ToolCall
from mainstay.model.fault import Fault
from mainstay.wire.classify import malformed
from mainstay.wire.json_bytes import is_object
from mainstay.wire.openai_responses.response import COMPLETED
from mainstay.wire.tool_ids import AnswerIds

_SEPARATOR = "\n\n"


class _Words(msgspec.Struct):
    type: str = ""
    text: str = ""
    refusal: str = ""


class MadeItem(msgspec.Struct):
    """An item of an output, as far as a crossing needs it."""

    type: str = ""
    id: str | None = None
    status: str | None = None
    content: list[_Words] | None = None
    call_id: str | None = None
    name: str = ""
    arguments: str = ""
    summary: list[_Words] | None = None
    encrypted_content: str | None = None

    @property
    def is_cut(self) -> bool:
        """Whether the item stopped in the middle, as the last one does at the output limit."""
        return (self.status or COMPLETED) != COMPLETED


def words_of(item: MadeItem) -> list[Part]:
    """What a message says."""
    parts: list[Part] = []
    for said in item.content or ():
        if said.text:
            parts.append(Text(said.text))
        elif said.refusal:
            parts.append(Refusal(said.refusal))
    return parts


def thinking_of(item: MadeItem) -> Thinking:
    """The reasoning of an item, without an issuer. Open weights also show their raw reasoning, as the content."""
    summary = _SEPARATOR.join(part.text for part in item.summary or () if part.text)
    text = summary or _SEPARATOR.join(part.text for part in item.content or () if part.text)
    return Thinking("", text, item.encrypted_content or "", hidden=not text)


def call_of(item: MadeItem, arguments: str, ids: AnswerIds) -> ToolCall | Fault:
    """A whole call, or the fault of one whose arguments are no JSON object."""
    whole = arguments or "{}"
    if not item.name or not is_object(whole):
        return malformed(f"A tool call's arguments are not one JSON object ({item.name[:80] or 'without a name'}).")
    return ToolCall(ids.take(item.call_id or "", item.name), item.name, whole)


def unknown_item(kind: str) -> Fault:
    """The fault of an item that no other dialect can tell."""
    return malformed(f"The answer holds an item that cannot be translated ({kind[:80] or 'without a type'}).")
