"""Requests of the Gemini API, written from a neutral prompt."""

import re
from urllib.parse import quote

import msgspec

from mainstay.model.conversation import OutputFormat, Prompt, ToolMode
from mainstay.model.fault import Fault, FaultKind
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

STOP_SEQUENCES_MAX = 5
"""Gemini refuses more."""

_SEED_MAX = 2**31 - 1
_MODES = {ToolMode.AUTO: "AUTO", ToolMode.NONE: "NONE", ToolMode.REQUIRED: "ANY", ToolMode.NAMED: "ANY"}
_FUNCTION_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")
_USUAL_TIERS = frozenset(("", "auto", "standard"))
_UNAVAILABLE = 503


def write_prompt(prompt: Prompt, target: Target) -> Written | Fault:
    """The request for this target; a fault names what Gemini cannot be told."""
    conversation = Conversation(target)
    for turn in prompt.turns:
        conversation.add(turn)
    conversation.close()
    problem = conversation.problem or _problem(prompt, target)
    if problem:
        return Fault(FaultKind.NO_CANDIDATE, problem, _UNAVAILABLE, "no_candidate")
    losses = conversation.losses
    config = _generation_config(prompt, target, losses)
    request = Request(
        contents=conversation.contents,
        system_instruction=Content(conversation.system) if conversation.system else None,
        tools=_tools(prompt, losses),
        tool_config=_tool_config(prompt, losses),
        generation_config=None if config == GenerationConfig() else config,
    )
    losses += _unsaid(prompt)
    return Written(_path(prompt, target), msgspec.json.encode(request), losses=tuple(dict.fromkeys(losses)))


def _path(prompt: Prompt, target: Target) -> str:
    verb = "streamGenerateContent?alt=sse" if prompt.stream else "generateContent"
    return f"/models/{quote(target.model, safe='@')}:{verb}"


def _problem(prompt: Prompt, target: Target) -> str:
    if prompt.prefill and not target.capabilities.prefill:
        return "prefill"
    for tool in prompt.tools:
        if not _FUNCTION_NAME.fullmatch(tool.name):
            return f"a tool named {tool.name[:80]!r}"
        if not is_object(tool.schema):
            return f"the schema of tool {tool.name!r}"
    wanted = prompt.output_format
    return "the schema of the answer" if wanted and wanted.schema and not is_object(wanted.schema) else ""


def _tools(prompt: Prompt, losses: list[str]) -> list[Tool]:
    if any(tool.strict for tool in prompt.tools):
        losses.append("strict tool schemas")
    declarations = [FunctionDeclaration(tool.name, msgspec.Raw(tool.schema), tool.description) for tool in prompt.tools]
    return [Tool(declarations)] if declarations else []


def _tool_config(prompt: Prompt, losses: list[str]) -> ToolConfig | None:
    choice = prompt.tool_choice
    if choice is None or not prompt.tools:
        return None
    if choice.parallel is False:
        losses.append("parallel tool calls switched off")
    names = [choice.name] if choice.mode is ToolMode.NAMED else []
    return ToolConfig(FunctionCallingConfig(_MODES[choice.mode], names))


def _generation_config(prompt: Prompt, target: Target, losses: list[str]) -> GenerationConfig:
    config = GenerationConfig(max_output_tokens=prompt.max_output_tokens)
    _set_sampling(config, prompt, target, losses)
    config.stop_sequences = list(prompt.stop_sequences[:STOP_SEQUENCES_MAX])
    if len(prompt.stop_sequences) > STOP_SEQUENCES_MAX:
        losses.append(f"stop sequences beyond {STOP_SEQUENCES_MAX}")
    if prompt.output_format is not None:
        _set_format(config, prompt.output_format)
    if prompt.reasoning is not None:
        config.thinking_config = thinking_config(prompt.reasoning, target, losses)
    return config


def _set_sampling(config: GenerationConfig, prompt: Prompt, target: Target, losses: list[str]) -> None:
    sampling = prompt.sampling
    if target.capabilities.sampling is False:
        chance = {"temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": sampling.top_k}
        losses += [name for name, value in chance.items() if value is not None]
    else:
        config.temperature, config.top_p, config.top_k = sampling.temperature, sampling.top_p, sampling.top_k
    config.presence_penalty, config.frequency_penalty = sampling.presence_penalty, sampling.frequency_penalty
    if sampling.seed is None or -_SEED_MAX <= sampling.seed <= _SEED_MAX:
        config.seed = sampling.seed
    else:
        losses.append("seed")


def _set_format(config: GenerationConfig, wanted: OutputFormat) -> None:
    config.response_mime_type = "application/json"
    if wanted.schema:
        config.response_json_schema = msgspec.Raw(wanted.schema)


def _unsaid(prompt: Prompt) -> list[str]:
    """Parameters that Gemini has no word for."""
    given = {
        "end user": bool(prompt.end_user),
        "metadata": bool(prompt.metadata),
        "service tier": prompt.service_tier not in _USUAL_TIERS,
    }
    return [name for name, is_given in given.items() if is_given]
