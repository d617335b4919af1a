"""Reads a request of Converse."""

import msgspec

from mainstay.lab.provider.ask import Ask, Claim, Problem, Result, Said, Thinking, Tool, tokens
from mainstay.lab.provider.bedrock_body import Block, Body, Message
from mainstay.lab.provider.bedrock_rules import problem_in
from mainstay.lab.provider.sample import Schema

SIGNATURE_PREFIX = "lab-bedrock-"
"""A signature is this, the mark of its maker, a hyphen and something unique."""

_DECODER = msgspec.json.Decoder(Body)
_SCHEMA = msgspec.json.Decoder(Schema)


def read_converse(body: bytes, model: str, *, stream: bool) -> Ask | Problem:
    """Read the body of a request for this model."""
    try:
        asked = _DECODER.decode(body)
        schema = _schema(asked)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Problem(f"The request body is not valid: {error}")
    return problem_in(asked) or _ask(asked, schema, model, body, stream=stream)


def _ask(asked: Body, schema: Schema | None, model: str, body: bytes, *, stream: bool) -> Ask:
    config, inference = asked.tool_config, asked.inference_config
    offered = () if config is None else tuple(tool.tool_spec for tool in config.tools)
    return Ask(
        model=model,
        stream=stream,
        conversation=tuple(_said(message) for message in asked.messages if message.role != "system"),
        system=_system(asked),
        tools=tuple(Tool(spec.name, spec.input_schema.json) for spec in offered),
        forced_tool=_forced_tool(asked),
        schema=schema,
        thinking=_thinking(asked),
        effort=asked.output_config.effort,
        max_tokens=inference.max_tokens,
        temperature=inference.temperature,
        stop_sequences=tuple(inference.stop_sequences),
        end_user=asked.request_metadata.get("end_user", ""),
        claims=tuple(_claims(asked.messages)),
        input_tokens=tokens(body),
    )


def _schema(asked: Body) -> Schema | None:
    wish = asked.output_config.text_format
    return None if wish is None else _SCHEMA.decode(wish.structure.json_schema.schema)


def _said(message: Message) -> Said:
    blocks = message.content
    return Said(
        message.role,
        message.text,
        tuple(block.image.source.bytes for block in blocks if block.image),
        sum(block.document is not None for block in blocks),
        tuple(_result(block) for block in blocks if block.tool_result),
        tuple(block.tool_use.tool_use_id for block in blocks if block.tool_use),
    )


def _result(block: Block) -> Result:
    assert block.tool_result is not None  # noqa: S101 (the caller looked)
    content = block.tool_result.content
    images = tuple(inner.image.source.bytes for inner in content if inner.image)
    return Result(block.tool_result.tool_use_id, "".join(inner.text or "" for inner in content), images)


def _system(asked: Body) -> str:
    later = [message.text for message in asked.messages if message.role == "system"]
    return "\n".join(text for text in (*(block.text for block in asked.system), *later) if text)


def _forced_tool(asked: Body) -> str:
    config = asked.tool_config
    if config is None:
        return ""
    if config.tool_choice.tool is not None:
        return config.tool_choice.tool.name
    return config.tools[0].tool_spec.name if config.tool_choice.any is not None else ""


def _thinking(asked: Body) -> Thinking:
    additional = asked.additional_model_request_fields
    return Thinking.SHOWN if additional.thinking.is_on or additional.reasoning.is_on else Thinking.OFF


def _claims(messages: list[Message]) -> list[Claim]:
    """The reasoning of earlier answers: only who signed it takes it back."""
    found = [block.reasoning_content for message in messages for block in message.content if block.reasoning_content]
    problem = Problem("Invalid `signature` in `thinking` block")
    return [Claim(_signer(reasoning.seal), problem) for reasoning in found]


def _signer(signature: str) -> str:
    own = signature.removeprefix(SIGNATURE_PREFIX)
    return own.partition("-")[0] if own != signature else ""
