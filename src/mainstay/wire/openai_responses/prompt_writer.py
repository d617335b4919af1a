"""Writes a Responses request for an upstream from neutral words.

Nothing is kept at the provider (`store: false`); its reasoning comes sealed, so that it can be sent back. Source: the
public reference and the parameter types of the official Python SDK.
"""

import re

import msgspec

from mainstay.model.catalogue import Capabilities
from mainstay.model.conversation import (
    Effort,
    Image,
    Prompt,
    Reasoning,
    Role,
    Text,
    Tool,
    ToolChoice,
    ToolMode,
    ToolResult,
    Turn,
)
from mainstay.model.fault import Fault
from mainstay.wire.codec import Target, Written
from mainstay.wire.digest import within
from mainstay.wire.effort import effort_of
from mainstay.wire.guaranteed_schema import may_be_strict
from mainstay.wire.notes import WritingNotes, unable
from mainstay.wire.openai_responses.request_items import InputItem, ItemWriter

PATH = "/responses"
OUTPUT_TOKENS_MIN = 16
"""Less is refused by the provider."""

_SEALED = "reasoning.encrypted_content"
_TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
_FORMAT_NAME_CHARACTERS = re.compile(r"[^A-Za-z0-9_-]")
_NAME_CHARACTERS_MAX = 64
_METADATA_MAX, _KEY_CHARACTERS_MAX, _VALUE_CHARACTERS_MAX = 16, 64, 512
# Families that reason unless told otherwise; they refuse sampling parameters.
_REASONS = re.compile(r"(?:o[1-9]|gpt-[5-9])(?:$|[-.])")
_TIERS = {"auto": "auto", "standard": "default", "flex": "flex", "priority": "priority"}


class _Function(msgspec.Struct, tag_field="type", tag="function", omit_defaults=True):
    name: str
    parameters: msgspec.Raw
    # Left out it would mean true, which the caller's schema may not allow.
    strict: bool | None
    description: str = ""


class _NamedTool(msgspec.Struct, tag_field="type", tag="function"):
    name: str


class _Effort(msgspec.Struct, omit_defaults=True):
    effort: str | None = None
    summary: str | None = None


class _JsonObject(msgspec.Struct, tag_field="type", tag="json_object"):
    pass


class _JsonSchema(msgspec.Struct, tag_field="type", tag="json_schema"):
    name: str
    schema: msgspec.Raw
    strict: bool


class _TextOptions(msgspec.Struct):
    format: _JsonObject | _JsonSchema


class _Body(msgspec.Struct, omit_defaults=True):
    model: str
    input: list[InputItem]
    stream: bool
    store: bool | None = None
    instructions: str | None = None
    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    tools: list[_Function] | None = None
    tool_choice: str | _NamedTool | None = None
    parallel_tool_calls: bool | None = None
    text: _TextOptions | None = None
    reasoning: _Effort | None = None
    include: tuple[str, ...] | None = None
    metadata: dict[str, str] | None = None
    safety_identifier: str | None = None
    service_tier: str | None = None


def write_prompt(prompt: Prompt, target: Target) -> Written | Fault:
    """The request; a fault says what this target cannot do."""
    missing = _missing(prompt, target)
    if missing:
        return unable(missing)
    notes = WritingNotes(target.capabilities)
    system, turns = _system(prompt.turns, notes)
    written = ItemWriter(target.issuer, notes)
    body = _Body(target.model or prompt.model, written.items, prompt.stream, store=False)
    body.instructions = system or None
    body.max_output_tokens = _limit(prompt, notes)
    body.reasoning = _effort(prompt.reasoning, notes)
    body.include = (_SEALED,) if body.reasoning and body.reasoning.effort != Effort.NONE.value else None
    _add_sampling(body, prompt, notes)
    _add_tools(body, prompt, notes)
    body.text = _text(prompt, notes)
    body.metadata = _metadata(prompt.metadata, notes)
    body.safety_identifier = within(prompt.end_user, _NAME_CHARACTERS_MAX) or None
    body.service_tier = _TIERS.get(prompt.service_tier)
    for turn in turns:
        written.write(turn)
    return Written(PATH, msgspec.json.encode(body), losses=notes.losses)


def _missing(prompt: Prompt, target: Target) -> str:
    if prompt.prefill:
        return "prefill"
    if target.capabilities.image_urls is False and any(_has_image_url(turn) for turn in prompt.turns):
        return "images by URL"
    unfit = next((tool.name for tool in prompt.tools if not _TOOL_NAME.fullmatch(tool.name)), None)
    return "" if unfit is None else f"a tool named {unfit[:_NAME_CHARACTERS_MAX]!r}"


