"""Whole answers of Converse: are they what they promise to be, and what do they say?

Source: the service description (`ConverseResponse`).
"""

import msgspec

from mainstay.model.conversation import Part, Text, Thinking, ToolCall
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Usage
from mainstay.model.http import Headers
from mainstay.model.piece import Stop, WholeAnswer
from mainstay.wire.bedrock.errors import classify_inside
from mainstay.wire.classify import malformed
from mainstay.wire.headers import header
from mainstay.wire.json_bytes import BAD_JSON, FIELDS, is_object
from mainstay.wire.tool_ids import AnswerIds

STOPS = {
    "end_turn": Stop.END,
    "tool_use": Stop.TOOL,
    "max_tokens": Stop.LENGTH,
    "stop_sequence": Stop.SEQUENCE,
    "guardrail_intervened": Stop.FILTER,
    "content_filtered": Stop.FILTER,
    "model_context_window_exceeded": Stop.CONTEXT,
}
MALFORMED_STOPS = frozenset(("malformed_model_output", "malformed_tool_use"))
REQUEST_ID = "x-amzn-requestid"

_SUCCESS = 200
CUTTING_STOPS = frozenset((Stop.LENGTH, Stop.CONTEXT))
"""Those that may fall into a tool call."""
_PROMISE_CONTENT = frozenset((Stop.END, Stop.TOOL))
_SERVER_TOOL = "server_tool_use"


class TokenCounts(msgspec.Struct, rename="camel", gc=False):
    """The `usage` object. `input_tokens` counts what the cache neither took nor gave."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_input_tokens: int | None = None
    cache_write_input_tokens: int | None = None


class _ToolUse(msgspec.Struct, rename="camel"):
    name: str
    tool_use_id: str = ""
    input: msgspec.Raw = msgspec.Raw(b"{}")
    type: str = ""


class _ReasoningText(msgspec.Struct):
    text: str
    signature: str | None = None


class _Reasoning(msgspec.Struct, rename="camel"):
    reasoning_text: _ReasoningText | None = None
    redacted_content: str | None = None


class _Words(msgspec.Struct):
    text: str = ""


class _Cited(msgspec.Struct):
    content: list[_Words] = []


class _Block(msgspec.Struct, rename="camel"):
    text: str | None = None
    tool_use: _ToolUse | None = None
    reasoning_content: _Reasoning | None = None
    citations_content: _Cited | None = None


class _Message(msgspec.Struct):
    content: list[msgspec.Raw]


class _Output(msgspec.Struct):
    message: _Message


class _Answer(msgspec.Struct, rename="camel"):
    output: _Output
    stop_reason: str
    usage: TokenCounts | None = None


_ANSWER = msgspec.json.Decoder(_Answer)
_BLOCK = msgspec.json.Decoder(_Block)


def usage(counts: TokenCounts) -> Usage:
    """The same numbers in the words of the house: cached input is part of all input."""
    read, written = counts.cache_read_input_tokens or 0, counts.cache_write_input_tokens or 0
    return Usage(counts.input_tokens + read + written, counts.output_tokens, read, cache_write_tokens=written)


def untold(what: str) -> Fault:
    """The fault of an answer that no other dialect has words for."""
    return malformed(f"The answer cannot be told in another dialect: {what}.", "untold")


def stop_of(reason: str) -> Stop | Fault:
    """What a stop reason means. One that nobody knows is taken for an end: the answer itself is whole."""
    if reason in MALFORMED_STOPS:
        return malformed(f"The model wrote what cannot be used ({reason}).")
    return STOPS.get(reason, Stop.END)


def read_answer(headers: Headers, body: bytes) -> WholeAnswer | Fault:
    """A whole 200 body."""
    try:
        answer = _ANSWER.decode(body)
    except BAD_JSON:
        return classify_inside(body) or malformed("The provider's answer is not one of Converse.")
    stop = stop_of(answer.stop_reason)
    if isinstance(stop, Fault):
        return stop
    answer_id = header(headers, REQUEST_ID) or ""
    parts = _parts(answer.output.message.content, answer_id, is_cut=stop in CUTTING_STOPS)
    if isinstance(parts, Fault):
        return parts
    if not parts and stop in _PROMISE_CONTENT:
        return Fault(FaultKind.EMPTY, "The provider's answer is empty.", _SUCCESS, "empty_answer")
    if stop is Stop.END and any(isinstance(part, ToolCall) for part in parts):
        stop = Stop.TOOL
    counts = None if answer.usage is None else usage(answer.usage)
    return WholeAnswer(answer_id, "", tuple(parts), stop, usage=counts)


def _parts(blocks: list[msgspec.Raw], answer_id: str, *, is_cut: bool) -> list[Part] | Fault:
    parts: list[Part] = []
    ids = AnswerIds(answer_id)
    for raw in blocks:
        try:
            block = _BLOCK.decode(raw)
        except BAD_JSON:
            return malformed("A block of the provider's answer makes no sense.")
        if block.tool_use is not None:
            call = _call(block.tool_use, ids)
            if isinstance(call, Fault):
                # An answer that was cut off may end inside the arguments of a call.
                if is_cut and raw is blocks[-1]:
                    break
                return call
            parts.append(call)
            continue
        told = _told(block)
        if told is None:
            return untold(f"block {_kind(raw)}")
        parts += told
    return parts


def _told(block: _Block) -> list[Part] | None:
    """What a block other than a call says; `None` for a block of a kind that is not known."""
    if block.text is not None:
        return [Text(block.text)] if block.text else []
    if block.citations_content is not None:
        text = "".join(words.text for words in block.citations_content.content)
        return [Text(text)] if text else []
    reasoning = block.reasoning_content
    if reasoning is None:
        return None
    if reasoning.reasoning_text is not None:
        return [Thinking(text=reasoning.reasoning_text.text, seal=reasoning.reasoning_text.signature or "")]
    return [Thinking(seal=reasoning.redacted_content or "", hidden=True)]


def _call(use: _ToolUse, ids: AnswerIds) -> ToolCall | Fault:
    if use.type == _SERVER_TOOL:
        return untold("block toolUse of the server")
    arguments = bytes(use.input)
    if not is_object(arguments):
        return malformed(f"The arguments of a call of {use.name!r} are no JSON object.")
    return ToolCall(ids.take(use.tool_use_id, use.name), use.name, arguments.decode())


def _kind(raw: msgspec.Raw) -> str:
    try:
        return next(iter(FIELDS.decode(raw)), "without a kind")[:40]
    except BAD_JSON:
        return "of another kind"
