"""Content blocks of a caller's messages, told as parts of turns.

Every type of block is one row of a table. What is not in it (server tools and their results, files, blocks of tomorrow)
is named in the notes and keeps the request in this dialect.
"""

from collections.abc import Callable, Mapping

import msgspec

from mainstay.model.conversation import Document, Image, Part, Text, Thinking, ToolCall, ToolResult
from mainstay.wire.json_bytes import ABSENT, BAD_JSON, ITEMS, TEXT, is_given, is_object, is_string
from mainstay.wire.notes import ReadingNotes
from mainstay.wire.refusal import unreadable

FILE_ID = "file id"
CACHE_CONTROL = "cache_control"


class _Typed(msgspec.Struct):
    type: str
    cache_control: msgspec.Raw = ABSENT
    citations: msgspec.Raw = ABSENT


class _Text(msgspec.Struct):
    text: str


class _Source(msgspec.Struct):
    type: str
    media_type: str = ""
    data: str = ""
    url: str = ""
    content: msgspec.Raw = ABSENT


class _Image(msgspec.Struct):
    source: _Source


class _Document(msgspec.Struct):
    source: _Source
    title: str | None = None
    context: str | None = None


class _ToolUse(msgspec.Struct):
    id: str
    name: str
    input: msgspec.Raw


class _ToolResult(msgspec.Struct):
    tool_use_id: str
    content: msgspec.Raw = ABSENT
    is_error: bool | None = None


class _Thinking(msgspec.Struct):
    thinking: str
    signature: str = ""


class _RedactedThinking(msgspec.Struct):
    data: str


_TYPED = msgspec.json.Decoder(_Typed)
_TEXT = msgspec.json.Decoder(_Text)
_IMAGE = msgspec.json.Decoder(_Image)
_DOCUMENT = msgspec.json.Decoder(_Document)
_TOOL_USE = msgspec.json.Decoder(_ToolUse)
_TOOL_RESULT = msgspec.json.Decoder(_ToolResult)
_THINKING = msgspec.json.Decoder(_Thinking)
_REDACTED_THINKING = msgspec.json.Decoder(_RedactedThinking)
_NO_CITATIONS = (b"[]", b'{"enabled":false}', b'{"enabled": false}')


def read_content(content: msgspec.Raw, place: str, notes: ReadingNotes) -> tuple[Part, ...]:
    """The parts of a message's content, a string or a list of blocks."""
    try:
        if is_string(content):
            text = TEXT.decode(content)
            return (Text(text),) if text else ()
        blocks = ITEMS.decode(content)
    except BAD_JSON:
        notes.wrong(place, "a string or a list of blocks is expected. Send one of them.")
        return ()
    parts: list[Part] = []
    for number, block in enumerate(blocks):
        parts += _read_block(block, f"{place}[{number}]", notes)
    return tuple(parts)


def _read_block(block: msgspec.Raw, place: str, notes: ReadingNotes) -> tuple[Part, ...]:
    try:
        typed = _TYPED.decode(block)
        _note_marks(typed, notes)
        reading = _READINGS.get(typed.type)
        if reading is None:
            notes.stay(f"block {typed.type}")
            return ()
        return reading(block, place, notes)
    except BAD_JSON as error:
        notes.wrong(place, unreadable(error).message)
        return ()


def _note_marks(block: _Typed, notes: ReadingNotes) -> None:
    if is_given(block.cache_control):
        notes.drop(CACHE_CONTROL)
    if is_given(block.citations) and bytes(block.citations) not in _NO_CITATIONS:
        notes.drop("citations")


def _read_text(block: msgspec.Raw, _: str, __: ReadingNotes) -> tuple[Part, ...]:
    text = _TEXT.decode(block).text
    return (Text(text),) if text else ()


def _read_image(block: msgspec.Raw, _: str, notes: ReadingNotes) -> tuple[Part, ...]:
    source = _IMAGE.decode(block).source
    match source.type:
        case "base64":
            return (Image(source.media_type, source.data),)
        case "url":
            return (Image(url=source.url),)
        case _:
            _stay_with(source, "image", notes)
            return ()


def _read_document(block: msgspec.Raw, place: str, notes: ReadingNotes) -> tuple[Part, ...]:
    document = _DOCUMENT.decode(block)
    source, name = document.source, document.title or ""
    if document.context:
        notes.drop("document context")
    match source.type:
        case "base64":
            return (Document(source.media_type or "application/pdf", source.data, name=name),)
        case "text":
            return (Document(source.media_type or "text/plain", text=source.data, name=name),)
        case "url":
            return (Document(url=source.url, name=name),)
        case "content":
            return read_content(source.content, f"{place}.source.content", notes)
        case _:
            _stay_with(source, "document", notes)
            return ()


def _stay_with(source: _Source, block: str, notes: ReadingNotes) -> None:
    notes.stay(FILE_ID if source.type == "file" else f"{block} source {source.type}")


def _read_tool_use(block: msgspec.Raw, place: str, notes: ReadingNotes) -> tuple[Part, ...]:
    call = _TOOL_USE.decode(block)
    arguments = bytes(call.input)
    if not is_object(arguments):
        notes.wrong(f"{place}.input", "an object is expected. Send one.")
        return ()
    return (ToolCall(call.id, call.name, arguments.decode()),)


def _read_tool_result(block: msgspec.Raw, place: str, notes: ReadingNotes) -> tuple[Part, ...]:
    result = _TOOL_RESULT.decode(block)
    given = is_given(result.content)
    parts = read_content(result.content, f"{place}.content", notes) if given else ()
    kept = tuple(part for part in parts if isinstance(part, Text | Image | Document))
    if len(kept) < len(parts):
        notes.wrong(f"{place}.content", "a tool result holds text, images and documents only.")
    return (ToolResult(result.tool_use_id, kept, bool(result.is_error)),)


def _read_thinking(block: msgspec.Raw, _: str, __: ReadingNotes) -> tuple[Part, ...]:
    thinking = _THINKING.decode(block)
    return (Thinking(text=thinking.thinking, seal=thinking.signature),)


def _read_redacted_thinking(block: msgspec.Raw, _: str, __: ReadingNotes) -> tuple[Part, ...]:
    return (Thinking(seal=_REDACTED_THINKING.decode(block).data, hidden=True),)


_READINGS: Mapping[str, Callable[[msgspec.Raw, str, ReadingNotes], tuple[Part, ...]]] = {
    "text": _read_text,
    "image": _read_image,
    "document": _read_document,
    "tool_use": _read_tool_use,
    "tool_result": _read_tool_result,
    "thinking": _read_thinking,
    "redacted_thinking": _read_redacted_thinking,
}
