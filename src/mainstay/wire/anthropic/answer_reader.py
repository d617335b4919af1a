"""Whole answers of the Messages API, told in neutral words."""

import msgspec

from mainstay.model.call import Call, CallKind
from mainstay.model.conversation import Part, Text, Thinking, ToolCall
from mainstay.model.fault import Fault
from mainstay.model.piece import Stop, WholeAnswer
from mainstay.wire.anthropic import response
from mainstay.wire.anthropic.words import CALL_IDS, TokenCounts, may_cut_a_call, read_stop, usage
from mainstay.wire.classify import malformed
from mainstay.wire.json_bytes import ABSENT, BAD_JSON, is_given, is_object
from mainstay.wire.tool_ids import AnswerIds

BROKEN_CALL = "broken_tool_call"
UNTOLD = "untold_content"

_ANY_CALL = Call("anthropic", CallKind.ANSWER, "/v1/messages", "", stream=False, headers=(), body=b"")


class AnswerBlock(msgspec.Struct, gc=False):
    """A content block of an answer, or the opening of one in a stream."""

    type: str = ""
    text: str | None = None
    id: str | None = None
    name: str | None = None
    input: msgspec.Raw = ABSENT
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None


class _Message(msgspec.Struct):
    content: list[AnswerBlock]
    id: str | None = None
    model: str | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None
    usage: TokenCounts | None = None


_MESSAGE = msgspec.json.Decoder(_Message)


def read_answer(body: bytes) -> WholeAnswer | Fault:
    """The answer after the checks that every answer of this dialect must pass, or why it cannot be told."""
    checked = response.read_answer(_ANY_CALL, body)
    if checked.fault is not None:
        return checked.fault
    try:
        message = _MESSAGE.decode(body)
    except BAD_JSON:
        return malformed("The provider's answer is not a message of this protocol.")
    if not message.stop_reason:
        return malformed("The answer ended without a stop reason.")
    parts = _read_parts(message)
    if isinstance(parts, Fault):
        return parts
    has_calls = any(isinstance(part, ToolCall) for part in parts)
    stop = read_stop(message.stop_reason, has_calls=has_calls)
    return WholeAnswer(
        id=message.id or "",
        model=message.model or "",
        parts=parts,
        stop=stop,
        sequence=(message.stop_sequence or "") if stop is Stop.SEQUENCE else "",
        usage=None if message.usage is None else usage(message.usage),
    )


def untold(what: str) -> Fault:
    """The fault of content that no other dialect has."""
    return malformed(f"The answer cannot be told in another dialect: {what}.", UNTOLD)


def broken_call(name: str) -> Fault:
    """The fault of a tool call whose arguments are no JSON object."""
    return malformed(f"The arguments of the tool call {name!r} are not a JSON object.", BROKEN_CALL)


def _read_parts(message: _Message) -> tuple[Part, ...] | Fault:
    blocks = message.content
    # An answer cut off by a limit breaks off inside its last block: a call there may lack arguments, and looks whole.
    if (
        blocks
        and blocks[-1].type == "tool_use"
        and may_cut_a_call(read_stop(message.stop_reason or "", has_calls=True))
    ):
        blocks = blocks[:-1]
    ids = AnswerIds(message.id or "", CALL_IDS.prefix)
    parts: list[Part] = []
    for block in blocks:
        part = _read_part(block, ids)
        if isinstance(part, Fault):
            return part
        if part is not None:
            parts.append(part)
    return tuple(parts)


def _read_part(block: AnswerBlock, ids: AnswerIds) -> Part | Fault | None:
    match block.type:
        case "text":
            return Text(block.text) if block.text else None
        case "tool_use":
            return _read_call(block, ids)
        case "thinking":
            return Thinking(text=block.thinking or "", seal=block.signature or "")
        case "redacted_thinking":
            return Thinking(seal=block.data or "", hidden=True)
        case _:
            return untold(f"block {block.type}")


def _read_call(block: AnswerBlock, ids: AnswerIds) -> ToolCall | Fault:
    if not block.name:
        return malformed("A tool call names no tool.", BROKEN_CALL)
    arguments = bytes(block.input) if is_given(block.input) else b"{}"
    if not is_object(arguments):
        return broken_call(block.name)
    return ToolCall(ids.take(block.id or "", block.name), block.name, arguments.decode())
