"""A whole answer of a Chat Completions upstream, told in the words that every dialect shares."""

import msgspec

from mainstay.model.conversation import Part, Refusal, Text, Thinking
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Usage
from mainstay.model.piece import Called, Piece, Said, Stop, Thought, WholeAnswer
from mainstay.wire.json_bytes import ABSENT, BAD_JSON, is_given, read_text
from mainstay.wire.openai_chat.parts import AnswerPart, told_parts
from mainstay.wire.openai_chat.response import check
from mainstay.wire.openai_chat.stops import CUTS_OFF, failure_of, stop_of, told_stop
from mainstay.wire.openai_chat.tool_calls import CallDelta, FunctionDelta, ToolCalls
from mainstay.wire.reader import STREAM_STATUS


class _Message(msgspec.Struct):
    content: str | list[AnswerPart] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: list[CallDelta] | None = None
    function_call: FunctionDelta | None = None
    audio: msgspec.Raw = ABSENT


class _Choice(msgspec.Struct):
    message: _Message | None = None
    finish_reason: str | None = None
    stop_reason: msgspec.Raw = ABSENT


class _Completion(msgspec.Struct):
    choices: list[_Choice]
    id: str | None = None
    model: str | None = None


_COMPLETION = msgspec.json.Decoder(_Completion)


def read_answer(body: bytes) -> WholeAnswer | Fault:
    """The answer in a whole 200 body, or why it is none that may be given."""
    checked = check(body)
    if checked.fault is not None:
        return checked.fault
    try:
        completion = _COMPLETION.decode(body)
    except BAD_JSON:
        return _untellable("an answer of an unknown shape")
    if len(completion.choices) > 1:
        return _untellable("several choices")
    return _told(completion, completion.choices[0], checked.usage)


def _told(completion: _Completion, choice: _Choice, usage: Usage | None) -> WholeAnswer | Fault:
    reason = choice.finish_reason or "stop"
    message = choice.message or _Message()
    fault = failure_of(reason)
    if fault is not None:
        return fault
    words = _words(message)
    if words is None or is_given(message.audio):
        return _untellable("sound" if words is not None else "content of an unknown kind")
    stop = stop_of(reason)
    answer_id = completion.id or ""
    calls = _calls(message, answer_id, is_cut=stop in CUTS_OFF)
    if isinstance(calls, Fault):
        return calls
    if stop is Stop.TOOL and not calls:
        return _untellable("a stop for tool calls without any")
    sequence = read_text(choice.stop_reason) if choice.stop_reason else ""
    stop = told_stop(stop, has_calls=bool(calls), has_refusal=bool(message.refusal), sequence=sequence)
    sequence = sequence if stop is Stop.SEQUENCE else ""
    return WholeAnswer(answer_id, completion.model or "", (*words, *calls), stop, sequence, usage)


def _words(message: _Message) -> list[Part] | None:
    """Reasoning, text and refusal; `None` where the content is of another kind."""
    content = message.content
    pieces: list[Piece] | None = (
        told_parts(content) if isinstance(content, list) else [Said(content)] if content else []
    )
    if pieces is None:
        return None
    parts: list[Part] = []
    thought = message.reasoning_content or message.reasoning
    if thought:
        parts.append(Thinking(text=thought))
    for piece in pieces:
        if isinstance(piece, Said):
            parts.append(Text(piece.text))
        elif isinstance(piece, Thought):
            parts.append(Thinking(text=piece.text))
    if message.refusal:
        parts.append(Refusal(message.refusal))
    return parts


def _calls(message: _Message, answer_id: str, *, is_cut: bool) -> list[Part] | Fault:
    calls = ToolCalls(answer_id)
    pieces: list[Piece] = []
    deltas = [CallDelta(None, call.id, call.type, call.function) for call in message.tool_calls or ()]
    if message.function_call is not None:
        deltas.append(CallDelta(function=message.function_call))
    for index, delta in enumerate(deltas):
        delta.index = index
        fault = calls.add(delta, pieces)
        if fault is not None:
            return fault
    fault = calls.finish(pieces, is_cut=is_cut)
    return fault or [piece.call for piece in pieces if isinstance(piece, Called)]


def _untellable(what: str) -> Fault:
    return Fault(FaultKind.MALFORMED, f"The provider sent {what}.", STREAM_STATUS, "untranslatable_answer")
