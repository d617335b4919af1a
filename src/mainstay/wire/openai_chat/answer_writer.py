"""A whole answer of another dialect, written for a caller of Chat Completions."""

from collections.abc import Iterable

import msgspec
from msgspec import UNSET, UnsetType

from mainstay.model.conversation import Part, Refusal, Text, Thinking, ToolCall
from mainstay.model.piece import WholeAnswer
from mainstay.wire.codec import Identity
from mainstay.wire.openai_chat.answer_shape import CALL_IDS, Call, Function, answer_id_of
from mainstay.wire.openai_chat.counts import Counts, counts_of
from mainstay.wire.openai_chat.stops import finish_reason_of


class _Message(msgspec.Struct):
    content: str | None
    refusal: str | None
    role: str = "assistant"
    reasoning_content: str | UnsetType = UNSET
    tool_calls: list[Call] | UnsetType = UNSET


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str
    index: int = 0
    logprobs: None = None


class _Completion(msgspec.Struct):
    id: str
    created: int
    model: str
    choices: list[_Choice]
    object: str = "chat.completion"
    usage: Counts | UnsetType = UNSET


def write_answer(answer: WholeAnswer, identity: Identity) -> bytes:
    """The body. Texts are joined: what stood between them (reasoning, tool calls) has places of its own."""
    refusal = _words(part.text for part in answer.parts if isinstance(part, Refusal))
    message = _Message(
        _words(part.text for part in answer.parts if isinstance(part, Text)),
        refusal,
        reasoning_content=_words(part.text for part in answer.parts if isinstance(part, Thinking)) or UNSET,
        tool_calls=_calls(answer.parts) or UNSET,
    )
    choice = _Choice(message, finish_reason_of(answer.stop, has_refusal=refusal is not None))
    usage = UNSET if answer.usage is None else counts_of(answer.usage)
    completion = _Completion(answer_id_of(identity), identity.created, identity.model, [choice], usage=usage)
    return msgspec.json.encode(completion)


def _words(texts: Iterable[str]) -> str | None:
    return "".join(texts) or None


def _calls(parts: tuple[Part, ...]) -> list[Call]:
    return [
        Call(CALL_IDS.fit(part.id), Function(part.name, part.arguments)) for part in parts if isinstance(part, ToolCall)
    ]
