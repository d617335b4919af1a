"""Writes one streamed answer for a caller of Responses.

The terminal event holds the whole response with its usage, so the stop reason only closes what is open and `done`
writes the end.
"""

import msgspec

from mainstay.model.conversation import Prompt, Thinking, ToolCall
from mainstay.model.frame import Usage
from mainstay.model.piece import Began, Stop, Stopped
from mainstay.wire import envelope
from mainstay.wire.codec import Identity
from mainstay.wire.json_bytes import raw
from mainstay.wire.openai_responses.calls import call_item, finished, free_text
from mainstay.wire.openai_responses.echo import echo
from mainstay.wire.openai_responses.items import (
    CustomCall,
    ReasoningItem,
    SummaryText,
    bare_id,
    usage_object,
)
from mainstay.wire.openai_responses.response import COMPLETED, INCOMPLETE
from mainstay.wire.openai_responses.stops import ending, stop_word
from mainstay.wire.openai_responses.writing import EventWriter


class _OpenReasoning:
    """A run of reasoning that the caller has been told of. `texts` is empty before its first words."""

    __slots__ = ("id", "index", "texts")

    def __init__(self, item_id: str, index: int) -> None:
        self.id = item_id
        self.index = index
        self.texts: list[str] = []


class ResponseStreamWriter:
    """`wire.codec.StreamWriter` for Responses."""

    __slots__ = ("_custom", "_events", "_issuer", "_reasoning", "_refused", "_response", "_stop", "_usage")

    def __init__(self, prompt: Prompt, identity: Identity) -> None:
        """Start before the first event."""
        self._response = echo(prompt, identity)
        self._custom = frozenset(prompt.custom_tools)
        self._issuer = identity.issuer
        self._events = EventWriter(bare_id(identity.id))
        self._reasoning: _OpenReasoning | None = None
        self._refused = False
        self._stop = Stop.END
        self._usage: Usage | None = None

    def began(self, piece: Began) -> bytes:
        """The preamble. The provider's own id of the answer stays with us: the caller's is ours."""
        self._usage = piece.usage
        response = {"response": raw(self._response)}
        return self._events.event("response.created", response) + self._events.event("response.in_progress", response)

    def said(self, text: str) -> bytes:
        """Some text; the hot path."""
        if self._reasoning is None:
            return self._events.said(text)
        return self._close_reasoning() + self._events.said(text)

    def thought(self, text: str) -> bytes:
        """Some reasoning, shown as a summary; without words only the item opens."""
        opening = b"" if self._reasoning else self._open_reasoning()
        reasoning = self._reasoning
        if reasoning is None or not text:
            return opening
        place = self._place(reasoning)
        if not reasoning.texts:
            part = {"part": raw(SummaryText(""))}
            opening += self._events.event("response.reasoning_summary_part.added", place | part)
        reasoning.texts.append(text)
        return opening + self._events.event("response.reasoning_summary_text.delta", place | {"delta": raw(text)})

    def sealed(self, thinking: Thinking) -> bytes:
        """The end of a run of reasoning, in an envelope that only its issuer may open."""
        opening = b"" if self._reasoning else self._open_reasoning()
        return opening + self._close_reasoning(thinking.text, thinking.seal, hidden=thinking.hidden)

    def called(self, call: ToolCall) -> bytes:
        """One whole tool call."""
        events = self._events
        opening = self._close_open(COMPLETED)
        index = events.index
        begun = call_item(call, events.item_id, custom=call.name in self._custom)
        place = {"item_id": raw(begun.id), "output_index": raw(index)}
        if isinstance(begun, CustomCall):
            text = free_text(call.arguments)
            name, whole = "response.custom_tool_call_input", {"input": raw(text)}
        else:
            text = call.arguments
            name, whole = "response.function_call_arguments", {"arguments": raw(text)}
        return b"".join(
            (
                opening,
                events.open_item(begun),
                events.event(f"{name}.delta", place | {"delta": raw(text)}),
                events.event(f"{name}.done", place | whole),
                events.close_item(index, finished(begun, text)),
            )
        )

    def refused(self, text: str) -> bytes:
        """Words of a refusal."""
        self._refused = True
        return (self._close_reasoning() if self._reasoning else b"") + self._events.refused(text)

    def counted(self, usage: Usage) -> bytes:
        """Usage goes into the terminal event."""
        self._usage = usage
        return b""

    def stopped(self, piece: Stopped) -> bytes:
        """Close what is open."""
        self._stop = piece.stop
        self._usage = piece.usage or self._usage
        return self._close_open(INCOMPLETE if ending(piece.stop, refused=self._refused).reason else COMPLETED)

    def done(self) -> bytes:
        """The terminal event with the whole response."""
        end = ending(self._stop, refused=self._refused)
        response = self._response | end.members() | {"output": self._events.output()}
        if self._usage is not None:
            response["usage"] = usage_object(self._usage)
        return self._events.event(end.event, {"response": raw(response)})

    def stop_word(self, stop: Stop) -> str:
        """The word for why an answer ended."""
        return stop_word(stop)

    def _open_reasoning(self) -> bytes:
        closing = self._events.close_message()
        self._reasoning = _OpenReasoning(self._events.item_id("rs"), self._events.index)
        return closing + self._events.open_item(ReasoningItem(self._reasoning.id, []))

    def _close_reasoning(self, text: str = "", seal: str = "", *, hidden: bool = False) -> bytes:
        """Ours is always sealed, were it only to be known again when a client sends it back."""
        reasoning = self._reasoning
        if reasoning is None:
            return b""
        events, shown = self._events, "".join(reasoning.texts)
        closing = b""
        if shown:
            place = self._place(reasoning)
            closing = events.event("response.reasoning_summary_text.done", place | {"text": raw(shown)})
            part = {"part": raw(SummaryText(shown))}
            closing += events.event("response.reasoning_summary_part.done", place | part)
        thinking = Thinking(self._issuer, text or shown, seal, hidden)
        summary = [SummaryText(shown)] if shown else []
        item = ReasoningItem(reasoning.id, summary, envelope.seal(thinking))
        self._reasoning = None
        return closing + events.close_item(reasoning.index, item)

    def _close_open(self, status: str) -> bytes:
        return self._close_reasoning() + self._events.close_message(status)

    @staticmethod
    def _place(reasoning: _OpenReasoning) -> dict[str, msgspec.Raw]:
        return {
            "item_id": raw(reasoning.id),
            "output_index": raw(reasoning.index),
            "summary_index": raw(0),
        }
