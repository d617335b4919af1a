"""The body of an OpenAI Chat Completions request, as far as the fake heeds it. Source: the published SDK's request
types."""

import msgspec

from mainstay.lab.provider.sample import Schema


class ImageUrl(msgspec.Struct, frozen=True):
    """Where a picture is, or its data."""

    url: str = ""


class ContentPart(msgspec.Struct, frozen=True):
    """A part of a message, of any type."""

    type: str = "text"
    text: str = ""
    image_url: ImageUrl = ImageUrl()


class CalledFunction(msgspec.Struct, frozen=True):
    """A function that was called."""

    name: str = ""
    arguments: str = ""


class Call(msgspec.Struct, frozen=True):
    """A call of a tool, in an earlier answer."""

    id: str = ""
    type: str = "function"
    function: CalledFunction = CalledFunction()


class Message(msgspec.Struct, frozen=True):
    """One message. `name` is the function's, in the older form of a result."""

    role: str
    content: str | list[ContentPart] | None = None
    tool_calls: list[Call] | None = None
    tool_call_id: str = ""
    name: str = ""
    refusal: str | None = None

    @property
    def parts(self) -> list[ContentPart]:
        """The content as parts; none where there is no text."""
        if isinstance(self.content, list):
            return self.content
        return [ContentPart(text=self.content)] if self.content else []

    @property
    def text(self) -> str:
        """All text parts, joined."""
        return "".join(part.text for part in self.parts)


class Function(msgspec.Struct, frozen=True):
    """A function that is offered."""

    name: str
    parameters: Schema = Schema()


class ToolDefinition(msgspec.Struct, frozen=True):
    """A tool that is offered."""

    function: Function | None = None


class NamedFunction(msgspec.Struct, frozen=True):
    """The function that must be called."""

    name: str = ""


class ToolChoice(msgspec.Struct, frozen=True):
    """The rule for tools, where it names one."""

    function: NamedFunction = NamedFunction()


class JsonSchema(msgspec.Struct, frozen=True):
    """The shape of a structured answer."""

    name: str = ""
    schema: Schema = Schema()


class ResponseFormat(msgspec.Struct, frozen=True):
    """How the answer is to be."""

    type: str = "text"
    json_schema: JsonSchema = JsonSchema()


class StreamOptions(msgspec.Struct, frozen=True):
    """Options of a stream."""

    include_usage: bool = False


class Body(msgspec.Struct, frozen=True):
    """The whole request."""

    model: str
    messages: list[Message]
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    tools: list[ToolDefinition] | None = None
    tool_choice: str | ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    reasoning_effort: str | None = None
    stop: str | list[str] | None = None
    temperature: float | None = None
    user: str | None = None
    safety_identifier: str | None = None
    n: int | None = None

    @property
    def stop_sequences(self) -> tuple[str, ...]:
        """The stop sequences, one or several."""
        return (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())
