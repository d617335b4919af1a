"""Whole answers for callers of the Messages API."""

import msgspec

from mainstay.model.conversation import Refusal, Text, ToolCall
from mainstay.model.frame import Usage
from mainstay.model.piece import Stop, WholeAnswer
from mainstay.wire.anthropic.words import CALL_IDS, WrittenCounts, stop_word, written_usage
from mainstay.wire.codec import Identity

NO_USAGE = Usage()
REFUSAL = Stop.REFUSAL


class TextBlock(msgspec.Struct, tag_field="type", tag="text"):
    """Words of the answer."""

    text: str


class ToolUseBlock(msgspec.Struct, tag_field="type", tag="tool_use"):
    """A tool call."""

    id: str
    name: str
    input: msgspec.Raw


class Message(msgspec.Struct, tag_field="type", tag="message"):
    """The answer object; in a stream it opens empty."""

    id: str
    role: str
    model: str
    content: tuple[TextBlock | ToolUseBlock, ...]
    stop_reason: str | None
    stop_sequence: str | None
    usage: WrittenCounts


def write_answer(answer: WholeAnswer, identity: Identity) -> bytes:
    """The body. Another maker's thinking is left out: the caller would send it back as Anthropic's own."""
    content: list[TextBlock | ToolUseBlock] = []
    stop = answer.stop
    for part in answer.parts:
        match part:
            case Text(text):
                content.append(TextBlock(text))
            case Refusal(text):
                content.append(TextBlock(text))
                stop = REFUSAL
            case ToolCall(call_id, name, arguments):
                content.append(ToolUseBlock(CALL_IDS.fit(call_id), name, msgspec.Raw(arguments.encode())))
            case _:
                pass
    return msgspec.json.encode(
        Message(
            id=message_id(identity),
            role="assistant",
            model=identity.model,
            content=tuple(content),
            stop_reason=stop_word(stop),
            stop_sequence=answer.sequence or None,
            usage=written_usage(answer.usage or NO_USAGE),
        )
    )


def message_id(identity: Identity) -> str:
    """The answer's id in the form of this API."""
    return "msg_" + identity.id.removeprefix("ex_")
