"""The book: streams of events that the control plane and its commands write together.

An event is a record. It is first put into the store, where only one can be the next of its stream: of two who decide at
once, one is told so and looks again. Then it goes into the writer's own journal, so that it stands in a chain too.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, Protocol

import msgspec

from mainstay.ledger.store.kept import KeptStore
from mainstay.ledger.store.port import EventStore, StreamEvent, StreamHead
from mainstay.model.records import Record

EVENTS_MAX: Final = 10_000
"""Longest stream. Whoever would write more has gone astray."""

_encoder: Final = msgspec.json.Encoder()
_decoder: Final[msgspec.json.Decoder[Record]] = msgspec.json.Decoder(Record)


class StaleError(Exception):
    """Somebody else wrote the next event of this stream first: read it again, and decide anew."""


class Entry(msgspec.Struct, frozen=True):
    """One event as it was read. A record of a kind that this version does not know is left out by the book."""

    arrival: int
    stream: str
    number: int
    record: Record


class OpenedStore(EventStore, Protocol):
    """A store that can be let go of."""

    def close(self) -> None:
        """Let go of it."""


class Book:
    """May be used from any thread. Every method may raise `LedgerError`: the store does not answer now."""

    def __init__(self, open_store: Callable[[], OpenedStore], write: Callable[[Record], None]) -> None:
        """`open_store` may raise `LedgerError`. `write` puts a record into our own journal, and raises nothing."""
        self.changes = 0
        """Grows when something new is known to be in the book."""
        self._kept = KeptStore(open_store)
        self._write = write

    def append(self, stream: str, number: int, record: Record) -> None:
        """Write the next event. Raises `StaleError` if it is not the next any more."""
        body = _encoder.encode(record)
        if not self._kept.ask(lambda store: store.append_event(stream, number, record.id, record.at, body)):
            raise StaleError(stream)
        self.changes += 1
        self._write(record)

    def read(self, stream: str) -> list[Entry]:
        """All events of a stream, in order."""
        found: list[StreamEvent] = []
        while len(found) < EVENTS_MAX:
            after = found[-1].number if found else 0
            more = self._kept.ask(partial(_page, stream, after))
            if not more:
                break
            found += more
        return _entries(found)

    def since(self, arrival: int, limit: int = 1_000) -> list[Entry]:
        """Events of all streams that came later, in order of arrival."""
        while events := self._kept.ask(partial(_later, arrival, limit)):
            arrival = events[-1].arrival
            self.changes += len(events)
            # A whole page of kinds that came after this version must stop nobody.
            if found := _entries(events):
                return found
        return []

    def streams(self, prefix: str, before: int | None = None, limit: int = 100) -> list[StreamHead]:
        """Streams whose names begin so, the one with the newest event first."""
        return self._kept.ask(lambda store: store.streams(prefix, before, limit))

    def close(self) -> None:
        """Let go of the store."""
        self._kept.close()


def _page(stream: str, after: int, store: OpenedStore) -> list[StreamEvent]:
    return store.stream(stream, after, EVENTS_MAX)


def _later(arrival: int, limit: int, store: OpenedStore) -> list[StreamEvent]:
    return store.event_arrivals(arrival, limit)


def _entries(events: Sequence[StreamEvent]) -> list[Entry]:
    found = []
    for event in events:
        try:
            record = _decoder.decode(event.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        found.append(Entry(event.arrival, event.stream, event.number, record))
    return found
