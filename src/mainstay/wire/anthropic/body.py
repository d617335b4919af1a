"""The shapes of a request to the Messages API, as we write them."""

import msgspec


class Base64Source(msgspec.Struct, tag_field="type", tag="base64"):
    """Bytes by value."""

    media_type: str
    data: str


class UrlSource(msgspec.Struct, tag_field="type", tag="url"):
    """Bytes by reference."""

    url: str


class TextSource(msgspec.Struct, tag_field="type", tag="text"):
    """A document's words."""

    data: str
    media_type: str = "text/plain"


class TextBlock(msgspec.Struct, tag_field="type", tag="text"):
    """Words; never blank."""

    text: str


class ImageBlock(msgspec.Struct, tag_field="type", tag="image"):
    """A picture."""

    source: Base64Source | UrlSource


class DocumentBlock(msgspec.Struct, tag_field="type", tag="document", omit_defaults=True):
    """A document."""

    source: Base64Source | UrlSource | TextSource
    title: str | None = None


class ToolUseBlock(msgspec.Struct, tag_field="type", tag="tool_use"):
    """A tool call of the model."""

    id: str
    name: str
    input: msgspec.Raw


class ToolResultBlock(msgspec.Struct, tag_field="type", tag="tool_result", omit_defaults=True):
    """What a tool gave back."""

    tool_use_id: str
    content: tuple[TextBlock | ImageBlock | DocumentBlock, ...] = ()
    is_error: bool = False


class ThinkingBlock(msgspec.Struct, tag_field="type", tag="thinking"):
    """The model's own thinking, with its signature."""

    thinking: str
    signature: str


class RedactedThinkingBlock(msgspec.Struct, tag_field="type", tag="redacted_thinking"):
    """The model's own thinking, as ciphertext."""

    data: str


Held = TextBlock | ImageBlock | DocumentBlock
Block = Held | ToolUseBlock | ToolResultBlock | ThinkingBlock | RedactedThinkingBlock


class Message(msgspec.Struct):
    """One message; `content` grows while it is written."""

    role: str
    content: list[Block]


class Tool(msgspec.Struct, omit_defaults=True):
    """A function that the model may call."""

    name: str
    input_schema: msgspec.Raw
    description: str = ""
    strict: bool | None = None


class ToolChoice(msgspec.Struct, omit_defaults=True):
    """The rule for tools."""

    type: str
    name: str = ""
    disable_parallel_tool_use: bool | None = None


class Thinking(msgspec.Struct, omit_defaults=True):
    """The wish for thinking."""

    type: str
    budget_tokens: int | None = None
    display: str | None = None


class Format(msgspec.Struct, tag_field="type", tag="json_schema"):
    """The schema of the answer."""

    schema: msgspec.Raw


class OutputConfig(msgspec.Struct, omit_defaults=True):
    """Effort and format of the answer."""

    effort: str | None = None
    format: Format | None = None


class Metadata(msgspec.Struct):
    """Whom the caller serves."""

    user_id: str


class Body(msgspec.Struct, omit_defaults=True):
    """The whole request; what is at its default is not sent."""

    model: str
    max_tokens: int
    messages: list[Message]
    system: str | tuple[TextBlock, ...] | None = None
    stream: bool = False
    stop_sequences: tuple[str, ...] = ()
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    thinking: Thinking | None = None
    output_config: OutputConfig | None = None
    metadata: Metadata | None = None
    service_tier: str | None = None
