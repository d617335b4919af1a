"""Counting server-sent events. Only those with data count: comments come and go, and no client sees them."""

from typing import Final

from mainstay.gateway.drafts.entries import Beyond
from mainstay.wire.sse import SseEvent, SseSplitter

EVENT_BYTES_MAX: Final = 256 * 1024 * 1024
"""Longer than any draft: what was delivered once is not judged again."""


class EventCounter:
    """Counts the events of a stream, however its bytes are split."""

    __slots__ = ("_events", "_splitter")

    def __init__(self) -> None:
        """Begin before the first byte."""
        self._events = 0
        self._splitter = SseSplitter(EVENT_BYTES_MAX)

    @property
    def whole_events(self) -> int:
        """Events that no further byte could change."""
        return self._events

    @property
    def unfinished_bytes(self) -> int:
        """How many bytes of an event that is not whole stand at the end."""
        return len(self._splitter.tail)

    @property
    def events(self) -> int:
        """Events if the stream ended here: a carriage return at the end may complete one."""
        tail = self._splitter.tail
        return self._events + (_count(_closed(tail)) if tail else 0)

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        self._events += _count(self._splitter.feed(data))


class Skipper:
    """Leaves out the first events of a stream and what stands between them."""

    __slots__ = ("_left", "_splitter")

    def __init__(self, events: int) -> None:
        """`events` are to be left out."""
        self._left = events
        self._splitter = SseSplitter(EVENT_BYTES_MAX)

    @property
    def is_done(self) -> bool:
        """Whether all of them have been left out."""
        return not self._left

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes; give those that stand behind the last event to be left out."""
        if not self._left:
            return data
        return self._after(self._splitter.feed(data))

    def close(self) -> Beyond | bytes:
        """Say that no more bytes come; give what is behind the last event to be left out, or how many were missing."""
        rest = self._after(self._splitter.close()) if self._left else b""
        return Beyond(self._left) if self._left else rest

    def _after(self, events: list[SseEvent]) -> bytes:
        for number, event in enumerate(events, 1):
            self._left -= event.data is not None
            if not self._left:
                return b"".join([one.raw for one in events[number:]]) + self._splitter.tail
        return b""


def count_events(data: bytes) -> int:
    """How many events a whole stream has."""
    counter = EventCounter()
    counter.feed(data)
    return counter.events


def after_events(data: bytes, after: int) -> bytes | Beyond:
    """What a whole stream has behind its first `after` events."""
    if after <= 0:
        return data
    skipper = Skipper(after)
    rest = skipper.feed(data)
    missing = skipper.close()
    if isinstance(missing, Beyond):
        return Beyond(after - missing.events)
    return rest + missing


def _count(events: list[SseEvent]) -> int:
    return sum([event.data is not None for event in events])


def _closed(tail: bytes) -> list[SseEvent]:
    splitter = SseSplitter(EVENT_BYTES_MAX)
    return splitter.feed(tail) + splitter.close()