def _has_image_url(turn: Turn) -> bool:
    parts = [*turn.parts, *(inner for part in turn.parts if isinstance(part, ToolResult) for inner in part.parts)]
    return any(isinstance(part, Image) and part.url for part in parts)


def _system(turns: tuple[Turn, ...], notes: WritingNotes) -> tuple[str, list[Turn]]:
    """The system prompt, and the turns that follow it."""
    first = next((place for place, turn in enumerate(turns) if turn.role is not Role.SYSTEM), len(turns))
    leading, rest = list(turns[:first]), list(turns[first:])
    if notes.able.system_turns is False and any(turn.role is Role.SYSTEM for turn in rest):
        notes.lose("place of system messages")
        leading += [turn for turn in rest if turn.role is Role.SYSTEM]
        rest = [turn for turn in rest if turn.role is not Role.SYSTEM]
    texts = [part.text for turn in leading for part in turn.parts if isinstance(part, Text)]
    return "\n\n".join(texts), rest


def _limit(prompt: Prompt, notes: WritingNotes) -> int | None:
    allowed, most = prompt.max_output_tokens, notes.able.output_tokens
    if allowed is None:
        return None
    if most is not None and allowed > most:
        notes.lose(f"max_output_tokens above {most}")
        return most
    if allowed < OUTPUT_TOKENS_MIN:
        notes.lose(f"max_output_tokens below {OUTPUT_TOKENS_MIN}")
        return OUTPUT_TOKENS_MIN
    return allowed


def _effort(wish: Reasoning | None, notes: WritingNotes) -> _Effort | None:
    if wish is None:
        return None
    if notes.able.thinking is False:
        if wish.effort is not Effort.NONE:
            notes.lose("reasoning")
        return None
    effort = wish.effort
    if effort is None and wish.budget_tokens is not None:
        notes.lose("exact thinking budget")
        effort = effort_of(wish.budget_tokens)
    summary = "auto" if wish.visible else None
    return _Effort(effort.value if effort else None, summary) if effort or summary else None


def _add_sampling(body: _Body, prompt: Prompt, notes: WritingNotes) -> None:
    wish = prompt.sampling
    notes.lose_given(
        {
            "top_k": wish.top_k,
            "seed": wish.seed,
            "frequency_penalty": wish.frequency_penalty,
            "presence_penalty": wish.presence_penalty,
            "stop sequences": prompt.stop_sequences or None,
        }
    )
    if _takes_sampling(body, notes.able):
        body.temperature, body.top_p = wish.temperature, wish.top_p
    else:
        notes.lose_given({"temperature": wish.temperature, "top_p": wish.top_p})


def _takes_sampling(body: _Body, able: Capabilities) -> bool:
    if able.sampling is not None:
        return able.sampling
    reasons = bool(body.reasoning and body.reasoning.effort != Effort.NONE.value)
    return not (reasons or able.thinking or _REASONS.match(body.model))


def _add_tools(body: _Body, prompt: Prompt, notes: WritingNotes) -> None:
    if not prompt.tools:
        return
    choice = prompt.tool_choice or ToolChoice()
    body.tools = [_function(tool, notes) for tool in prompt.tools]
    if prompt.tool_choice is not None:
        named = choice.mode is ToolMode.NAMED
        body.tool_choice = _NamedTool(choice.name) if named else choice.mode.value
    body.parallel_tool_calls = False if notes.able.parallel_tools is False else choice.parallel


def _function(tool: Tool, notes: WritingNotes) -> _Function:
    strict = _strict(tool.strict, tool.schema, notes)
    return _Function(tool.name, msgspec.Raw(tool.schema), strict, tool.description)


def _text(prompt: Prompt, notes: WritingNotes) -> _TextOptions | None:
    wanted = prompt.output_format
    if wanted is None:
        return None
    if not wanted.schema:
        return _TextOptions(_JsonObject())
    name = _FORMAT_NAME_CHARACTERS.sub("_", wanted.name)[:_NAME_CHARACTERS_MAX] or "answer"
    return _TextOptions(_JsonSchema(name, msgspec.Raw(wanted.schema), _strict(wanted.strict, wanted.schema, notes)))


def _strict(wished: bool | None, schema: bytes, notes: WritingNotes) -> bool:  # noqa: FBT001 (a wish, not a flag)
    """Strict mode, where the schema is of the form that it takes. It must be said here: strict is the default."""
    if wished and not may_be_strict(schema):
        notes.lose("strict schema")
        return False
    return bool(wished)


def _metadata(given: dict[str, str], notes: WritingNotes) -> dict[str, str] | None:
    if not given:
        return None
    fits = len(given) <= _METADATA_MAX and all(
        len(key) <= _KEY_CHARACTERS_MAX and len(value) <= _VALUE_CHARACTERS_MAX for key, value in given.items()
    )
    if not fits:
        notes.lose("metadata")
        return None
    return given
