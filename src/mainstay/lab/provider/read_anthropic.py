"""Reads a request of the Anthropic Messages API."""

import msgspec

from mainstay.lab.provider.anthropic_body import (
    Block,
    Body,
    Message,
    Source,
    ThinkingConfig,
    ToolChoice,
    joined,
    result_blocks,
)
from mainstay.lab.provider.anthropic_rules import problem_in
from mainstay.lab.provider.ask import Ask, Claim, Problem, Result, Said, Thinking, Tool, tokens

SIGNATURE_PREFIX = "lab-signature-"
"""A signature is this, the mark of its maker, a hyphen and something unique."""

_DECODER = msgspec.json.Decoder(Body)


def read_anthropic(body: bytes, *, counting: bool = False, version: str = "") -> Ask | Problem:
    """Read a Messages body (`counting`: one of count_tokens, which needs no `max_tokens`). `version` is that of the
    API, as its header says it; without one, the oldest."""
    try:
        asked = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Problem(f"The request body is not valid: {error}")
    if not asked.messages:
        return Problem("messages: at least one message is required", "messages")
    if asked.max_tokens is None and not counting:
        return Problem("max_tokens: Field required", "max_tokens")
    return problem_in(asked, version) or _ask(asked, body)


def _ask(asked: Body, body: bytes) -> Ask:
    input_tokens = tokens(body)
    is_cached = b'"cache_control"' in body
    choice = asked.tool_choice or ToolChoice()
    return Ask(
        model=asked.model,
        stream=asked.stream,
        conversation=tuple(_said(message) for message in asked.messages if message.role != "system"),
        system=_system(asked),
        tools=() if choice.type == "none" else tuple(Tool(t.name, t.input_schema) for t in asked.tools),
        forced_tool=_forced_tool(choice, asked),
        schema=asked.output_config.format.schema if asked.output_config.format else None,
        thinking=_thinking(asked.thinking),
        effort=asked.output_config.effort or "",
        max_tokens=asked.max_tokens,
        temperature=asked.temperature,
        stop_sequences=tuple(asked.stop_sequences),
        end_user=asked.metadata.user_id or "",
        claims=tuple(_claims(asked.messages)),
        input_tokens=input_tokens,
        cached_tokens=input_tokens // 2 if is_cached else 0,
    )


def _said(message: Message) -> Said:
    blocks = message.blocks
    return Said(
        message.role,
        message.text,
        _images(blocks),
        sum(block.type == "document" for block in blocks),
        tuple(_result(block) for block in blocks if block.type == "tool_result"),
        tuple(block.id for block in blocks if block.type == "tool_use"),
    )


def _result(block: Block) -> Result:
    content = result_blocks(block)
    return Result(block.tool_use_id, joined(content), _images(content))


def _images(blocks: list[Block]) -> tuple[str, ...]:
    return tuple(_image(block.source) for block in blocks if block.type == "image")


def _image(source: Source) -> str:
    return source.data or source.url


def _system(asked: Body) -> str:
    first = [asked.system] if isinstance(asked.system, str) else [block.text for block in asked.system]
    later = [message.text for message in asked.messages if message.role == "system"]
    return "\n".join(text for text in (*first, *later) if text)


def _forced_tool(choice: ToolChoice, asked: Body) -> str:
    if choice.type == "any" and asked.tools:
        return asked.tools[0].name
    return choice.name if choice.type == "tool" else ""


def _thinking(thinking: ThinkingConfig) -> Thinking:
    if not thinking.is_on:
        return Thinking.OFF
    return Thinking.OMITTED if thinking.display == "omitted" else Thinking.SHOWN


def _claims(messages: list[Message]) -> list[Claim]:
    """The reasoning of earlier answers: only who signed it takes it back."""
    claims: list[Claim] = []
    for index, message in enumerate(messages):
        for place, block in enumerate(message.blocks):
            where = f"messages.{index}.content.{place}"
            if block.type == "thinking":
                problem = Problem(f"{where}: Invalid `signature` in `thinking` block", "messages")
                claims.append(Claim(_signer(block.signature), problem))
            elif block.type == "redacted_thinking":
                problem = Problem(f"{where}: Invalid `data` in `redacted_thinking` block", "messages")
                claims.append(Claim(_signer(block.data), problem))
    return claims


def _signer(signature: str) -> str:
    own = signature.removeprefix(SIGNATURE_PREFIX)
    return own.partition("-")[0] if own != signature else ""
