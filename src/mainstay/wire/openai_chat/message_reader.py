"""The messages of a request, told as turns."""

import base64
import binascii

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
from mainstay.model.fault import Fault
from mainstay.wire.data_url import read_data_url
from mainstay.wire.json_bytes import is_given, is_object
from mainstay.wire.notes import ReadingNotes
from mainstay.wire.openai_chat import request_shape as shape
from mainstay.wire.refusal import refusal
from mainstay.wire.tool_ids import AnswerIds

_ROLES: dict[str, Role] = {
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
    "user": Role.USER,
    "assistant": Role.ASSISTANT,
}
_RESULT_ROLES = frozenset(("tool", "function"))
_TEXT_TYPES = ("text/", "application/json", "application/xml")
_PDF = "application/pdf"


def read_messages(messages: list[shape.Message], notes: ReadingNotes) -> tuple[Turn, ...] | Fault:
    """The turns; a fault for messages that make no sense to anybody."""
    reader = _Messages(notes)
    for place, message in enumerate(messages):
        fault = reader.add(message, f"messages[{place}]")
        if fault is not None:
            return fault
    return tuple(reader.turns)


class _Messages:
    def __init__(self, notes: ReadingNotes) -> None:
        self.turns: list[Turn] = []
        self._notes = notes
        # Calls from before calls had ids.
        self._old_ids = AnswerIds()
        self._last_call_of: dict[str, str] = {}
        self._is_after_result = False

    def add(self, message: shape.Message, field: str) -> Fault | None:
        if message.role in _RESULT_ROLES:
            return self._add_result(message, field)
        role = _ROLES.get(message.role)
        if role is None:
            return refusal(f"{field}.role", f"the role {message.role[:40]!r} is unknown. Send a role of this protocol.")
        parts = self._content(message.content, f"{field}.content")
        if isinstance(parts, Fault):
            return parts
        if message.name:
            self._notes.drop("name of a message")
        if role is Role.ASSISTANT:
            parts = self._of_assistant(message, parts)
        if parts:
            self.turns.append(Turn(role, tuple(parts)))
            self._is_after_result = False
        return None

    def _add_result(self, message: shape.Message, field: str) -> Fault | None:
        """Results that follow each other belong into one turn."""
        call_id = message.tool_call_id or self._last_call_of.get(message.name or "", "")
        if not call_id:
            return refusal(f"{field}.tool_call_id", "a tool's result needs the id of its call. Add it.")
        parts = self._content(message.content, f"{field}.content")
        if isinstance(parts, Fault):
            return parts
        said = tuple(part for part in parts if isinstance(part, Text | Image | Document))
        result = ToolResult(call_id, said)
        if self._is_after_result:
            self.turns[-1] = Turn(Role.USER, (*self.turns[-1].parts, result))
        else:
            self.turns.append(Turn(Role.USER, (result,)))
        self._is_after_result = True
        return None

    def _of_assistant(self, message: shape.Message, said: list[Part]) -> list[Part]:
        thought = message.reasoning_content or message.reasoning
        parts: list[Part] = [Thinking(text=thought)] if thought else []
        parts += said
        if message.refusal:
            parts.append(Refusal(message.refusal))
        if is_given(message.audio):
            self._notes.stay("audio id")
        for call in message.tool_calls or ():
            if call.function is None:
                self._notes.stay(f"{call.type} tool")
            else:
                parts.append(ToolCall(call.id, call.function.name, self._arguments(call.function)))
        if message.function_call is not None:
            parts.append(self._old_call(message.function_call))
        return parts

    def _old_call(self, call: shape.FunctionCall) -> ToolCall:
        """A call from before calls had ids; its result names the function."""
        call_id = self._old_ids.take("", call.name)
        self._last_call_of[call.name] = call_id
        return ToolCall(call_id, call.name, self._arguments(call))

    def _arguments(self, call: shape.FunctionCall) -> str:
        arguments = (call.arguments or "").strip() or "{}"
        if is_object(arguments):
            return arguments
        self._notes.stay("broken arguments of an earlier tool call")
        return "{}"

    def _content(self, content: str | list[shape.ContentPart] | None, field: str) -> list[Part] | Fault:
        if not isinstance(content, list):
            return [Text(content)] if content else []
        parts: list[Part] = []
        for place, part in enumerate(content):
            told = self._part(part, f"{field}[{place}]")
            if isinstance(told, Fault):
                return told
            if told is not None:
                parts.append(told)
        return parts

    def _part(self, part: shape.ContentPart, field: str) -> Part | Fault | None:
        if is_given(part.prompt_cache_breakpoint):
            self._notes.drop("prompt_cache_breakpoint")
        if is_given(part.cache_control):
            self._notes.drop("cache_control")
        match part.type:
            case "text":
                return Text(part.text) if part.text else None
            case "refusal":
                return Refusal(part.refusal) if part.refusal else None
            case "image_url":
                return _image(part, field)
            case "file":
                return self._file(part, field)
            case "thinking":
                return Thinking(text=_thinking_text(part.thinking))
            case "input_audio":
                self._notes.stay("input_audio")
            case _:
                self._notes.stay(f"block {part.type[:60]}")
        return None

    def _file(self, part: shape.ContentPart, field: str) -> Part | Fault | None:
        file = part.file
        if file is not None and file.file_id:
            self._notes.stay("file id")
            return None
        if file is None or not file.file_data:
            return refusal(f"{field}.file", "a file needs `file_data` or `file_id`. Add one.")
        found = read_data_url(file.file_data)
        name = file.filename or ""
        if found is None:
            return Document(_PDF, file.file_data, name=name)
        if found.media_type.startswith(_TEXT_TYPES):
            text = _decoded(found.data)
            if text is not None:
                return Document(found.media_type, text=text, name=name)
        return Document(found.media_type, found.data, name=name)


def _image(part: shape.ContentPart, field: str) -> Image | Fault:
    image = part.image_url
    url = image if isinstance(image, str) else image.url if image is not None else ""
    if not url:
        return refusal(f"{field}.image_url", "this field is required. Add it.")
    detail = image.detail or "" if isinstance(image, shape.ImageUrl) else ""
    found = read_data_url(url)
    return Image(url=url, detail=detail) if found is None else Image(found.media_type, found.data, detail=detail)


def _decoded(data: str) -> str | None:
    try:
        return base64.b64decode(data).decode()
    except (binascii.Error, ValueError):
        return None


def _thinking_text(thinking: msgspec.Raw) -> str:
    """That there was some is what counts: it goes nowhere."""
    return bytes(thinking).decode(errors="replace")
