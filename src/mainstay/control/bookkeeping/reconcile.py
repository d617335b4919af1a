"""Events that stand in the store but in no journal, because who wrote them was killed in between, are journaled by us.

Which journal an event is in does not matter: what two journals have is one record in the store.
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from mainstay.ledger.store.port import Store, StreamEvent
from mainstay.model.records import Record

READER: Final = "reconciled"
BATCH_ROWS: Final = 500
PATIENCE_SECONDS: Final = 60.0
"""So long an event may be on its way to the store as a record."""
GIVE_UP_SECONDS: Final = 3_600.0
"""So long after we wrote it, it is not waited for any more."""

_decoder: Final[msgspec.json.Decoder[Record]] = msgspec.json.Decoder(Record)


class _Missing(msgspec.Struct):
    """When an event was first missed, and when we wrote it (on a clock that no one sets)."""

    since: float
    written_at: float | None = None


class Reconciler:
    """Belongs to one thread."""

    def __init__(
        self, write: Callable[[Record], None], monotonic: Callable[[], float], report: Callable[[str], None]
    ) -> None:
        """`write` puts a record into our own journal; `report` takes a line for the operator."""
        self._write = write
        self._monotonic = monotonic
        self._report = report
        self._missing: dict[int, _Missing] = {}
        self.written = 0
        """How many events were journaled for others."""

    def forget(self) -> None:
        """Somebody else acts now."""
        self._missing.clear()

    def turn(self, store: Store) -> None:
        """Look at the events behind the mark. Raises `StoreError`."""
        mark = store.mark(READER)
        events = store.event_arrivals(mark, BATCH_ROWS)
        known = store.originals([event.id for event in events])
        waiting = [event for event in events if event.id not in known and not self._is_settled(event)]
        still = {event.arrival for event in waiting}
        self._missing = {arrival: one for arrival, one in self._missing.items() if arrival in still}
        reached = _reached(events, still)
        if reached > mark:
            # Should somebody else have moved it, nothing is lost: it is read anew each time.
            store.save_spans(READER, mark, reached, ())

    def _is_settled(self, event: StreamEvent) -> bool:
        """Whether nothing is to be done about a missing event any more."""
        now = self._monotonic()
        missing = self._missing.setdefault(event.arrival, _Missing(now))
        if missing.written_at is not None:
            return self._is_given_up(event, now - missing.written_at)
        if now - missing.since < PATIENCE_SECONDS:
            return False
        record = _whole(event)
        if record is None:
            self._say(event, "this version cannot write it; a newer one can")
            return True
        self._write(record)
        missing.written_at = now
        self.written += 1
        self._say(event, "who wrote it was stopped before; it was written for them")
        return False

    def _is_given_up(self, event: StreamEvent, seconds: float) -> bool:
        if seconds < GIVE_UP_SECONDS:
            return False
        self._say(event, "it was written, and did not come to the store")
        return True

    def _say(self, event: StreamEvent, what: str) -> None:
        self._report(f"bookkeeping: event {event.number} of {event.stream} was in no journal: {what}")


def _reached(events: Sequence[StreamEvent], waiting: set[int]) -> int:
    """How far nothing waits; 0 if that is nowhere."""
    reached = 0
    for event in events:
        if event.arrival in waiting:
            break
        reached = event.arrival
    return reached


def _whole(event: StreamEvent) -> Record | None:
    """The record of an event, if writing it gives the same bytes again: nothing of a newer version may be lost."""
    try:
        record = _decoder.decode(event.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return record if msgspec.json.encode(record) == event.body else None
