"""The shape of requests as callers write them; what does not concern us is left out of these types."""

import msgspec

from mainstay.wire.json_bytes import ABSENT


class ImageUrl(msgspec.Struct):
    """A picture by URL or data URL."""

    url: str
    detail: str | None = None


class File(msgspec.Struct):
    """A document by value (a data URL or plain base64) or by the id of an uploaded file."""

    file_data: str | None = None
    file_id: str | None = None
    filename: str | None = None


class ContentPart(msgspec.Struct):
    """A part of a message. `thinking` stands in messages that a reasoning model of Mistral's wrote."""

    type: str
    text: str | None = None
    refusal: str | None = None
    image_url: ImageUrl | str | None = None
    file: File | None = None
    thinking: msgspec.Raw = ABSENT
    prompt_cache_breakpoint: msgspec.Raw = ABSENT
    cache_control: msgspec.Raw = ABSENT


class FunctionCall(msgspec.Struct):
    """A call in the history. Its arguments are JSON text, or were meant to be."""

    name: str
    arguments: str | None = None


class ToolCall(msgspec.Struct):
    """A tool call in the history."""

    id: str
    type: str = "function"
    function: FunctionCall | None = None


class Message(msgspec.Struct):
    """A message of any role."""

    role: str
    content: str | list[ContentPart] | None = None
    name: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: list[ToolCall] | None = None
    function_call: FunctionCall | None = None
    tool_call_id: str | None = None
    audio: msgspec.Raw = ABSENT


class Function(msgspec.Struct):
    """A function that may be called."""

    name: str
    description: str | None = None
    parameters: msgspec.Raw = ABSENT
    strict: bool | None = None


class Tool(msgspec.Struct):
    """A tool; those of other types than `function` are known by their type alone."""

    type: str
    function: Function | None = None


class NamedFunction(msgspec.Struct):
    """A function that must be called."""

    name: str


class NamedTool(msgspec.Struct):
    """A tool choice that is more than a word."""

    type: str = "function"
    function: NamedFunction | None = None


class JsonSchema(msgspec.Struct):
    """What structured output must look like."""

    name: str | None = None
    description: str | None = None
    schema: msgspec.Raw = ABSENT
    strict: bool | None = None


class ResponseFormat(msgspec.Struct):
    """The form of the answer."""

    type: str = "text"
    json_schema: JsonSchema | None = None


class StreamOptions(msgspec.Struct):
    """How to stream."""

    include_usage: bool | None = None


class Request(msgspec.Struct):
    """A request, as far as it can be told in neutral words."""

    model: str
    messages: list[Message]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    tools: list[Tool] | None = None
    functions: list[Function] | None = None
    tool_choice: str | NamedTool | None = None
    function_call: str | NamedFunction | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    reasoning_effort: str | None = None
    stop: str | list[str] | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    metadata: msgspec.Raw = ABSENT
    user: str | None = None
    safety_identifier: str | None = None
    service_tier: str | None = None


REQUEST = msgspec.json.Decoder(Request)
