"""Reads a request of the OpenAI Chat Completions API."""

import msgspec

from mainstay.lab.provider.ask import Ask, Problem, Result, Said, Tool, tokens
from mainstay.lab.provider.evidence import image
from mainstay.lab.provider.openai_chat_body import Body, Message, ResponseFormat, ToolChoice
from mainstay.lab.provider.openai_chat_rules import problem_in
from mainstay.lab.provider.sample import Schema

CACHEABLE_TOKENS_MIN = 1024
"""Shorter prompts are never read from the provider's cache."""

_SYSTEM = ("system", "developer")
_DECODER = msgspec.json.Decoder(Body)


def read_openai_chat(body: bytes) -> Ask | Problem:
    """Read a Chat Completions body."""
    try:
        asked = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Problem(f"The request body is not valid: {error}")
    return problem_in(asked) or _ask(asked, body)


def _ask(asked: Body, body: bytes) -> Ask:
    input_tokens = tokens(body)
    offered = tuple(
        Tool(tool.function.name, tool.function.parameters) for tool in asked.tools or () if tool.function is not None
    )
    return Ask(
        model=asked.model,
        stream=bool(asked.stream),
        conversation=tuple(_said(message) for message in asked.messages if message.role not in _SYSTEM),
        system="\n".join(message.text for message in asked.messages if message.role in _SYSTEM),
        tools=() if asked.tool_choice == "none" else offered,
        forced_tool=_forced_tool(asked.tool_choice, offered),
        schema=_schema(asked.response_format),
        effort=asked.reasoning_effort or "",
        max_tokens=asked.max_completion_tokens if asked.max_completion_tokens is not None else asked.max_tokens,
        temperature=asked.temperature,
        stop_sequences=asked.stop_sequences,
        end_user=asked.safety_identifier or asked.user or "",
        choices=asked.n or 1,
        include_usage=asked.stream_options is not None and asked.stream_options.include_usage,
        input_tokens=input_tokens,
        cached_tokens=input_tokens // 2 if input_tokens >= CACHEABLE_TOKENS_MIN else 0,
    )


def _said(message: Message) -> Said:
    if message.role in ("tool", "function"):
        return Said(message.role, "", results=(Result(message.tool_call_id or message.name, message.text),))
    parts = message.parts
    return Said(
        message.role,
        message.text,
        tuple(image(part.image_url.url) for part in parts if part.type == "image_url"),
        sum(part.type == "file" for part in parts),
        calls=tuple(call.id for call in message.tool_calls or ()),
    )


def _forced_tool(choice: str | ToolChoice | None, offered: tuple[Tool, ...]) -> str:
    if isinstance(choice, ToolChoice):
        return choice.function.name
    return offered[0].name if choice == "required" and offered else ""


def _schema(asked: ResponseFormat | None) -> Schema | None:
    if asked is None or asked.type == "text":
        return None
    if asked.type == "json_schema":
        return asked.json_schema.schema
    return Schema(properties={"answer": Schema(type="string")})
