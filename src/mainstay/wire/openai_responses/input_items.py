"""The input of a Responses request, read item by item into turns.

Items of one side that follow each other become one turn: what the model thought, said and called; what tools gave back.
"""

import msgspec

from mainstay.model.conversation import (
    Document,
    Image,
    Part,
    Refusal,
    Role,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Turn,
)
from mainstay.wire import envelope
from mainstay.wire.data_url import read_data_url
from mainstay.wire.json_bytes import ABSENT, ITEMS, TEXT, is_given, is_object, is_string
from mainstay.wire.notes import ReadingNotes
from mainstay.wire.openai_responses.calls import free_text_arguments

_ROLES: dict[str, Role] = {
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
    "user": Role.USER,
    "assistant": Role.ASSISTANT,
}
_TEXT_PARTS = frozenset(("input_text", "output_text", "text"))
_RECORDS = frozenset(("web_search_call",))
"""Items that only note what a tool of the provider did; what came of it is in the model's words."""
_PDF = "application/pdf"


class _Part(msgspec.Struct):
    type: str = ""
    text: str = ""
    refusal: str = ""
    image_url: str | None = None
    detail: str | None = None
    file_id: str | None = None
    file_data: str | None = None
    file_url: str | None = None
    filename: str | None = None


class _Summary(msgspec.Struct):
    text: str = ""


class _Item(msgspec.Struct):
    type: str | None = None
    role: str = ""
    content: msgspec.Raw = ABSENT
    id: str | None = None
    call_id: str | None = None
    name: str = ""
    arguments: msgspec.Raw = ABSENT
    input: str = ""
    output: msgspec.Raw = ABSENT
    summary: list[_Summary] | None = None
    encrypted_content: str | None = None


_ITEM = msgspec.json.Decoder(_Item)
_PARTS = msgspec.json.Decoder(list[_Part])


class InputReader:
    """Collects turns."""

    def __init__(self, notes: ReadingNotes) -> None:
        """Start before the first item."""
        self.turns: list[Turn] = []
        self._notes = notes
        self._role = Role.USER
        self._parts: list[Part] = []

    def instructions(self, text: str) -> None:
        """The system prompt of the request."""
        self._turn(Role.SYSTEM, [Text(text)])

    def read(self, value: msgspec.Raw) -> None:
        """The input: a string or a list of items. Raises what bad JSON raises."""
        if not is_given(value):
            return
        if is_string(value):
            self._turn(Role.USER, [Text(TEXT.decode(value))])
            return
        for place, item in enumerate(ITEMS.decode(value)):
            self._read_item(_ITEM.decode(item), place)
        self._end_turn()

    def _read_item(self, item: _Item, place: int) -> None:
        match item.type:
            case "message" | None if item.role:
                self._message(item)
            case "function_call":
                self._add(Role.ASSISTANT, ToolCall(self._call_id(item, place), item.name, self._arguments(item)))
            case "custom_tool_call":
                arguments = free_text_arguments(item.input)
                self._add(Role.ASSISTANT, ToolCall(self._call_id(item, place), item.name, arguments))
            case "function_call_output" | "custom_tool_call_output":
                self._add(Role.USER, ToolResult(self._call_id(item, place), self._result(item.output)))
            case "reasoning":
                self._add(Role.ASSISTANT, _thinking(item))
            case record if record in _RECORDS:
                self._notes.drop(f"item {record}")
            case other:
                # An item without a type refers to one that the provider keeps.
                self._notes.stay(f"item {other or 'item_reference'}")

    def _message(self, item: _Item) -> None:
        role = _ROLES.get(item.role)
        if role is None:
            self._notes.stay(f"role {item.role[:40]}")
            return
        parts = self._content(item.content)
        if role is Role.ASSISTANT:
            for part in parts:
                self._add(role, part)
        else:
            self._turn(role, parts)

    def _content(self, value: msgspec.Raw) -> list[Part]:
        if not is_given(value):
            return []
        if is_string(value):
            return _words(TEXT.decode(value))
        return [part for said in _PARTS.decode(value) for part in self._part(said)]

    def _part(self, said: _Part) -> list[Part]:
        if said.type in _TEXT_PARTS:
            return _words(said.text)
        if said.type == "refusal":
            return [Refusal(said.refusal)] if said.refusal else []
        if said.type in {"input_image", "input_file"} and said.file_id:
            self._notes.stay("file id")
        elif said.type == "input_image":
            return [_image(said.image_url or "", said.detail or "")]
        elif said.type == "input_file":
            return [_document(said)]
        else:
            self._notes.stay(f"block {said.type[:40] or '?'}")
        return []

    def _result(self, value: msgspec.Raw) -> tuple[Text | Image | Document, ...]:
        return tuple([part for part in self._content(value) if isinstance(part, Text | Image | Document)])

    def _arguments(self, item: _Item) -> str:
        text = TEXT.decode(item.arguments) if is_given(item.arguments) else ""
        if text and not is_object(text):
            self._notes.stay("function_call with broken arguments")
        return text or "{}"

    def _add(self, role: Role, part: Part) -> None:
        if self._role is not role:
            self._end_turn()
            self._role = role
        self._parts.append(part)

    def _turn(self, role: Role, parts: list[Part]) -> None:
        self._end_turn()
        if parts:
            self.turns.append(Turn(role, tuple(parts)))

    def _end_turn(self) -> None:
        if self._parts:
            self.turns.append(Turn(self._role, tuple(self._parts)))
            self._parts = []

    def _call_id(self, item: _Item, place: int) -> str:
        if not item.call_id:
            self._notes.wrong(f"input[{place}].call_id", "this field is required. Add it.")
        return item.call_id or ""


def _words(text: str) -> list[Part]:
    return [Text(text)] if text else []


def _thinking(item: _Item) -> Thinking:
    """Ours comes back with the name of who made it; another's is known to nobody here."""
    sealed = item.encrypted_content or ""
    ours = envelope.unseal(sealed)
    if ours is not None:
        return ours
    text = "\n\n".join(part.text for part in item.summary or ())
    return Thinking("", text, sealed, hidden=not text)


def _image(url: str, detail: str) -> Image:
    found = read_data_url(url)
    return Image(url=url, detail=detail) if found is None else Image(found.media_type, found.data, detail=detail)


def _document(said: _Part) -> Document:
    name = said.filename or ""
    if said.file_url:
        return Document("", url=said.file_url, name=name)
    found = read_data_url(said.file_data or "")
    # The data may also stand without a media type; then it is a PDF, as the reference says.
    if found is None:
        return Document(_PDF, said.file_data or "", name=name)
    return Document(found.media_type, found.data, name=name)
