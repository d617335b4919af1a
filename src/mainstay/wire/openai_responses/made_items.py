"""Items of a native output, read one by one into neutral parts."""

import hashlib

import msgspec

from mainstay.model.conversation import Part, Refusal, Text, Thinking, ToolCall
from mainstay.model.fault import Fault, FaultKind
from mainstay.wire.json_bytes import is_object
from mainstay.wire.openai_responses.response import COMPLETED

_SUCCESS = 200
_SEPARATOR = "\n\n"
_DIGEST_BYTES = 12


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


class CallIds:
    """Gives every call of one answer an id of its own: the provider's, or one that follows from its place."""

    __slots__ = ("_answer", "_seen")

    def __init__(self, answer: str = "") -> None:
        """`answer` is the id of the answer; it keeps made-up ids apart."""
        self._answer = answer
        self._seen: set[str] = set()

    def of(self, given: str, name: str, place: int) -> str:
        """The id of the call at this place."""
        told = given or self._made_up(name, place)
        unique, number = told, 1
        while unique in self._seen:
            number += 1
            unique = f"{told}_{number}"
        self._seen.add(unique)
        return unique

    def _made_up(self, name: str, place: int) -> str:
        source = f"{self._answer}\0{place}\0{name}".encode(errors="surrogatepass")
        return "call_" + hashlib.blake2b(source, digest_size=_DIGEST_BYTES).hexdigest()


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


def call_of(item: MadeItem, arguments: str, ids: CallIds, place: int) -> ToolCall | Fault:
    """A whole call, or the fault of one whose arguments are no JSON object."""
    whole = arguments or "{}"
    if not item.name or not is_object(whole):
        return malformed(f"A tool call's arguments are not one JSON object ({item.name[:80] or 'without a name'}).")
    return ToolCall(ids.of(item.call_id or "", item.name, place), item.name, whole)


def unknown_item(kind: str) -> Fault:
    """The fault of an item that no other dialect can tell."""
    return malformed(f"The answer holds an item that cannot be translated ({kind[:80] or 'without a type'}).")


def malformed(message: str) -> Fault:
    """The fault of an answer that cannot be told."""
    return Fault(FaultKind.MALFORMED, message, _SUCCESS, "malformed_answer")
