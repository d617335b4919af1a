"""The part of a delivered stream that is in memory: its end, mostly all of it."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

import msgspec

from mainstay.gateway.drafts.counting import EventCounter, Skipper
from mainstay.gateway.drafts.entries import Beyond

MARK_BYTES = 64 * 1024
"""About so far apart are the places in the counted part of the stream where the number of events is known."""

CHUNK_BYTES_MAX = 64 * 1024


class Place(msgspec.Struct, frozen=True):
    """A byte of the stream, and how many events to leave out from there on."""

    position: int
    skip_events: int = 0


class Tail:
    """Positions count the bytes of the whole stream. What is dropped is counted first; else nothing is, until asked."""

    __slots__ = ("_chunks", "_counted", "_counter", "_mark_events", "_mark_positions", "_starts", "end", "start")

    def __init__(self) -> None:
        """Begin before the first byte."""
        self.start = 0
        self.end = 0
        self._chunks: list[bytes] = []
        self._starts: list[int] = []
        self._counter = EventCounter()
        self._counted = 0
        self._mark_events = [0]
        self._mark_positions = [0]

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return self.end - self.start

    @property
    def events(self) -> int:
        """Whole events with data in the whole stream."""
        self._count_to(self.end)
        return self._counter.events

    def append(self, data: bytes) -> None:
        """The stream grows. Much at once is cut into chunks, so that it can be dropped little by little."""
        for start in range(0, len(data), CHUNK_BYTES_MAX):
            chunk = data[start : start + CHUNK_BYTES_MAX]
            self._chunks.append(chunk)
            self._starts.append(self.end)
            self.end += len(chunk)

    def read(self, position: int, bytes_max: int) -> bytes:
        """Some bytes from a position that is in memory, nothing at the end."""
        if position >= self.end or bytes_max <= 0:
            return b""
        number = bisect_right(self._starts, position) - 1
        begin = position - self._starts[number]
        return self._chunks[number][begin : begin + bytes_max]

    def drop_until(self, position: int) -> int:
        """Let go of all that stands before a position, as far as whole chunks allow; give the number of bytes."""
        gone = bisect_right(self._starts, position) - 1 if position < self.end else len(self._starts)
        if gone <= 0:
            return 0
        until = self._starts[gone] if gone < len(self._starts) else self.end
        self._count_to(until)
        del self._chunks[:gone], self._starts[:gone]
        dropped, self.start = until - self.start, until
        return dropped

    def place_after(self, events: int) -> Place | Beyond:
        """Where the stream goes on after so many events."""
        total = self.events
        if events > total:
            return Beyond(total)
        if events <= 0:
            return Place(0)
        # Strictly before the last event to be left out, so that what follows it is given to the byte.
        mark = bisect_left(self._mark_events, events) - 1
        place = Place(self._mark_positions[mark], events - self._mark_events[mark])
        return place if place.position < self.start else self._walk(place)

    def _walk(self, place: Place) -> Place:
        """The same place without events to be left out. All of it is in memory."""
        skipper = Skipper(place.skip_events)
        position = place.position
        while position < self.end:
            data = self.read(position, self.end)
            position += len(data)
            rest = skipper.feed(data)
            if skipper.is_done:
                return Place(position - len(rest))
        rest_or_missing = skipper.close()
        return Place(position - len(rest_or_missing)) if isinstance(rest_or_missing, bytes) else place

    def _mark(self) -> None:
        position = self._counted - self._counter.unfinished_bytes
        if position - self._mark_positions[-1] >= MARK_BYTES:
            self._mark_events.append(self._counter.whole_events)
            self._mark_positions.append(position)

    def _count_to(self, position: int) -> None:
        for chunk in self._chunks_from(self._counted):
            if self._counted >= position:
                return
            self._counter.feed(chunk)
            self._counted += len(chunk)
            self._mark()

    def _chunks_from(self, position: int) -> Iterator[bytes]:
        """Chunks from a position that is the start of one, or the end."""
        first = bisect_left(self._starts, position)
        return iter(self._chunks[first:])
