"""The body of an Anthropic Messages request, as far as the fake heeds it. Source: the published SDK's request types."""

import msgspec

from mainstay.lab.provider.sample import Schema


class Source(msgspec.Struct, frozen=True):
    """Where a picture or a document comes from."""

    type: str = ""
    media_type: str = ""
    data: str = ""
    url: str = ""


class Block(msgspec.Struct, frozen=True):
    """A content block of any type. `content` is that of a tool result: text, blocks or nothing."""

    type: str = "text"
    text: str = ""
    source: Source = Source()
    id: str = ""
    name: str = ""
    input: msgspec.Raw = msgspec.Raw(b"{}")
    tool_use_id: str = ""
    content: msgspec.Raw = msgspec.Raw(b"null")
    signature: str = ""
    data: str = ""


class Message(msgspec.Struct, frozen=True):
    """One message."""

    role: str
    content: str | list[Block]

    @property
    def blocks(self) -> list[Block]:
        """The content as blocks; none where the text is empty."""
        if isinstance(self.content, str):
            return [Block(text=self.content)] if self.content else []
        return self.content

    @property
    def text(self) -> str:
        """All text blocks, joined."""
        return joined(self.blocks)


class ToolDefinition(msgspec.Struct, frozen=True):
    """A tool that is offered."""

    name: str
    input_schema: Schema = Schema()


class ToolChoice(msgspec.Struct, frozen=True):
    """The rule for tools."""

    type: str = "auto"
    name: str = ""


class ThinkingConfig(msgspec.Struct, frozen=True):
    """The wish for reasoning."""

    type: str = "disabled"
    display: str = "summarized"
    budget_tokens: int = 0

    @property
    def is_on(self) -> bool:
        """Whether the model reasons."""
        return self.type in ("enabled", "adaptive")


class Format(msgspec.Struct, frozen=True):
    """The shape of a structured answer."""

    schema: Schema = Schema()


class OutputConfig(msgspec.Struct, frozen=True):
    """How the answer is to be."""

    format: Format | None = None
    effort: str | None = None


class Metadata(msgspec.Struct, frozen=True):
    """About the request."""

    user_id: str | None = None


class Body(msgspec.Struct, frozen=True):
    """The whole request."""

    model: str
    messages: list[Message]
    system: str | list[Block] = ""
    max_tokens: int | None = None
    stream: bool = False
    tools: list[ToolDefinition] = []
    tool_choice: ToolChoice | None = None
    thinking: ThinkingConfig = ThinkingConfig()
    output_config: OutputConfig = OutputConfig()
    stop_sequences: list[str] = []
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    metadata: Metadata = Metadata()


_RESULT = msgspec.json.Decoder(str | list[Block] | None)


def result_blocks(block: Block) -> list[Block]:
    """The content of a tool result as blocks. Raises `msgspec.ValidationError` if it is something else."""
    content = _RESULT.decode(block.content)
    if isinstance(content, str):
        return [Block(text=content)]
    return content or []


def joined(blocks: list[Block]) -> str:
    """The text of these blocks."""
    return "".join(block.text for block in blocks if block.type == "text")
