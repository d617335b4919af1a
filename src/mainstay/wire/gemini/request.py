"""Requests of the Gemini API, written from a neutral prompt."""

import re
from urllib.parse import quote

import msgspec

from mainstay.model.conversation import OutputFormat, Prompt, ToolMode
from mainstay.model.fault import Fault
from mainstay.wire.codec import Target, Written
from mainstay.wire.gemini.reasoning import thinking_config
from mainstay.wire.gemini.shape import (
    Content,
    FunctionCallingConfig,
    FunctionDeclaration,
    GenerationConfig,
    Request,
    Tool,
    ToolConfig,
)
from mainstay.wire.gemini.turns import Conversation
from mainstay.wire.json_bytes import is_object
from mainstay.wire.notes import WritingNotes

STOP_SEQUENCES_MAX = 5
"""Gemini refuses more."""

_SEED_MAX = 2**31 - 1
_MODES = {ToolMode.AUTO: "AUTO", ToolMode.NONE: "NONE", ToolMode.REQUIRED: "ANY", ToolMode.NAMED: "ANY"}
_FUNCTION_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")
_USUAL_TIERS = frozenset(("", "auto", "standard"))


def write_prompt(prompt: Prompt, target: Target) -> Written | Fault:
    """The request for this target; a fault names what Gemini cannot be told."""
    notes = WritingNotes(target.capabilities)
    conversation = Conversation(target.model, target.issuer, notes)
    for turn in prompt.turns:
        conversation.add(turn)
    conversation.close()
    _note_problems(prompt, notes)
    if notes.obstacle is not None:
        return notes.obstacle
    config = _generation_config(prompt, target.model, notes)
    request = Request(
        contents=conversation.contents,
        system_instruction=Content(conversation.system) if conversation.system else None,
        tools=_tools(prompt, notes),
        tool_config=_tool_config(prompt, notes),
        generation_config=None if config == GenerationConfig() else config,
    )
    _note_unsaid(prompt, notes)
    return Written(_path(prompt, target), msgspec.json.encode(request), losses=notes.losses)


def _path(prompt: Prompt, target: Target) -> str:
    verb = "streamGenerateContent?alt=sse" if prompt.stream else "generateContent"
    return f"/models/{quote(target.model, safe='@')}:{verb}"


def _note_problems(prompt: Prompt, notes: WritingNotes) -> None:
    if prompt.prefill and not notes.able.prefill:
        notes.bar("prefill")
    for tool in prompt.tools:
        if not _FUNCTION_NAME.fullmatch(tool.name):
            notes.bar(f"a tool named {tool.name[:80]!r}")
        elif not is_object(tool.schema):
            notes.bar(f"the schema of tool {tool.name!r}")
    wanted = prompt.output_format
    if wanted and wanted.schema and not is_object(wanted.schema):
        notes.bar("the schema of the answer")


def _tools(prompt: Prompt, notes: WritingNotes) -> list[Tool]:
    if any(tool.strict for tool in prompt.tools):
        notes.lose("strict tool schemas")
    declarations = [FunctionDeclaration(tool.name, msgspec.Raw(tool.schema), tool.description) for tool in prompt.tools]
    return [Tool(declarations)] if declarations else []


def _tool_config(prompt: Prompt, notes: WritingNotes) -> ToolConfig | None:
    choice = prompt.tool_choice
    if choice is None or not prompt.tools:
        return None
    if choice.parallel is False:
        notes.lose("parallel tool calls switched off")
    names = [choice.name] if choice.mode is ToolMode.NAMED else []
    return ToolConfig(FunctionCallingConfig(_MODES[choice.mode], names))


def _generation_config(prompt: Prompt, model: str, notes: WritingNotes) -> GenerationConfig:
    config = GenerationConfig(max_output_tokens=prompt.max_output_tokens)
    _set_sampling(config, prompt, notes)
    config.stop_sequences = list(prompt.stop_sequences[:STOP_SEQUENCES_MAX])
    if len(prompt.stop_sequences) > STOP_SEQUENCES_MAX:
        notes.lose(f"stop sequences beyond {STOP_SEQUENCES_MAX}")
    if prompt.output_format is not None:
        _set_format(config, prompt.output_format)
    if prompt.reasoning is not None:
        config.thinking_config = thinking_config(prompt.reasoning, model, notes, prompt.max_output_tokens)
    return config


def _set_sampling(config: GenerationConfig, prompt: Prompt, notes: WritingNotes) -> None:
    sampling = prompt.sampling
    if notes.able.sampling is False:
        notes.lose_given({"temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": sampling.top_k})
    else:
        config.temperature, config.top_p, config.top_k = sampling.temperature, sampling.top_p, sampling.top_k
    config.presence_penalty, config.frequency_penalty = sampling.presence_penalty, sampling.frequency_penalty
    if sampling.seed is None or -_SEED_MAX <= sampling.seed <= _SEED_MAX:
        config.seed = sampling.seed
    else:
        notes.lose("seed")


def _set_format(config: GenerationConfig, wanted: OutputFormat) -> None:
    config.response_mime_type = "application/json"
    if wanted.schema:
        config.response_json_schema = msgspec.Raw(wanted.schema)


def _note_unsaid(prompt: Prompt, notes: WritingNotes) -> None:
    """Parameters that Gemini has no word for."""
    if prompt.end_user:
        notes.lose("end user")
    if prompt.metadata:
        notes.lose("metadata")
    if prompt.service_tier not in _USUAL_TIERS:
        notes.lose("service tier")
