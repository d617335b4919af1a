"""Reads a request of the Anthropic Messages API. Source of the shapes: the published SDK's request types."""

import msgspec

from mainstay.lab.provider.ask import Ask, Problem, Said, Thinking, Tool, tokens
from mainstay.lab.provider.sample import Schema


class _Block(msgspec.Struct, frozen=True):
    type: str = "text"
    text: str = ""


class _Message(msgspec.Struct, frozen=True):
    role: str
    content: str | list[_Block]


class _Tool(msgspec.Struct, frozen=True):
    name: str
    input_schema: Schema = Schema()


class _ToolChoice(msgspec.Struct, frozen=True):
    type: str = "auto"
    name: str = ""


class _Thinking(msgspec.Struct, frozen=True):
    type: str = "disabled"
    display: str = "summarized"


class _Format(msgspec.Struct, frozen=True):
    schema: Schema = Schema()


class _OutputConfig(msgspec.Struct, frozen=True):
    format: _Format | None = None


class _Body(msgspec.Struct, frozen=True):
    model: str
    messages: list[_Message]
    max_tokens: int | None = None
    stream: bool = False
    tools: list[_Tool] = []
    tool_choice: _ToolChoice = _ToolChoice()
    thinking: _Thinking = _Thinking()
    output_config: _OutputConfig = _OutputConfig()
    stop_sequences: list[str] = []


_DECODER = msgspec.json.Decoder(_Body)


def read_anthropic(body: bytes, *, counting: bool = False) -> Ask | Problem:
    """Read a Messages body (`counting`: one of count_tokens, which needs no `max_tokens`)."""
    try:
        asked = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Problem(f"The request body is not valid: {error}")
    if not asked.messages:
        return Problem("messages: at least one message is required", "messages")
    if asked.max_tokens is None and not counting:
        return Problem("max_tokens: Field required", "max_tokens")
    return _ask(asked, body)


def _ask(asked: _Body, body: bytes) -> Ask:
    input_tokens = tokens(body)
    is_cached = b'"cache_control"' in body
    return Ask(
        model=asked.model,
        stream=asked.stream,
        conversation=tuple(_said(message) for message in asked.messages if message.role != "system"),
        tools=() if asked.tool_choice.type == "none" else tuple(Tool(t.name, t.input_schema) for t in asked.tools),
        forced_tool=_forced_tool(asked),
        schema=asked.output_config.format.schema if asked.output_config.format else None,
        thinking=_thinking(asked.thinking),
        max_tokens=asked.max_tokens,
        stop_sequences=tuple(asked.stop_sequences),
        input_tokens=input_tokens,
        cached_tokens=input_tokens // 2 if is_cached else 0,
    )


def _said(message: _Message) -> Said:
    if isinstance(message.content, str):
        return Said(message.role, message.content)
    text = "".join(block.text for block in message.content if block.type == "text")
    return Said(message.role, text, any(block.type == "tool_result" for block in message.content))


def _forced_tool(asked: _Body) -> str:
    if asked.tool_choice.type == "any" and asked.tools:
        return asked.tools[0].name
    return asked.tool_choice.name if asked.tool_choice.type == "tool" else ""


def _thinking(thinking: _Thinking) -> Thinking:
    if thinking.type not in ("enabled", "adaptive"):
        return Thinking.OFF
    return Thinking.OMITTED if thinking.display == "omitted" else Thinking.SHOWN
