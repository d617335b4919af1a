"""The body of a request of Converse, as far as the fake heeds it. Source: the service description."""

import msgspec

from mainstay.lab.provider.sample import Schema


class Source(msgspec.Struct, frozen=True):
    """Bytes in base64."""

    bytes: str = ""


class Media(msgspec.Struct, frozen=True):
    """A picture or a document."""

    format: str = ""
    name: str = ""
    source: Source = Source()


class ToolUse(msgspec.Struct, frozen=True, rename="camel"):
    """A call of a tool."""

    tool_use_id: str
    name: str
    input: dict[str, msgspec.Raw]


class Inner(msgspec.Struct, frozen=True):
    """What a tool gave back."""

    text: str | None = None
    image: Media | None = None
    document: Media | None = None


class ToolResult(msgspec.Struct, frozen=True, rename="camel"):
    """The result of a call."""

    tool_use_id: str
    content: list[Inner]
    status: str = "success"


class ReasoningText(msgspec.Struct, frozen=True):
    """Reasoning and who signed it."""

    text: str
    signature: str = ""


class Reasoning(msgspec.Struct, frozen=True, rename="camel"):
    """Open or hidden reasoning."""

    reasoning_text: ReasoningText | None = None
    redacted_content: str | None = None

    @property
    def seal(self) -> str:
        """What its maker knows it by."""
        return self.reasoning_text.signature if self.reasoning_text else self.redacted_content or ""


class Block(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A content block: exactly one member."""

    text: str | None = None
    image: Media | None = None
    document: Media | None = None
    tool_use: ToolUse | None = None
    tool_result: ToolResult | None = None
    reasoning_content: Reasoning | None = None


class Message(msgspec.Struct, frozen=True):
    """One message."""

    role: str
    content: list[Block]

    @property
    def text(self) -> str:
        """All text blocks, joined."""
        return "".join(block.text or "" for block in self.content)


class SystemBlock(msgspec.Struct, frozen=True):
    """A piece of the system prompt."""

    text: str = ""


class Inference(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The parameters that all models share."""

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop_sequences: list[str] = []


class InputSchema(msgspec.Struct, frozen=True):
    """The schema of a tool's arguments."""

    json: Schema


class ToolSpec(msgspec.Struct, frozen=True, rename="camel"):
    """A tool that is offered."""

    name: str
    input_schema: InputSchema
    description: str | None = None


class OfferedTool(msgspec.Struct, frozen=True, rename="camel"):
    """One entry of the list of tools."""

    tool_spec: ToolSpec


class NamedTool(msgspec.Struct, frozen=True):
    """The tool that must be called."""

    name: str


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rule for tools: exactly one member."""

    auto: dict[str, msgspec.Raw] | None = None
    any: dict[str, msgspec.Raw] | None = None
    tool: NamedTool | None = None


class ToolConfig(msgspec.Struct, frozen=True, rename="camel"):
    """Tools and the rule for them."""

    tools: list[OfferedTool]
    tool_choice: Choice = Choice()


class ThinkingConfig(msgspec.Struct, frozen=True):
    """Whether and how Claude reasons."""

    type: str = ""
    budget_tokens: int = 0

    @property
    def is_on(self) -> bool:
        """Whether the model reasons."""
        return self.type in ("enabled", "adaptive")


class Additional(msgspec.Struct, frozen=True):
    """Parameters in the model's own words."""

    thinking: ThinkingConfig = ThinkingConfig()
    reasoning: ThinkingConfig = msgspec.field(name="reasoningConfig", default=ThinkingConfig())


class JsonSchema(msgspec.Struct, frozen=True):
    """A schema, as text."""

    schema: str


class Structure(msgspec.Struct, frozen=True, rename="camel"):
    """How the answer is built."""

    json_schema: JsonSchema


class TextFormat(msgspec.Struct, frozen=True):
    """The format of the answer."""

    structure: Structure


class OutputConfig(msgspec.Struct, frozen=True, rename="camel"):
    """Format and effort."""

    text_format: TextFormat | None = None
    effort: str = ""


class Body(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A request."""

    messages: list[Message] = []
    system: list[SystemBlock] = []
    inference_config: Inference = Inference()
    tool_config: ToolConfig | None = None
    additional_model_request_fields: Additional = Additional()
    output_config: OutputConfig = OutputConfig()
    request_metadata: dict[str, str] = {}
    service_tier: dict[str, str] = {}
    performance_config: dict[str, str] = {}
