"""Hands every record, as it comes to the store, to whoever listens."""

from collections.abc import Callable
from typing import Final

import msgspec

from mainstay.control.bookkeeping.reading import arrival_before, record_of
from mainstay.ledger.store.port import ALL, Store
from mainstay.model.records import Record

BATCH_ROWS: Final = 2_000

Hear = Callable[[Record], None]


class _Listener(msgspec.Struct):
    hear: Hear
    past_seconds: float
    """How much of the past it wants to hear first."""
    from_arrival: int = 0
    has_failed: bool = False


class Listening:
    """Belongs to one thread. Whoever listens is called in that thread and must not be slow."""

    def __init__(self, wall: Callable[[], float], report: Callable[[str], None]) -> None:
        """`wall` gives seconds since 1970; `report` takes a line for the operator."""
        self._wall = wall
        self._report = report
        self._listeners: list[_Listener] = []
        self._place: int | None = None
        self.is_live = False
        """Whether the past has been heard: what comes now is new."""
        self.unreadable = 0
        """Records that this version cannot read."""

    def subscribe(self, hear: Hear, past_seconds: float = 0.0) -> None:
        """Have records heard: first those of the last so many seconds, then each as it arrives. To be called before
        the first turn."""
        self._listeners.append(_Listener(hear, past_seconds))

    def forget(self) -> None:
        """Somebody else acts now. The next turn begins anew, with the past."""
        self._place, self.is_live = None, False

    def turn(self, store: Store) -> bool:
        """Hand over one batch; tell whether there may be more. Raises `StoreError`."""
        if self._place is None:
            self._place = self._begin(store)
        rows = store.arrivals(ALL, self._place, BATCH_ROWS) if self._listeners else []
        for row in rows:
            record = record_of(row)
            if record is None:
                self.unreadable += 1
            else:
                self._hand_over(record, row.arrival)
            self._place = row.arrival
        self.is_live = self.is_live or not rows
        return bool(rows)

    def _begin(self, store: Store) -> int:
        """Where to begin: the place of whoever wants the most of the past."""
        end, wall = store.last_arrival(), self._wall()
        for one in self._listeners:
            one.from_arrival = arrival_before(store, wall - one.past_seconds) if one.past_seconds > 0 else end
        return min((one.from_arrival for one in self._listeners), default=end)

    def _hand_over(self, record: Record, arrival: int) -> None:
        for one in self._listeners:
            if arrival <= one.from_arrival:
                continue
            try:
                one.hear(record)
            except Exception as error:  # noqa: BLE001 - a mistake of one listener must not keep records from the others
                if not one.has_failed:
                    self._report(f"bookkeeping: a listener failed at a record: {type(error).__name__}: {error}")
                one.has_failed = True
