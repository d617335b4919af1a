"""Reads a caller's request of Responses into neutral words.

What only this protocol has is named: `extras` are left out on a crossing, `stays` bar it. Fields about keeping, caching
and streaming are served by the gateway itself or change nothing in the answer. Source: the public reference.
"""

import msgspec

from mainstay.model.call import Call
from mainstay.model.conversation import Effort, OutputFormat, Prompt, Reasoning, Sampling, Turn
from mainstay.model.fault import Fault
from mainstay.wire.json_bytes import ABSENT, BAD_JSON, FIELDS, Fields, is_given
from mainstay.wire.notes import ReadingNotes
from mainstay.wire.openai_responses.input_items import InputReader
from mainstay.wire.openai_responses.tools_reader import (
    NamedChoice,
    OfferedTool,
    free_text_tools,
    read_choice,
    read_tools,
)
from mainstay.wire.refusal import unreadable

_HANDLED = frozenset(
    (
        "background",
        "background_options",
        "client_metadata",
        "include",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
        "store",
        "stream",
        "stream_options",
        "truncation",
    )
)
_PROVIDER_STATE = ("conversation", "previous_response_id", "prompt")
_LOGPROBS = b"message.output_text.logprobs"
_TIERS = {"auto": "auto", "default": "standard", "flex": "flex", "priority": "priority"}
_EFFORTS = {effort.value: effort for effort in Effort}
_STANDARD = "standard"


class _Format(msgspec.Struct):
    type: str = "text"
    name: str = "answer"
    schema: msgspec.Raw = ABSENT
    strict: bool | None = None


class _Text(msgspec.Struct):
    format: _Format | None = None
    verbosity: str | None = None


class _Reasoning(msgspec.Struct):
    effort: str | None = None
    summary: str | None = None
    generate_summary: str | None = None
    mode: str | None = None


class _Request(msgspec.Struct):
    """The fields that are read; a member of any other name is an extra."""

    model: str
    input: msgspec.Raw = ABSENT
    instructions: str | None = None
    max_output_tokens: int | None = None
    metadata: dict[str, str] | None = None
    parallel_tool_calls: bool | None = None
    reasoning: _Reasoning | None = None
    safety_identifier: str | None = None
    service_tier: str | None = None
    temperature: float | None = None
    text: _Text | None = None
    tool_choice: str | NamedChoice | None = None
    tools: list[OfferedTool] | None = None
    top_logprobs: int | None = None
    top_p: float | None = None
    user: str | None = None
    conversation: msgspec.Raw = ABSENT
    previous_response_id: msgspec.Raw = ABSENT
    prompt: msgspec.Raw = ABSENT


_REQUEST = msgspec.json.Decoder(_Request)
_KNOWN = _HANDLED.union(_Request.__struct_fields__)


def read_prompt(call: Call) -> Prompt | Fault:
    """The request in neutral words; a fault where it makes no sense."""
    notes = ReadingNotes()
    said = InputReader(notes)
    try:
        request = _REQUEST.decode(call.body)
        _note_fields(request, FIELDS.decode(call.body), notes)
        if request.instructions:
            said.instructions(request.instructions)
        said.read(request.input)
    except BAD_JSON as error:
        return notes.mistake or unreadable(error)
    if not (said.turns or notes.stays):
        notes.wrong("input", "there is nothing to answer. Add a message.")
    return notes.mistake or _prompt(call, request, tuple(said.turns), notes)


def _prompt(call: Call, request: _Request, turns: tuple[Turn, ...], notes: ReadingNotes) -> Prompt:
    offered = request.tools or ()
    tools = read_tools(offered, notes)
    choice = read_choice(request.tool_choice, tools, notes, parallel=request.parallel_tool_calls)
    return Prompt(
        dialect=call.dialect,
        model=request.model,
        turns=turns,
        stream=call.stream,
        include_usage=True,
        tools=tools,
        tool_choice=choice,
        max_output_tokens=request.max_output_tokens,
        sampling=Sampling(temperature=request.temperature, top_p=request.top_p),
        output_format=_output_format(request),
        reasoning=_reasoning(request.reasoning),
        end_user=request.safety_identifier or request.user or "",
        metadata=request.metadata or {},
        service_tier=_TIERS.get(request.service_tier or "", ""),
        extras=notes.extras,
        stays=notes.stays,
        custom_tools=free_text_tools(offered),
    )


def _output_format(request: _Request) -> OutputFormat | None:
    wanted = request.text.format if request.text else None
    if wanted is None or wanted.type == "text":
        return None
    return OutputFormat(bytes(wanted.schema) if is_given(wanted.schema) else b"", wanted.name, wanted.strict)


def _reasoning(wish: _Reasoning | None) -> Reasoning | None:
    if wish is None:
        return None
    summary = wish.summary or wish.generate_summary
    effort = _EFFORTS.get(wish.effort or "")
    return Reasoning(effort, None, True if summary else None) if effort or summary else None


def _note_fields(request: _Request, fields: Fields, notes: ReadingNotes) -> None:
    for name in _PROVIDER_STATE:
        if is_given(fields.get(name, ABSENT)):
            notes.stay(name)
    if request.top_logprobs or _LOGPROBS in bytes(fields.get("include", ABSENT)):
        notes.stay("logprobs")
    for name, value in fields.items():
        if name not in _KNOWN and is_given(value):
            notes.drop(name[:60])
    wish = request.reasoning
    if request.text and request.text.verbosity:
        notes.drop("text.verbosity")
    if wish and (wish.mode or _STANDARD) != _STANDARD:
        notes.drop("reasoning.mode")
    if wish and wish.effort and wish.effort not in _EFFORTS:
        notes.drop("reasoning.effort")
    if request.service_tier and request.service_tier not in _TIERS:
        notes.drop("service_tier")
