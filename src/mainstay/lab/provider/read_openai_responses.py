"""Reads a request of the OpenAI Responses API."""

import msgspec

from mainstay.lab.provider.ask import Ask, Claim, Problem, Result, Said, Thinking, Tool, tokens
from mainstay.lab.provider.evidence import image
from mainstay.lab.provider.openai_responses_body import (
    Body,
    ContentPart,
    Item,
    Reasoning,
    TextConfig,
    ToolChoice,
    joined,
    output_parts,
)
from mainstay.lab.provider.openai_responses_rules import problem_in
from mainstay.lab.provider.read_openai_chat import CACHEABLE_TOKENS_MIN
from mainstay.lab.provider.sample import Schema

ENCRYPTED_PREFIX = "enc-"
"""Sealed reasoning is this, the mark of its maker, a hyphen and something unique."""
MARK_CHARS = 8
"""Ids of answers and of reasoning end with the mark of their maker."""

_SYSTEM = ("system", "developer")
_ECHOED = frozenset(
    {
        "background", "instructions", "max_output_tokens", "max_tool_calls", "metadata", "parallel_tool_calls",
        "previous_response_id", "prompt_cache_key", "reasoning", "safety_identifier", "store", "temperature", "text",
        "tool_choice", "tools", "top_logprobs", "top_p", "truncation", "user",
    }
)  # fmt: skip
_DECODER = msgspec.json.Decoder(Body)
_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])


def read_openai_responses(body: bytes) -> Ask | Problem:
    """Read a Responses body."""
    try:
        asked = _DECODER.decode(body)
        fields = _FIELDS.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Problem(f"The request body is not valid: {error}")
    return problem_in(asked, frozenset(fields)) or _ask(asked, fields, body)


def _ask(asked: Body, fields: dict[str, msgspec.Raw], body: bytes) -> Ask:
    input_tokens = tokens(body)
    offered = tuple(
        Tool(tool.name, tool.parameters or Schema(), tool.type == "custom")
        for tool in asked.tools or ()
        if tool.type in ("function", "custom")
    )
    return Ask(
        model=asked.model,
        stream=bool(asked.stream),
        background=bool(asked.background),
        conversation=_conversation(asked.items),
        system=_system(asked),
        tools=_allowed(asked.tool_choice, offered),
        forced_tool=_forced_tool(asked.tool_choice, offered),
        schema=_schema(asked.text),
        thinking=_thinking(asked.reasoning),
        effort=(asked.reasoning.effort if asked.reasoning else None) or "",
        max_tokens=asked.max_output_tokens,
        temperature=asked.temperature,
        end_user=asked.safety_identifier or asked.user or "",
        claims=(*_previous(asked), *_reasoning(asked.items)),
        echoed={name: value for name, value in fields.items() if name in _ECHOED and bytes(value) != b"null"},
        input_tokens=input_tokens,
        cached_tokens=input_tokens // 2 if input_tokens >= CACHEABLE_TOKENS_MIN else 0,
    )


def _conversation(items: list[Item]) -> tuple[Said, ...]:
    """The messages; whatever an assistant says and calls without a break is one."""
    conversation: list[Said] = []
    for item in items:
        said = _said(item)
        if said is None:
            continue
        before = conversation[-1] if conversation else None
        if before is not None and before.role == said.role == "assistant":
            conversation[-1] = Said("assistant", before.text + said.text, calls=(*before.calls, *said.calls))
        else:
            conversation.append(said)
    return tuple(conversation)


def _said(item: Item) -> Said | None:
    match item.type:
        case "message" if item.role not in _SYSTEM:
            parts = item.parts
            files = sum(part.type == "input_file" for part in parts)
            return Said(item.role, joined(parts), _images(parts), files)
        case "function_call" | "custom_tool_call":
            return Said("assistant", "", calls=(item.call_id,))
        case "function_call_output" | "custom_tool_call_output":
            parts = output_parts(item)
            return Said("tool", "", results=(Result(item.call_id, joined(parts), _images(parts)),))
        case _:
            return None


def _images(parts: list[ContentPart]) -> tuple[str, ...]:
    return tuple(image(part.image_url or "") for part in parts if part.type == "input_image")


def _system(asked: Body) -> str:
    turns = [joined(item.parts) for item in asked.items if item.type == "message" and item.role in _SYSTEM]
    return "\n".join(text for text in (asked.instructions or "", *turns) if text)


def _allowed(choice: str | ToolChoice | None, offered: tuple[Tool, ...]) -> tuple[Tool, ...]:
    if choice == "none":
        return ()
    if isinstance(choice, ToolChoice) and choice.type == "allowed_tools":
        names = {tool.name for tool in choice.tools}
        return tuple(tool for tool in offered if tool.name in names)
    return offered


def _forced_tool(choice: str | ToolChoice | None, offered: tuple[Tool, ...]) -> str:
    if isinstance(choice, ToolChoice):
        return choice.name
    return offered[0].name if choice == "required" and offered else ""


def _schema(text: TextConfig | None) -> Schema | None:
    if text is None or text.format is None or text.format.type == "text":
        return None
    return text.format.schema if text.format.type == "json_schema" else Schema(properties={"answer": Schema("string")})


def _thinking(reasoning: Reasoning | None) -> Thinking:
    if reasoning is None or not reasoning.is_on:
        return Thinking.OFF
    return Thinking.SHOWN if reasoning.summary else Thinking.OMITTED


def _previous(asked: Body) -> tuple[Claim, ...]:
    name = asked.previous_response_id
    if name is None:
        return ()
    problem = Problem(
        f"Previous response with id '{name}' not found.", "previous_response_id", "previous_response_not_found"
    )
    return (Claim(_maker_of_id(name, "resp_"), problem),)


def _reasoning(items: list[Item]) -> tuple[Claim, ...]:
    return tuple(_claim(item) for item in items if item.type == "reasoning")


def _claim(item: Item) -> Claim:
    if item.encrypted_content is None:
        missing = f"Item with id '{item.id}' not found. Items are not persisted when `store` is set to false."
        return Claim(_maker_of_id(item.id or "", "rs_"), Problem(missing, "input", status=404))
    wrong = Problem(
        f"The encrypted content for item {item.id} could not be verified. Reason: Encrypted content organization_id "
        "did not match the target organization.",
        "input",
        "invalid_encrypted_content",
    )
    own = item.encrypted_content.removeprefix(ENCRYPTED_PREFIX)
    return Claim(own.partition("-")[0] if own != item.encrypted_content else "", wrong)


def _maker_of_id(name: str, prefix: str) -> str:
    return name[-MARK_CHARS:] if name.startswith(prefix) else ""
