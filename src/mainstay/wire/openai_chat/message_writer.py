"""Turns, written as messages of a request."""

import re

import msgspec
from msgspec import UNSET, UnsetType

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
from mainstay.model.fault import Fault
from mainstay.wire.data_url import write_data_url
from mainstay.wire.notes import EARLIER_THINKING, WritingNotes, unable
from mainstay.wire.openai_chat.answer_shape import CALL_IDS, Call, Function
from mainstay.wire.openai_chat.family import Family
from mainstay.wire.tool_ids import IdSyntax

_USER, _ASSISTANT, _SYSTEM = Role.USER, Role.ASSISTANT, Role.SYSTEM
# Models of Mistral's take nine letters and digits and nothing else, wherever they are served.
_MISTRAL_CALL_IDS = IdSyntax(re.compile(r"[A-Za-z0-9]{9}"), prefix="", longest=9)
_ELSEWHERE = "The result follows in the next user message."


class TextPart(msgspec.Struct, tag_field="type", tag="text"):
    """Words."""

    text: str


class _ImageUrl(msgspec.Struct):
    url: str
    detail: str | UnsetType = UNSET


class ImagePart(msgspec.Struct, tag_field="type", tag="image_url"):
    """A picture."""

    image_url: _ImageUrl


class _File(msgspec.Struct):
    filename: str
    file_data: str


class FilePart(msgspec.Struct, tag_field="type", tag="file"):
    """A document by value."""

    file: _File


ContentPart = TextPart | ImagePart | FilePart


class Message(msgspec.Struct):
    """A message of any role."""

    role: str
    content: str | list[ContentPart] | None
    refusal: str | UnsetType = UNSET
    tool_calls: list[Call] | UnsetType = UNSET
    tool_call_id: str | UnsetType = UNSET
    prefix: bool | UnsetType = UNSET


def write_messages(turns: tuple[Turn, ...], family: Family, notes: WritingNotes) -> list[Message] | Fault:
    """The messages; a fault for what the target cannot take, notes for what is lost."""
    writer = _Messages(family, notes)
    for turn in turns:
        fault = writer.add(turn)
        if fault is not None:
            return fault
    return writer.messages


class _Messages:
    def __init__(self, family: Family, notes: WritingNotes) -> None:
        self.messages: list[Message] = []
        self._family = family
        self._notes = notes
        self._ids = _MISTRAL_CALL_IDS if family.is_mistral else CALL_IDS
        self._is_opening = True

    def add(self, turn: Turn) -> Fault | None:
        if turn.role is _ASSISTANT:
            self._is_opening = False
            return self._add_assistant(turn.parts)
        if turn.role is _SYSTEM:
            return self._add_system(turn.parts)
        self._is_opening = False
        return self._add_user(turn.parts)

    def _add_system(self, parts: tuple[Part, ...]) -> Fault | None:
        role = "system"
        if not self._is_opening and self._notes.able.system_turns is False:
            role = "user"
            self._notes.lose("system turns in the middle (sent as the user's)")
        return self._say(role, [], self._contents(parts))

    def _add_user(self, parts: tuple[Part, ...]) -> Fault | None:
        """Results first, for they must follow their calls; what they cannot carry, and the user's words, after them."""
        moved: list[ContentPart] = []
        for part in parts:
            if isinstance(part, ToolResult):
                fault = self._add_result(part, moved)
                if fault is not None:
                    return fault
        return self._say("user", moved, self._contents(parts))

    def _add_result(self, result: ToolResult, moved: list[ContentPart]) -> Fault | None:
        call_id = self._ids.fit(result.call_id)
        said: list[ContentPart] = []
        for part in result.parts:
            content = self._content(part)
            if isinstance(content, Fault):
                return content
            if isinstance(content, TextPart):
                said.append(content)
                continue
            kind = "image" if isinstance(content, ImagePart) else "document"
            self._notes.lose(f"{kind}s in tool results moved to a user message")
            moved += [TextPart(f"Result of tool call {call_id} ({kind}):"), content]
        if result.is_error:
            first = said[0].text if said and isinstance(said[0], TextPart) else ""
            said[:1] = [TextPart(f"Error: {first}")]
        said = said or [TextPart(_ELSEWHERE if result.parts else "")]
        self.messages.append(Message("tool", _plain(said), tool_call_id=call_id))
        return None

    def _add_assistant(self, parts: tuple[Part, ...]) -> Fault | None:
        if any(isinstance(part, Thinking) for part in parts):
            self._notes.lose(EARLIER_THINKING)
        content = self._contents(parts)
        if isinstance(content, Fault):
            return content
        refusal = "".join(part.text for part in parts if isinstance(part, Refusal))
        if refusal and not self._family.is_openai:
            content.append(TextPart(refusal))
            refusal = ""
        calls = [
            Call(self._ids.fit(part.id), Function(part.name, part.arguments))
            for part in parts
            if isinstance(part, ToolCall)
        ]
        if content or calls or refusal:
            said = _plain(content) if content else None
            self.messages.append(Message("assistant", said, refusal or UNSET, calls or UNSET))
        return None

    def _say(self, role: str, before: list[ContentPart], content: list[ContentPart] | Fault) -> Fault | None:
        if isinstance(content, Fault):
            return content
        if before or content:
            self.messages.append(Message(role, _plain(before + content)))
        return None

    def _contents(self, parts: tuple[Part, ...]) -> list[ContentPart] | Fault:
        contents: list[ContentPart] = []
        for part in parts:
            if not isinstance(part, Text | Image | Document):
                continue
            content = self._content(part)
            if isinstance(content, Fault):
                return content
            if not (isinstance(content, TextPart) and not content.text):
                contents.append(content)
        return contents

    def _content(self, part: Text | Image | Document) -> ContentPart | Fault:
        match part:
            case Text():
                return TextPart(part.text)
            case Image():
                if part.url and self._notes.able.image_urls is False:
                    return unable("images by URL")
                return ImagePart(
                    _ImageUrl(part.url or write_data_url(part.media_type, part.data), part.detail or UNSET)
                )
            case Document():
                return _document(part)


def _document(part: Document) -> ContentPart | Fault:
    if part.url:
        return unable("documents by URL")
    if not part.data:
        return TextPart(f"{part.name}\n\n{part.text}" if part.name else part.text)
    extension = "pdf" if part.media_type == "application/pdf" else part.media_type.rpartition("/")[2]
    name = part.name or f"document.{extension}"
    return FilePart(_File(name, write_data_url(part.media_type, part.data)))


def _plain(content: list[ContentPart]) -> str | list[ContentPart]:
    """A string where that says it all: the one shape that every server knows."""
    if len(content) == 1 and isinstance(content[0], TextPart):
        return content[0].text
    return content
