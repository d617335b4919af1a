"""Adds up records to spans of a minute, ten minutes, an hour and a day.

Exactly once: what a batch adds is saved in one transaction with the mark of how far was read. Whatever happens in
between, the mark tells whether it was. Somebody else who keeps the same books moves the mark too, and is seen by that.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from mainstay.control.bookkeeping.reading import record_of
from mainstay.ledger.store.port import ALL, Span, Store, StoredRecord
from mainstay.model.records import AttemptRecord, ExchangeRecord
from mainstay.ops.tallies.adding import add
from mainstay.ops.tallies.merging import decode, encode, merge
from mainstay.ops.tallies.tally import SpanTallies

READER: Final = "tallies-1"
"""The number grows when what is added up changes: then all is added up anew."""

MINUTE_SECONDS: Final = 60
TEN_MINUTES_SECONDS: Final = 600
HOUR_SECONDS: Final = 3_600
DAY_SECONDS: Final = 86_400
KEPT_SECONDS: Final = {
    MINUTE_SECONDS: 8 * DAY_SECONDS,
    TEN_MINUTES_SECONDS: 15 * DAY_SECONDS,
    HOUR_SECONDS: 100 * DAY_SECONDS,
}
"""So long spans are kept; days for ever."""
SPAN_SECONDS: Final = (MINUTE_SECONDS, TEN_MINUTES_SECONDS, HOUR_SECONDS, DAY_SECONDS)

BATCH_ROWS: Final = 5_000
SAVE_RECORDS: Final = 50_000
SAVE_SECONDS: Final = 2.0
"""What was read is saved after so many records or seconds, whichever comes first."""
FORGET_SECONDS: Final = 600.0
AHEAD_SECONDS: Final = DAY_SECONDS
"""A record from further ahead has the instant of a wrong clock, and is in no span."""
KNOWN_SPANS_MAX: Final = 32

Key = tuple[int, int]
"""Seconds and start of a span."""


class Bookkeeper:
    """Belongs to one thread."""

    def __init__(
        self, wall: Callable[[], float], monotonic: Callable[[], float], report: Callable[[str], None]
    ) -> None:
        """`wall` gives seconds since 1970, `monotonic` seconds of a clock that no one sets; `report` takes a line for
        the operator."""
        self._wall = wall
        self._monotonic = monotonic
        self._report = report
        self._minutes: dict[int, SpanTallies] = {}
        self._known: OrderedDict[Key, SpanTallies] = OrderedDict()
        self._mark: int | None = None
        self._place = 0
        self._unsaved = 0
        self._unsaved_since = 0.0
        self._forgot_at: float | None = None
        self._newest_at = 0.0
        self.records = 0
        """Added up since we began."""
        self.misdated = 0
        """Left out for their instant."""
        self.rivals = 0
        """How often somebody else had read on."""

    @property
    def place(self) -> int:
        """The arrival number up to which was read."""
        return self._place

    def forget(self) -> None:
        """Drop what is not saved; the next turn goes on from the mark."""
        self._minutes, self._unsaved, self._mark = {}, 0, None
        self._known.clear()

    def turn(self, store: Store) -> bool:
        """Read one batch, and save what is due; tell whether there may be more. Raises `LedgerError`; then `forget`."""
        if self._mark is None:
            self._mark = self._place = store.mark(READER)
        rows = store.arrivals(ALL, self._place, BATCH_ROWS)
        if rows:
            self._read(rows)
        elif self._unsaved == 0:
            self._forget_old(store)
        is_due = self._monotonic() - self._unsaved_since >= SAVE_SECONDS or self._unsaved >= SAVE_RECORDS
        if self._unsaved and is_due:
            self.save(store)
        return bool(rows)

    def save(self, store: Store) -> None:
        """Save what was read. Raises `LedgerError`; then `forget`."""
        if self._mark is None or self._unsaved == 0:
            return
        spans = [Span(*key, encode(tallies)) for key, tallies in self._grown(store).items()]
        if not store.save_spans(READER, self._mark, self._place, spans):
            self.rivals += 1
            self._report("bookkeeping: somebody else keeps the same books; going on from where they are")
            self.forget()
            return
        self._minutes, self._unsaved, self._mark = {}, 0, self._place
        while len(self._known) > KNOWN_SPANS_MAX:
            self._known.popitem(last=False)

    def _read(self, rows: Sequence[StoredRecord]) -> None:
        if self._unsaved == 0:
            self._unsaved_since = self._monotonic()
        ahead = self._wall() + AHEAD_SECONDS
        for row in rows:
            record = record_of(row) if row.kind in {"attempt", "exchange"} else None
            if not isinstance(record, AttemptRecord | ExchangeRecord):
                continue
            if not 0 <= record.at < ahead:
                self.misdated += 1
                continue
            minute = int(record.at) // MINUTE_SECONDS * MINUTE_SECONDS
            tallies = self._minutes.get(minute)
            if tallies is None:
                tallies = self._minutes[minute] = SpanTallies()
            add(tallies, record)
            self._newest_at = max(self._newest_at, record.at)
            self.records += 1
        self._place = rows[-1].arrival
        self._unsaved += len(rows)

    def _grown(self, store: Store) -> dict[Key, SpanTallies]:
        """All spans that have grown, as they are now."""
        grown: dict[Key, SpanTallies] = {}
        for minute, more in self._minutes.items():
            for seconds in SPAN_SECONDS:
                key = (seconds, minute // seconds * seconds)
                if self._is_kept(*key):
                    if key not in grown:
                        grown[key] = self._span(store, key)
                    merge(grown[key], more)
        return grown

    def _span(self, store: Store, key: Key) -> SpanTallies:
        """What the store has of a span. Nobody else changes it without moving the mark, so it may be remembered."""
        if key not in self._known:
            seconds, start = key
            bodies = [span.body for span in store.spans(seconds, start, start + 1)]
            self._known[key] = self._decoded(key, bodies[0]) if bodies else SpanTallies()
        self._known.move_to_end(key)
        return self._known[key]

    def _decoded(self, key: Key, body: bytes) -> SpanTallies:
        try:
            return decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._report(f"bookkeeping: the tallies of {key[0]} s from {key[1]} on are unreadable and begin anew")
            return SpanTallies()

    def _is_kept(self, seconds: int, start: int) -> bool:
        kept = KEPT_SECONDS.get(seconds)
        return kept is None or start + seconds > self._wall() - kept

    def _forget_old(self, store: Store) -> None:
        now = self._monotonic()
        if self._forgot_at is not None and now - self._forgot_at < FORGET_SECONDS:
            return
        self._forgot_at = now
        # Should our clock be wrong and far ahead, the records still tell what is old.
        today = min(self._wall(), self._newest_at)
        for seconds, kept in KEPT_SECONDS.items():
            if today > kept:
                store.forget_spans(seconds, today - kept)
