"""A caller's request, told in the words that every dialect shares."""

import msgspec

from mainstay.model.call import Call
from mainstay.model.conversation import (
    Effort,
    OutputFormat,
    Prompt,
    Reasoning,
    Role,
    Sampling,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolMode,
    Turn,
)
from mainstay.model.fault import Fault
from mainstay.wire.json_bytes import BAD_JSON, FIELDS, Fields, is_given
from mainstay.wire.notes import ReadingNotes
from mainstay.wire.openai_chat import request_shape as shape
from mainstay.wire.openai_chat.message_reader import read_messages
from mainstay.wire.refusal import unreadable

_TOLD = frozenset(shape.Request.__struct_fields__)
# Values that ask for nothing: as good as left out.
_IDLE: dict[str, frozenset[bytes]] = {
    "n": frozenset((b"1",)),
    "store": frozenset((b"false",)),
    "logprobs": frozenset((b"false",)),
    "top_logprobs": frozenset((b"0",)),
    "logit_bias": frozenset((b"{}",)),
    "modalities": frozenset((b'["text"]', b"[]")),
}
# An answer that disregarded these would be a wrong one. The last ones bind the output of self-hosted servers.
_STAYS: dict[str, str] = {
    "n": "n",
    "logprobs": "logprobs",
    "top_logprobs": "logprobs",
    "modalities": "audio",
    "audio": "audio",
    "web_search_options": "web_search_options",
    **{
        name: name
        for name in (
            "guided_json",
            "guided_regex",
            "guided_choice",
            "guided_grammar",
            "structured_outputs",
            "grammar",
            "json_schema",
        )
    },
}
_MODES: dict[str, ToolMode] = {
    "auto": ToolMode.AUTO,
    "none": ToolMode.NONE,
    "required": ToolMode.REQUIRED,
    "any": ToolMode.REQUIRED,
}
_EFFORTS: dict[str, Effort] = {effort.value: effort for effort in Effort}
_TIERS: dict[str, str] = {"auto": "auto", "default": "standard", "flex": "flex", "priority": "priority"}
_METADATA = msgspec.json.Decoder(dict[str, str])


def read_prompt(call: Call) -> Prompt | Fault:
    """The request; a fault where it makes no sense to anybody."""
    try:
        request = shape.REQUEST.decode(call.body)
        fields = FIELDS.decode(call.body)
    except BAD_JSON as error:
        return unreadable(error)
    notes = ReadingNotes()
    turns = read_messages(request.messages, notes)
    if isinstance(turns, Fault):
        return turns
    limit = request.max_tokens if request.max_completion_tokens is None else request.max_completion_tokens
    _note_fields(fields, notes)
    return Prompt(
        dialect=call.dialect,
        model=request.model,
        turns=turns,
        stream=bool(request.stream),
        include_usage=bool(request.stream_options and request.stream_options.include_usage),
        tools=_tools(request, notes),
        tool_choice=_tool_choice(request, notes),
        max_output_tokens=limit,
        stop_sequences=_stop_sequences(request.stop),
        sampling=_sampling(request),
        output_format=_output_format(request.response_format, notes),
        reasoning=_reasoning(request.reasoning_effort, notes),
        end_user=request.safety_identifier or request.user or "",
        metadata=_metadata(request.metadata, notes),
        service_tier=_service_tier(request.service_tier, notes),
        prefill=_is_prefill(turns),
        extras=notes.extras,
        stays=notes.stays,
    )


def _note_fields(fields: Fields, notes: ReadingNotes) -> None:
    """What the request says beyond what can be told."""
    for name, value in fields.items():
        if name in _TOLD or not is_given(value) or bytes(value) in _IDLE.get(name, ()):
            continue
        if name in _STAYS:
            notes.stay(_STAYS[name])
        else:
            notes.drop(name[:60])


def _tools(request: shape.Request, notes: ReadingNotes) -> tuple[Tool, ...]:
    tools = [_tool(function) for function in request.functions or ()]
    for tool in request.tools or ():
        if tool.type == "function" and tool.function is not None:
            tools.append(_tool(tool.function))
        else:
            notes.stay(f"{tool.type[:60]} tool")
    return tuple(tools)


def _tool(function: shape.Function) -> Tool:
    tool = Tool(function.name, function.description or "", strict=function.strict)
    if not is_given(function.parameters):
        return tool
    return msgspec.structs.replace(tool, schema=bytes(function.parameters))


def _tool_choice(request: shape.Request, notes: ReadingNotes) -> ToolChoice | None:
    choice = request.function_call if request.tool_choice is None else request.tool_choice
    parallel = request.parallel_tool_calls
    if choice is None:
        return None if parallel is None else ToolChoice(parallel=parallel)
    if isinstance(choice, shape.NamedTool):
        if choice.type != "function" or choice.function is None:
            notes.stay("custom tool" if choice.type == "custom" else choice.type[:60])
            return None
        choice = choice.function
    if isinstance(choice, shape.NamedFunction):
        return ToolChoice(ToolMode.NAMED, choice.name, parallel)
    if choice not in _MODES:
        notes.stay(f"tool_choice {choice[:60]}")
        return None
    return ToolChoice(_MODES[choice], parallel=parallel)


def _stop_sequences(stop: str | list[str] | None) -> tuple[str, ...]:
    given = [stop] if isinstance(stop, str) else stop or []
    return tuple(sequence for sequence in given if sequence)


def _sampling(request: shape.Request) -> Sampling:
    return Sampling(
        request.temperature,
        request.top_p,
        # Self-hosted servers read 0 and -1 as "off".
        request.top_k if request.top_k is not None and request.top_k > 0 else None,
        request.seed,
        request.frequency_penalty,
        request.presence_penalty,
    )


def _output_format(wish: shape.ResponseFormat | None, notes: ReadingNotes) -> OutputFormat | None:
    if wish is None or wish.type == "text":
        return None
    if wish.type == "json_object":
        return OutputFormat()
    schema = wish.json_schema
    if wish.type != "json_schema" or schema is None:
        notes.stay(f"response_format {wish.type[:60]}")
        return None
    if schema.description:
        notes.drop("description of response_format")
    shown = bytes(schema.schema) if is_given(schema.schema) else b""
    return OutputFormat(shown, schema.name or "answer", schema.strict)


def _reasoning(effort: str | None, notes: ReadingNotes) -> Reasoning | None:
    if effort is None:
        return None
    if effort not in _EFFORTS:
        notes.drop("reasoning_effort")
        return None
    return Reasoning(_EFFORTS[effort])


def _metadata(value: msgspec.Raw, notes: ReadingNotes) -> dict[str, str]:
    if not is_given(value):
        return {}
    try:
        return _METADATA.decode(value)
    except BAD_JSON:
        notes.drop("metadata")
        return {}


def _service_tier(tier: str | None, notes: ReadingNotes) -> str:
    if tier is None:
        return ""
    if tier not in _TIERS:
        notes.drop("service_tier")
    return _TIERS.get(tier, "")


def _is_prefill(turns: tuple[Turn, ...]) -> bool:
    """Whether the last message is a beginning of the answer."""
    if not turns or turns[-1].role is not Role.ASSISTANT:
        return False
    parts = turns[-1].parts
    return any(isinstance(part, Text) for part in parts) and not any(isinstance(part, ToolCall) for part in parts)
