"""One stream of Chat Completions: what each chunk means.

A chunk may say several things at once; its frame has the weightiest kind (tool call, opaque, text, thinking), and
`Frame.stop_reason` is set beside it. So **a stream has finished when a frame has a stop reason, whatever the frame's
kind**; `FINISH` is a chunk that says nothing else. Of several choices the last to end gives it, and text of any but the
first is opaque. Source: the public streaming reference; chunks of Azure, vLLM and aggregators as seen in their sources.
"""

import msgspec

from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Frame, FrameKind
from mainstay.wire.json_bytes import ABSENT, BAD_JSON, is_given
from mainstay.wire.openai_chat.errors import classify_inside
from mainstay.wire.openai_chat.response import TokenCounts, usage
from mainstay.wire.reader import STREAM_STATUS
from mainstay.wire.sse import SseEvent

DONE = b"[DONE]"
TEXT = FrameKind.TEXT
"""A name of its own, because looking it up in the enumeration for each event costs ten times as much."""

_PING = b": ping\n\n"
_FAILED = "error"


class Delta(msgspec.Struct, gc=False):
    """What a choice gains."""

    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: list[msgspec.Raw] | None = None
    function_call: msgspec.Raw = ABSENT
    audio: msgspec.Raw = ABSENT


class Choice(msgspec.Struct, gc=False):
    """One choice in a chunk."""

    index: int = 0
    delta: Delta | None = None
    finish_reason: str | None = None


class Chunk(msgspec.Struct, gc=False):
    """The data of an event, as far as it concerns us."""

    choices: list[Choice] | None = None
    usage: TokenCounts | None = None
    error: msgspec.Raw = ABSENT
    object: str | None = None


class _LooseChoice(msgspec.Struct):
    finish_reason: str | None = None


class _LooseChunk(msgspec.Struct):
    choices: list[_LooseChoice]


CHUNK = msgspec.json.Decoder(Chunk)
EMPTY_DELTA = Delta()
_LOOSE_CHUNK = msgspec.json.Decoder(_LooseChunk)


class ChunkMeaning:
    """Remembers which choices run and which have tool calls open; tells what the next chunk means."""

    __slots__ = ("_finished", "_running", "_with_tools", "holding")

    def __init__(self) -> None:
        """Start before the first chunk."""
        self.holding = False
        self._running: set[int] = set()
        self._with_tools: set[int] = set()
        self._finished = False

    def read(self, event: SseEvent) -> Frame | None:
        """The frame of an event with data; `None` where the data makes no sense."""
        data = event.data or b""
        try:
            chunk = CHUNK.decode(data)
        except BAD_JSON:
            return self._without_chunk(event, data)
        if event.event == b"ping":
            # No event of this protocol; the official SDK would take it for a chunk and fail.
            return Frame(FrameKind.PING, _PING, "", self.holding)
        if is_given(chunk.error) or chunk.object == _FAILED or event.event == b"error":
            return _error(event, data)
        if not chunk.choices:
            return self._without_choices(event, chunk)
        if len(chunk.choices) == 1:
            said = self._plain_text(event, chunk, chunk.choices[0])
            if said is not None:
                return said
        return self._with_choices(event, chunk, chunk.choices)

    def classify(self, data: bytes) -> Fault | None:
        """The fault that this JSON names."""
        return classify_inside(data)

    def _without_chunk(self, event: SseEvent, data: bytes) -> Frame | None:
        if data.strip() == DONE:
            return Frame(FrameKind.END, event.raw, "", self.holding)
        try:
            loose = _LOOSE_CHUNK.decode(data)
        except BAD_JSON:
            # An error object need not come in a chunk that we can read.
            return _error(event, data) if classify_inside(data) else None
        return self._opaque(event, loose.choices)

    def _opaque(self, event: SseEvent, choices: list[_LooseChoice]) -> Frame:
        """A chunk with content of a shape that we do not know (a list of parts, say), for callers who do."""
        stop_reason = next((choice.finish_reason for choice in choices if choice.finish_reason), "")
        if stop_reason:
            self._finished = True
            self.holding = False
            self._with_tools.clear()
        return Frame(FrameKind.OPAQUE, event.raw, "", self.holding, stop_reason=stop_reason)

    def _without_choices(self, event: SseEvent, chunk: Chunk) -> Frame:
        """The usage at the end, or what a provider says about itself before it begins."""
        said = usage(chunk.usage) if chunk.usage else None
        kind = FrameKind.USAGE if said and self._finished else FrameKind.PREAMBLE
        return Frame(kind, event.raw, "", self.holding, said)

    def _plain_text(self, event: SseEvent, chunk: Chunk, choice: Choice) -> Frame | None:
        """By far the most frequent chunk: some text of the first choice, and nothing else."""
        delta = choice.delta
        if (
            delta is None
            or not delta.content
            or choice.finish_reason
            or chunk.usage
            or choice.index
            or not self._running
        ):
            return None
        if delta.tool_calls or delta.refusal or delta.function_call or delta.audio:
            return None
        return Frame(TEXT, event.raw, delta.content, self.holding)

    def _with_choices(self, event: SseEvent, chunk: Chunk, choices: list[Choice]) -> Frame:
        text = ""
        kind = FrameKind.PREAMBLE
        stop_reason = ""
        for choice in choices:
            self._running.add(choice.index)
            delta = choice.delta or EMPTY_DELTA
            text = text or (delta.content or "" if choice.index == 0 else "")
            kind = self._weightier(kind, choice.index, delta)
            if choice.finish_reason:
                stop_reason = choice.finish_reason
                self._running.discard(choice.index)
                self._with_tools.discard(choice.index)
        self.holding = bool(self._with_tools)
        if stop_reason and self._running:
            stop_reason = ""
        if stop_reason:
            if stop_reason == _FAILED:
                return _failed(event)
            self._finished = True
            kind = FrameKind.FINISH if kind is FrameKind.PREAMBLE else kind
        said = usage(chunk.usage) if chunk.usage else None
        return Frame(kind, event.raw, text if kind is FrameKind.TEXT else "", self.holding, said, None, stop_reason)

    def _weightier(self, kind: FrameKind, index: int, delta: Delta) -> FrameKind:
        if delta.tool_calls or is_given(delta.function_call):
            self._with_tools.add(index)
            return FrameKind.TOOL
        if kind is FrameKind.TOOL:
            return kind
        if delta.refusal or is_given(delta.audio):
            return FrameKind.OPAQUE
        if delta.content:
            # Nobody could go on from the text of several choices at once.
            return FrameKind.OPAQUE if index or kind is FrameKind.OPAQUE else FrameKind.TEXT
        if delta.reasoning_content or delta.reasoning:
            return FrameKind.THINKING if kind is FrameKind.PREAMBLE else kind
        return kind


def _error(event: SseEvent, data: bytes) -> Frame:
    message = "The stream reported an error that names no type."
    fault = classify_inside(data) or Fault(FaultKind.UNKNOWN, message, STREAM_STATUS, body=data)
    return Frame(FrameKind.ERROR, event.raw, fault=fault)


def _failed(event: SseEvent) -> Frame:
    """Aggregators end a broken answer with a finish reason of their own."""
    message = "The provider ended its answer with an error."
    return Frame(FrameKind.ERROR, event.raw, fault=Fault(FaultKind.UNKNOWN, message, STREAM_STATUS, "finish_error"))
