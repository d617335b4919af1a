"""Turns written as input items of a Responses request."""

from collections.abc import Sequence

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
from mainstay.wire.data_url import write_data_url
from mainstay.wire.notes import EARLIER_THINKING, WritingNotes
from mainstay.wire.openai_responses.calls import CALL_IDS

_AUTO = "auto"
_FILE_NAME = "document.pdf"
_ERROR = "Error: "


class InputText(msgspec.Struct, tag_field="type", tag="input_text"):
    """Words of anybody but the model."""

    text: str


class OutputText(msgspec.Struct, tag_field="type", tag="output_text"):
    """Words of the model."""

    text: str


class RefusalText(msgspec.Struct, tag_field="type", tag="refusal"):
    """The model's words for declining."""

    refusal: str


class InputImage(msgspec.Struct, tag_field="type", tag="input_image"):
    """A picture by URL; one by value stands in a data URL."""

    image_url: str
    detail: str


class InputFile(msgspec.Struct, tag_field="type", tag="input_file", omit_defaults=True):
    """A document by URL or by value."""

    filename: str | None = None
    file_data: str | None = None
    file_url: str | None = None


InputPart = InputText | InputImage | InputFile


class InputMessage(msgspec.Struct, tag_field="type", tag="message"):
    """A message of any side."""

    role: str
    content: Sequence[InputPart | OutputText | RefusalText]


class CallItem(msgspec.Struct, tag_field="type", tag="function_call"):
    """A call that the model has made."""

    call_id: str
    name: str
    arguments: str


class CallOutput(msgspec.Struct, tag_field="type", tag="function_call_output"):
    """What a tool gave back."""

    call_id: str
    output: str | Sequence[InputPart]


class SealedReasoning(msgspec.Struct, tag_field="type", tag="reasoning"):
    """Reasoning on its way back to who sealed it."""

    encrypted_content: str
    summary: tuple[str, ...] = ()


InputItem = InputMessage | CallItem | CallOutput | SealedReasoning


class ItemWriter:
    """Collects items for one target."""

    def __init__(self, issuer: str, notes: WritingNotes) -> None:
        """`issuer` is the target's name: only its own sealed reasoning goes back to it."""
        self.items: list[InputItem] = []
        self._issuer = issuer
        self._notes = notes

    def write(self, turn: Turn) -> None:
        """One turn."""
        if turn.role is Role.ASSISTANT:
            self._assistant(turn.parts)
        else:
            self._other("developer" if turn.role is Role.SYSTEM else "user", turn.parts)

    def _assistant(self, parts: Sequence[Part]) -> None:
        said: list[OutputText | RefusalText] = []
        for part in parts:
            if isinstance(part, Text):
                said.append(OutputText(part.text))
            elif isinstance(part, Refusal):
                said.append(RefusalText(part.text))
            elif isinstance(part, ToolCall | Thinking):
                said = self._flush(said)
                self._made(part)
        self._flush(said)

    def _made(self, part: ToolCall | Thinking) -> None:
        if isinstance(part, ToolCall):
            self.items.append(CallItem(CALL_IDS.fit(part.id), part.name, part.arguments))
        elif part.issuer and part.issuer == self._issuer and part.seal:
            self.items.append(SealedReasoning(part.seal))
        else:
            self._notes.lose(EARLIER_THINKING)

    def _flush(self, said: list[OutputText | RefusalText]) -> list[OutputText | RefusalText]:
        if said:
            self.items.append(InputMessage("assistant", said))
        return []

    def _other(self, role: str, parts: Sequence[Part]) -> None:
        said: list[InputPart] = []
        for part in parts:
            if isinstance(part, ToolResult):
                self.items.append(_output(part))
            elif isinstance(part, Text | Image | Document):
                said.append(_shown(part))
        if said:
            self.items.append(InputMessage(role, said))


def _output(result: ToolResult) -> CallOutput:
    """This protocol has no mark for a failure, so words say it."""
    told = CALL_IDS.fit(result.call_id)
    shown = [_shown(part) for part in result.parts]
    if all(isinstance(part, Text) for part in result.parts):
        text = "\n".join(part.text for part in result.parts if isinstance(part, Text))
        return CallOutput(told, _ERROR + text if result.is_error else text)
    return CallOutput(told, [InputText(_ERROR), *shown] if result.is_error else shown)


def _shown(part: Text | Image | Document) -> InputPart:
    if isinstance(part, Text):
        return InputText(part.text)
    if isinstance(part, Image):
        url = part.url or write_data_url(part.media_type, part.data)
        return InputImage(url, part.detail or _AUTO)
    if part.text:
        return InputText(f"{part.name}\n\n{part.text}" if part.name else part.text)
    if part.url:
        return InputFile(file_url=part.url)
    return InputFile(part.name or _FILE_NAME, write_data_url(part.media_type, part.data))
