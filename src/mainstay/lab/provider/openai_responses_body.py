"""The body of an OpenAI Responses request, as far as the fake heeds it. Source: the published SDK's request types."""

import msgspec

from mainstay.lab.provider.sample import Schema


class ContentPart(msgspec.Struct, frozen=True):
    """A part of a message or of a tool's output, of any type."""

    type: str = ""
    text: str = ""
    image_url: str | None = None


class Item(msgspec.Struct, frozen=True):
    """An item of the input, of any type. A message may leave its type out."""

    type: str = "message"
    id: str | None = None
    role: str = ""
    content: str | list[ContentPart] | None = None
    call_id: str = ""
    name: str = ""
    output: msgspec.Raw = msgspec.Raw(b'""')
    encrypted_content: str | None = None

    @property
    def parts(self) -> list[ContentPart]:
        """The content as parts."""
        return _parts(self.content, self.role)


class ToolDefinition(msgspec.Struct, frozen=True):
    """A tool that is offered, of any type."""

    type: str = ""
    name: str = ""
    parameters: Schema | None = None


class NamedTool(msgspec.Struct, frozen=True):
    """A tool that may be called."""

    name: str = ""


class ToolChoice(msgspec.Struct, frozen=True):
    """The rule for tools, where it is more than a word: one tool, or (`allowed_tools`) a few."""

    type: str = ""
    name: str = ""
    mode: str = "auto"
    tools: list[NamedTool] = []


class Reasoning(msgspec.Struct, frozen=True):
    """The wish for reasoning; `summary` asks to see some of it."""

    effort: str | None = None
    summary: str | None = None

    @property
    def is_on(self) -> bool:
        """Whether the model reasons."""
        return self.effort not in (None, "none") or (self.effort is None and self.summary is not None)


class Format(msgspec.Struct, frozen=True):
    """The shape of the answer."""

    type: str = "text"
    name: str = ""
    schema: Schema = Schema()


class TextConfig(msgspec.Struct, frozen=True):
    """How the text of the answer is to be."""

    format: Format | None = None


class Body(msgspec.Struct, frozen=True):
    """The whole request."""

    model: str
    input: str | list[Item] | None = None
    instructions: str | None = None
    previous_response_id: str | None = None
    conversation: msgspec.Raw = msgspec.Raw(b"null")
    stream: bool | None = False
    background: bool | None = False
    max_output_tokens: int | None = None
    temperature: float | None = None
    tools: list[ToolDefinition] | None = None
    tool_choice: str | ToolChoice | None = None
    reasoning: Reasoning | None = None
    text: TextConfig | None = None
    user: str | None = None
    safety_identifier: str | None = None

    @property
    def items(self) -> list[Item]:
        """The input as items."""
        if isinstance(self.input, str):
            return [Item(role="user", content=self.input)] if self.input else []
        return self.input or []


_OUTPUT = msgspec.json.Decoder(str | list[ContentPart])


def output_parts(item: Item) -> list[ContentPart]:
    """The output of a tool as parts. Raises `msgspec.ValidationError` if it is something else."""
    return _parts(_OUTPUT.decode(item.output), "user")


def joined(parts: list[ContentPart]) -> str:
    """The text of these parts."""
    return "".join(part.text for part in parts)


def _parts(content: str | list[ContentPart] | None, role: str) -> list[ContentPart]:
    if isinstance(content, str):
        kind = "output_text" if role == "assistant" else "input_text"
        return [ContentPart(kind, content)] if content else []
    return content or []
