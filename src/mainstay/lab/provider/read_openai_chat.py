"""Reads a request of the OpenAI Chat Completions API. Source of the shapes: the published SDK's request types."""

import msgspec

from mainstay.lab.provider.ask import CHOICES_MAX, Ask, Problem, Said, Tool, tokens
from mainstay.lab.provider.sample import Schema

CACHEABLE_TOKENS_MIN = 1024
"""Shorter prompts are never read from the provider's cache."""


class _Part(msgspec.Struct, frozen=True):
    type: str = "text"
    text: str = ""


class _Message(msgspec.Struct, frozen=True):
    role: str
    content: str | list[_Part] | None = None


class _Function(msgspec.Struct, frozen=True):
    name: str
    parameters: Schema = Schema()


class _Tool(msgspec.Struct, frozen=True):
    function: _Function | None = None


class _NamedFunction(msgspec.Struct, frozen=True):
    name: str = ""


class _ToolChoice(msgspec.Struct, frozen=True):
    function: _NamedFunction = _NamedFunction()


class _JsonSchema(msgspec.Struct, frozen=True):
    schema: Schema = Schema()


class _ResponseFormat(msgspec.Struct, frozen=True):
    type: str = "text"
    json_schema: _JsonSchema = _JsonSchema()


class _StreamOptions(msgspec.Struct, frozen=True):
    include_usage: bool = False


class _Body(msgspec.Struct, frozen=True):
    model: str
    messages: list[_Message]
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    stream: bool | None = False
    stream_options: _StreamOptions | None = None
    tools: list[_Tool] | None = None
    tool_choice: str | _ToolChoice | None = None
    response_format: _ResponseFormat | None = None
    stop: str | list[str] | None = None
    n: int | None = None


_DECODER = msgspec.json.Decoder(_Body)


def read_openai_chat(body: bytes) -> Ask | Problem:
    """Read a Chat Completions body."""
    try:
        asked = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Problem(f"The request body is not valid: {error}")
    if not asked.messages:
        return Problem("Invalid 'messages': empty array. Expected at least one message.", "messages")
    if not 1 <= (asked.n or 1) <= CHOICES_MAX:
        return Problem(f"Invalid 'n': expected 1 to {CHOICES_MAX}.", "n")
    return _ask(asked, body)


def _ask(asked: _Body, body: bytes) -> Ask:
    input_tokens = tokens(body)
    offered = tuple(
        Tool(tool.function.name, tool.function.parameters) for tool in asked.tools or () if tool.function is not None
    )
    return Ask(
        model=asked.model,
        stream=bool(asked.stream),
        conversation=tuple(_said(message) for message in asked.messages if message.role not in ("system", "developer")),
        tools=() if asked.tool_choice == "none" else offered,
        forced_tool=_forced_tool(asked.tool_choice, offered),
        schema=_schema(asked.response_format),
        max_tokens=asked.max_completion_tokens if asked.max_completion_tokens is not None else asked.max_tokens,
        stop_sequences=(asked.stop,) if isinstance(asked.stop, str) else tuple(asked.stop or ()),
        choices=asked.n or 1,
        include_usage=asked.stream_options is not None and asked.stream_options.include_usage,
        input_tokens=input_tokens,
        cached_tokens=input_tokens // 2 if input_tokens >= CACHEABLE_TOKENS_MIN else 0,
    )


def _said(message: _Message) -> Said:
    content = message.content
    text = content if isinstance(content, str) else "".join(part.text for part in content or ())
    return Said(message.role, text, message.role in ("tool", "function"))


def _forced_tool(choice: str | _ToolChoice | None, offered: tuple[Tool, ...]) -> str:
    if isinstance(choice, _ToolChoice):
        return choice.function.name
    return offered[0].name if choice == "required" and offered else ""


def _schema(asked: _ResponseFormat | None) -> Schema | None:
    if asked is None or asked.type == "text":
        return None
    if asked.type == "json_schema":
        return asked.json_schema.schema
    return Schema(properties={"answer": Schema(type="string")})
