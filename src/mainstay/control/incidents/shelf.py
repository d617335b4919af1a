"""The shelf: incidents as last read, so that nothing is read twice that did not change."""

from typing import Final

from mainstay.control.book import Book, Entry
from mainstay.ledger.store.port import StreamHead
from mainstay.model.records import IncidentRecord
from mainstay.ops.incidents.cleaning import number_of
from mainstay.ops.incidents.fold import fold
from mainstay.ops.incidents.state import IncidentState

PREFIX: Final = "incident/"
KNOWN_MAX: Final = 500
"""Incidents that are kept in memory: open ones, and those with the newest events. Others are read when asked for."""
PAGE: Final = 100


class Shelf:
    """Used by one thread at a time. Every method may raise `LedgerError`."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._states: dict[str, IncidentState] = {}
        self._arrivals: dict[str, int] = {}
        self._synced = 0
        self._newest = 0

    def all(self) -> list[IncidentState]:
        """All that are kept, as they are now; the newest one first."""
        self._sync()
        return sorted(self._states.values(), key=lambda state: -number_of(state.id))

    def read(self, incident: str) -> IncidentState | None:
        """One incident as it is now, from the store; `None` if there is none."""
        return self._take(incident, self._book.read(PREFIX + incident))

    def peek(self, incident: str) -> IncidentState | None:
        """One incident as it was read last; from the store if it never was."""
        return self._states.get(incident) or self.read(incident)

    def newest_number(self) -> int:
        """The number of the newest incident, as far as is known; there may be newer ones."""
        self._sync()
        return self._newest

    def _take(self, incident: str, entries: list[Entry]) -> IncidentState | None:
        records = [entry.record for entry in entries if isinstance(entry.record, IncidentRecord)]
        state = fold(records)
        if state is not None:
            self._states[incident] = state
            self._newest = max(self._newest, number_of(incident))
            self._arrivals[incident] = entries[-1].arrival
            self._forget()
        return state

    def _sync(self) -> None:
        """Read what has changed. Streams come with the newest event first, so that what we have seen ends it."""
        before: int | None = None
        newest, seen = self._synced, 0
        while seen < KNOWN_MAX:
            heads = self._book.streams(PREFIX, before, PAGE)
            fresh = [head for head in heads if head.arrival > self._synced]
            for head in fresh:
                self._refresh(head)
            newest, seen = max([newest, *(head.arrival for head in fresh)]), seen + len(fresh)
            if len(fresh) < len(heads) or not heads:
                break
            before = heads[-1].arrival
        self._synced = newest

    def _refresh(self, head: StreamHead) -> None:
        incident = head.stream.removeprefix(PREFIX)
        if self._arrivals.get(incident, 0) < head.arrival:
            self.read(incident)

    def _forget(self) -> None:
        while len(self._states) > KNOWN_MAX:
            least = min(self._states, key=self._worth)
            del self._states[least], self._arrivals[least]

    def _worth(self, incident: str) -> tuple[bool, int]:
        return self._states[incident].is_open, self._arrivals[incident]
