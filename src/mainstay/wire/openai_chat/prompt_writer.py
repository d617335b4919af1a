"""A request for a Chat Completions upstream, written from neutral words.

For OpenAI itself and for every server that imitates it: where both understand an old, plain shape, that one is used.
Where they differ the model's name decides (`family`). Reasoning of earlier turns never goes out.
"""

import re

import msgspec
from msgspec import UNSET, UnsetType

from mainstay.model.catalogue import PrefillForm
from mainstay.model.conversation import Effort, OutputFormat, Prompt, Reasoning, Sampling, Tool, ToolChoice, ToolMode
from mainstay.model.fault import Fault
from mainstay.wire.codec import Target, Written
from mainstay.wire.digest import within
from mainstay.wire.effort import effort_of
from mainstay.wire.guaranteed_schema import may_be_strict
from mainstay.wire.notes import WritingNotes, unable
from mainstay.wire.openai_chat.family import Family, family_of, nearest_effort
from mainstay.wire.openai_chat.message_writer import Message, write_messages

PATH = "/chat/completions"
STOP_SEQUENCES_MAX = 4
"""OpenAI's limit, and that of most others."""
TOOL_NAME_CHARACTERS_MAX = 64
END_USER_CHARACTERS_MAX = 64

_FORMAT_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TIERS: dict[str, str] = {"auto": "auto", "standard": "default", "priority": "priority", "flex": "flex"}
_WITHOUT_EFFECT_ELSEWHERE = frozenset(("", "auto", "standard"))
_DEFAULT = 1.0
"""Of temperature and top_p: leaving that out loses nothing."""


class _Function(msgspec.Struct):
    name: str
    parameters: msgspec.Raw
    description: str | UnsetType = UNSET
    strict: bool | UnsetType = UNSET


class _Tool(msgspec.Struct):
    function: _Function
    type: str = "function"


class _Name(msgspec.Struct):
    name: str


class _NamedTool(msgspec.Struct):
    function: _Name
    type: str = "function"


class _JsonSchema(msgspec.Struct):
    name: str
    schema: msgspec.Raw
    strict: bool | UnsetType = UNSET


class _ResponseFormat(msgspec.Struct):
    type: str
    json_schema: _JsonSchema | UnsetType = UNSET


class _StreamOptions(msgspec.Struct):
    include_usage: bool = True


class _Request(msgspec.Struct, omit_defaults=True):
    """All but the first two are left out where nothing was asked."""

    model: str
    messages: list[Message]
    stream: bool = False
    stream_options: _StreamOptions | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    tools: list[_Tool] | None = None
    tool_choice: str | _NamedTool | None = None
    parallel_tool_calls: bool | None = None
    response_format: _ResponseFormat | None = None
    reasoning_effort: str | None = None
    stop: list[str] | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    user: str | None = None
    safety_identifier: str | None = None
    service_tier: str | None = None
    continue_final_message: bool | None = None
    add_generation_prompt: bool | None = None


def write_prompt(prompt: Prompt, target: Target) -> Written | Fault:
    """The request, or what the target cannot do."""
    family, notes = family_of(target.model), WritingNotes(target.capabilities)
    messages = write_messages(prompt.turns, family, notes)
    if isinstance(messages, Fault):
        return messages
    if family.is_openai and any(len(tool.name) > TOOL_NAME_CHARACTERS_MAX for tool in prompt.tools):
        return unable(f"tool names of more than {TOOL_NAME_CHARACTERS_MAX} characters")
    request = _Request(target.model, messages)
    _stream(request, prompt)
    _limit(request, prompt, family)
    _tools(request, prompt, family, notes)
    _sampling(request, prompt.sampling, family, notes)
    _stop_sequences(request, prompt.stop_sequences, family, notes)
    request.response_format = _response_format(prompt.output_format, notes)
    request.reasoning_effort = _effort(prompt.reasoning, family, notes)
    _about_the_caller(request, prompt, family, notes)
    _prefill(request, prompt, notes)
    return Written(PATH, msgspec.json.encode(request), losses=notes.losses)


def _stream(request: _Request, prompt: Prompt) -> None:
    if prompt.stream:
        request.stream = True
        request.stream_options = _StreamOptions()


def _limit(request: _Request, prompt: Prompt, family: Family) -> None:
    if family.is_openai:
        request.max_completion_tokens = prompt.max_output_tokens
    else:
        request.max_tokens = prompt.max_output_tokens


def _tools(request: _Request, prompt: Prompt, family: Family, notes: WritingNotes) -> None:
    """OpenAI refuses rules for tools where there are none."""
    if not prompt.tools:
        return
    request.tools = [_tool(tool, notes) for tool in prompt.tools]
    choice = prompt.tool_choice or ToolChoice()
    if prompt.tool_choice is not None and choice.mode is ToolMode.NAMED:
        request.tool_choice = _NamedTool(_Name(choice.name))
    elif prompt.tool_choice is not None:
        request.tool_choice = choice.mode.value
    parallel = False if notes.able.parallel_tools is False else choice.parallel
    if not family.is_o_series:
        request.parallel_tool_calls = parallel
    elif choice.parallel is False:
        notes.lose("parallel_tool_calls")


