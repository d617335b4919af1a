"""The neutral conversation: a request in words that every dialect shares. Made and read on crossings alone.

Each dialect reads its own requests into a `Prompt` and writes its own requests from one. What has no counterpart
elsewhere is named in `Prompt.extras` (dropped and disclosed on a crossing) or `Prompt.stays` (bars every crossing).
"""

from enum import Enum

import msgspec


class Role(Enum):
    """Who speaks. System turns may stand anywhere; those before the first other turn are the system prompt."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


class Text(msgspec.Struct, frozen=True, tag="text"):
    """Words."""

    text: str


class Image(msgspec.Struct, frozen=True, tag="image"):
    """A picture, by value (`data` in base64, with its `media_type`) or by `url`. `detail` is a wish of the caller."""

    media_type: str = ""
    data: str = ""
    url: str = ""
    detail: str = ""


class Document(msgspec.Struct, frozen=True, tag="document"):
    """A document: by value (`data` in base64), as plain `text`, or by `url`."""

    media_type: str = "application/pdf"
    data: str = ""
    text: str = ""
    url: str = ""
    name: str = ""


class ToolCall(msgspec.Struct, frozen=True, tag="tool-call"):
    """A call of a tool. `arguments` is the JSON text of an object (`{}` where there are none)."""

    id: str
    name: str
    arguments: str


class ToolResult(msgspec.Struct, frozen=True, tag="tool-result"):
    """What a tool gave back, for the call with this id."""

    call_id: str
    parts: tuple["Text | Image | Document", ...] = ()
    is_error: bool = False


class Thinking(msgspec.Struct, frozen=True, tag="thinking"):
    """Reasoning, bound to who made it. `seal` is the maker's signature or ciphertext; it is never invented.

    `issuer` names the upstream that made it (empty: unknown). `hidden` reasoning is its seal and nothing else. A
    writer includes it only for a target that is its issuer; everybody else never sees it.
    """

    issuer: str = ""
    text: str = ""
    seal: str = ""
    hidden: bool = False


class Refusal(msgspec.Struct, frozen=True, tag="refusal"):
    """The model's own words for declining."""

    text: str


Part = Text | Image | Document | ToolCall | ToolResult | Thinking | Refusal


class Turn(msgspec.Struct, frozen=True):
    """What one side says at a time. Tool results stand in user turns."""

    role: Role
    parts: tuple[Part, ...]


class Tool(msgspec.Struct, frozen=True):
    """A function that the model may call. `schema` is the JSON Schema of its arguments, as bytes."""

    name: str
    description: str = ""
    schema: bytes = b'{"type":"object","properties":{}}'
    strict: bool | None = None


class ToolMode(Enum):
    """Whether tools are called."""

    AUTO = "auto"
    NONE = "none"
    REQUIRED = "required"
    """Some tool must be called."""
    NAMED = "named"
    """The tool in `ToolChoice.name` must be called."""


class ToolChoice(msgspec.Struct, frozen=True):
    """The caller's rule for tools. `parallel` is `None` where the caller left it to the model."""

    mode: ToolMode = ToolMode.AUTO
    name: str = ""
    parallel: bool | None = None


class OutputFormat(msgspec.Struct, frozen=True):
    """The answer must be JSON: of this JSON Schema (bytes), or any object where `schema` is empty."""

    schema: bytes = b""
    name: str = "answer"
    strict: bool | None = None


class Effort(Enum):
    """How much a model should reason, from nothing to everything."""

    NONE = "none"
    MINIMAL = "minimal"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    XHIGH = "xhigh"
    MAX = "max"


class Reasoning(msgspec.Struct, frozen=True):
    """The caller's wish for reasoning. Either may be missing; `visible` asks for the reasoning's text or summary."""

    effort: Effort | None = None
    budget_tokens: int | None = None
    visible: bool | None = None


class Sampling(msgspec.Struct, frozen=True):
    """Parameters of chance; `None` where the caller wrote none. Units and ranges are each provider's."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None


class Prompt(msgspec.Struct, frozen=True):
    """A whole request.

    `extras` are names of parameters that were given and that no other dialect has. `stays` are reasons (short words:
    `n`, `web_search tool`, `block container_upload`) why the request cannot be served in another dialect at all.
    `prefill`: the last turn is the assistant's and is to be continued. `service_tier` is `auto`, `standard`,
    `priority`, `flex` or "". `custom_tools` names those of the tools that take free text in the caller's dialect; here
    they are functions with the text as their one parameter `input`.
    """

    dialect: str
    model: str
    turns: tuple[Turn, ...]
    stream: bool = False
    include_usage: bool = False
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    max_output_tokens: int | None = None
    stop_sequences: tuple[str, ...] = ()
    sampling: Sampling = Sampling()
    output_format: OutputFormat | None = None
    reasoning: Reasoning | None = None
    end_user: str = ""
    metadata: dict[str, str] = {}
    service_tier: str = ""
    prefill: bool = False
    extras: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()
    custom_tools: tuple[str, ...] = ()
