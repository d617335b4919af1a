"""The reader of one upstream stream: the same for every dialect but for the meaning of an event."""

from typing import Protocol

from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Frame, FrameKind
from mainstay.wire.sse import FIELD_STARTS, SseEvent, SseSplitter

STREAM_STATUS = 200
"""The status of a fault inside a stream: the response header had promised success."""

ERROR, END = FrameKind.ERROR, FrameKind.END
# Names of their own, because looking them up in the enumeration for each event costs ten times as much.


class Meaning(Protocol):
    """What a dialect's reader knows: the meaning of one event, given those before it."""

    holding: bool
    """Whether some tool call is incomplete."""

    def read(self, event: SseEvent) -> Frame | None:
        """The frame of an event with data; `None` where the data makes no sense."""

    def classify(self, data: bytes) -> Fault | None:
        """The fault that this JSON names, or `None` where it names none."""


class StreamReader:
    """Bytes in, frames out (`model.ports.FrameReader`).

    A malformed event is left out and counted in `dropped`; inside a tool call that could change what the call says, so
    there it becomes an error frame. After an error frame or the terminal marker nothing more is given.
    """

    __slots__ = ("_meaning", "_silent", "_splitter", "_stopped", "dropped")

    def __init__(self, meaning: Meaning, splitter: SseSplitter) -> None:
        """Start before the first byte."""
        self._meaning = meaning
        self._splitter = splitter
        self._stopped = False
        self._silent = True
        self.dropped = 0

    def feed(self, data: bytes) -> list[Frame]:
        """Take the next bytes; give the frames that they complete, in order."""
        if self._stopped:
            return []
        return self._frames(self._splitter.feed(data))

    def close(self) -> list[Frame]:
        """Say that no more bytes come. An incomplete tail is discarded, unless the whole stream was never one."""
        if self._stopped:
            return []
        frames = self._frames(self._splitter.close())
        tail = self._splitter.tail.strip()
        if self._silent and tail and not tail.startswith(FIELD_STARTS):
            frames.append(self._stop(self._not_a_stream(tail)))
        return frames

    def _frames(self, events: list[SseEvent]) -> list[Frame]:
        frames: list[Frame] = []
        for event in events:
            frame = self._meaning.read(event) if event.data is not None else self._without_data(event)
            if frame is None:
                frame = self._leave_out(event)
                if frame is None:
                    continue
            frames.append(frame)
            self._silent = False
            if frame.kind is ERROR or frame.kind is END:
                self._stopped = True
                return frames
        if self._splitter.overflowed:
            frames.append(self._stop(_malformed("The stream holds an event larger than the limit.")))
        return frames

    def _without_data(self, event: SseEvent) -> Frame | None:
        if event.quiet:
            return Frame(FrameKind.PING, event.raw, "", self._meaning.holding)
        if self._silent and event.raw.lstrip()[:1] in {b"{", b"<"}:
            return self._stop(self._not_a_stream(event.raw))
        return None

    def _leave_out(self, event: SseEvent) -> Frame | None:
        self.dropped += 1
        if event.event == b"error":
            return _error(Fault(FaultKind.UNKNOWN, "The stream reported an error without saying which.", STREAM_STATUS))
        if self._meaning.holding:
            return _error(_malformed("A malformed event stood inside a tool call."))
        return None

    def _not_a_stream(self, body: bytes) -> Fault:
        """A success status whose body is a plain error, a web page or a whole answer instead of events."""
        return self._meaning.classify(body) or _malformed("The body of a stream held no server-sent events.")

    def _stop(self, fault: Fault) -> Frame:
        self._stopped = True
        return _error(fault)


def _malformed(message: str) -> Fault:
    return Fault(FaultKind.MALFORMED, message, STREAM_STATUS, "malformed_stream")


def _error(fault: Fault) -> Frame:
    return Frame(FrameKind.ERROR, b"", fault=fault)