def _tool(tool: Tool, notes: WritingNotes) -> _Tool:
    strict = _strict(tool.strict, tool.schema, notes)
    return _Tool(_Function(tool.name, msgspec.Raw(tool.schema), tool.description or UNSET, strict))


def _sampling(request: _Request, sampling: Sampling, family: Family, notes: WritingNotes) -> None:
    able = notes.able.sampling
    fixed = able is False or (family.is_openai and family.reasons and able is not True)
    request.temperature = _allowed("temperature", sampling.temperature, notes, is_refused=fixed)
    request.top_p = _allowed("top_p", sampling.top_p, notes, is_refused=fixed)
    refuses_penalties = family.is_openai and fixed
    request.frequency_penalty = _allowed(
        "frequency_penalty", sampling.frequency_penalty, notes, is_refused=refuses_penalties
    )
    request.presence_penalty = _allowed(
        "presence_penalty", sampling.presence_penalty, notes, is_refused=refuses_penalties
    )
    if sampling.top_k is not None and (family.is_openai or able is False):
        notes.lose("top_k")
    else:
        request.top_k = sampling.top_k
    request.seed = sampling.seed


def _allowed(name: str, value: float | None, notes: WritingNotes, *, is_refused: bool) -> float | None:
    if not is_refused:
        return value
    neutral = 0.0 if name.endswith("penalty") else _DEFAULT
    if value is not None and value != neutral:
        notes.lose(name)
    return None


def _stop_sequences(request: _Request, sequences: tuple[str, ...], family: Family, notes: WritingNotes) -> None:
    if not sequences:
        return
    if family.is_openai and family.reasons:
        notes.lose("stop sequences")
        return
    if len(sequences) > STOP_SEQUENCES_MAX:
        notes.lose(f"stop sequences beyond {STOP_SEQUENCES_MAX}")
    request.stop = list(sequences[:STOP_SEQUENCES_MAX])


def _response_format(wish: OutputFormat | None, notes: WritingNotes) -> _ResponseFormat | None:
    if wish is None:
        return None
    if not wish.schema:
        return _ResponseFormat("json_object")
    name = wish.name if _FORMAT_NAME.fullmatch(wish.name) else "answer"
    strict = _strict(wish.strict, wish.schema, notes)
    return _ResponseFormat("json_schema", _JsonSchema(name, msgspec.Raw(wish.schema), strict))


def _strict(wished: bool | None, schema: bytes, notes: WritingNotes) -> bool | UnsetType:  # noqa: FBT001 (a wish, not a flag)
    """Strict mode, where the schema is of the form that it takes."""
    if wished and not may_be_strict(schema):
        notes.lose("strict schema")
        return False
    return UNSET if wished is None else wished


def _effort(wish: Reasoning | None, family: Family, notes: WritingNotes) -> str | None:
    if wish is None:
        return None
    effort = wish.effort
    if effort is None and wish.budget_tokens is not None:
        effort = effort_of(wish.budget_tokens)
    able = notes.able.thinking
    if able is False or not (family.reasons or able):
        if effort is not Effort.NONE:
            notes.lose("reasoning")
        return None
    if wish.visible and family.is_openai:
        notes.lose("visible reasoning")
    if effort is None:
        return None
    given = nearest_effort(effort, family.efforts)
    if given is not effort:
        notes.lose(f"reasoning effort {effort.value} ({given.value} instead)")
    return given.value


def _about_the_caller(request: _Request, prompt: Prompt, family: Family, notes: WritingNotes) -> None:
    if prompt.end_user:
        identifier = within(prompt.end_user, END_USER_CHARACTERS_MAX)
        if family.is_openai:
            request.safety_identifier = identifier
        else:
            request.user = identifier
    if prompt.metadata:
        # OpenAI takes it only together with `store`, which is never asked for on a crossing.
        notes.lose("metadata")
    if family.is_openai:
        request.service_tier = _TIERS.get(prompt.service_tier)
    elif prompt.service_tier not in _WITHOUT_EFFECT_ELSEWHERE:
        notes.lose("service_tier")


def _prefill(request: _Request, prompt: Prompt, notes: WritingNotes) -> None:
    if not prompt.prefill:
        return
    if not notes.able.prefill:
        notes.lose("prefill")
        return
    match notes.able.prefill_form:
        case PrefillForm.FLAGS:
            request.continue_final_message = True
            request.add_generation_prompt = False
        case PrefillForm.PREFIX:
            request.messages[-1].prefix = True
        case PrefillForm.PLAIN:
            pass
