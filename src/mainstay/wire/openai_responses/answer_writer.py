"""Writes a whole answer for a caller of Responses."""

import msgspec

from mainstay.model.conversation import Prompt, Refusal, Text, Thinking, ToolCall
from mainstay.model.piece import WholeAnswer
from mainstay.wire import envelope
from mainstay.wire.codec import Identity
from mainstay.wire.json_bytes import raw
from mainstay.wire.openai_responses.calls import call_item, finished, free_text
from mainstay.wire.openai_responses.echo import echo
from mainstay.wire.openai_responses.items import (
    Item,
    Message,
    OutputText,
    ReasoningItem,
    RefusalText,
    SummaryText,
    bare_id,
    usage_object,
)
from mainstay.wire.openai_responses.stops import ending


def write_answer(prompt: Prompt, answer: WholeAnswer, identity: Identity) -> bytes:
    """The body."""
    end = ending(answer.stop, refused=any(isinstance(part, Refusal) for part in answer.parts))
    items = _Items(identity, frozenset(prompt.custom_tools), end.status)
    for part in answer.parts:
        if isinstance(part, Text):
            items.say(OutputText(part.text))
        elif isinstance(part, Refusal):
            items.say(RefusalText(part.text))
        elif isinstance(part, ToolCall):
            items.call(part)
        elif isinstance(part, Thinking):
            items.think(part)
    response = echo(prompt, identity) | end.members() | {"output": raw(items.done())}
    if answer.usage is not None:
        response["usage"] = usage_object(answer.usage)
    return msgspec.json.encode(response)


class _Items:
    """The output; words that follow each other are one message."""

    def __init__(self, identity: Identity, custom: frozenset[str], status: str) -> None:
        self._bare = bare_id(identity.id)
        self._issuer = identity.issuer
        self._custom = custom
        self._status = status
        self._items: list[Item] = []
        self._said: list[OutputText | RefusalText] = []

    def say(self, words: OutputText | RefusalText) -> None:
        self._said.append(words)

    def call(self, call: ToolCall) -> None:
        self._end_message("completed")
        custom = call.name in self._custom
        begun = call_item(call, self._id, custom=custom)
        self._items.append(finished(begun, free_text(call.arguments) if custom else call.arguments))

    def think(self, thinking: Thinking) -> None:
        self._end_message("completed")
        summary = [SummaryText(thinking.text)] if thinking.text and not thinking.hidden else []
        sealed = msgspec.structs.replace(thinking, issuer=self._issuer)
        self._items.append(ReasoningItem(self._id("rs"), summary, envelope.seal(sealed)))

    def done(self) -> list[Item]:
        self._end_message(self._status)
        return self._items

    def _end_message(self, status: str) -> None:
        if self._said:
            self._items.append(Message(self._id("msg"), status, self._said))
            self._said = []

    def _id(self, kind: str) -> str:
        return f"{kind}_{self._bare}_{len(self._items)}"
