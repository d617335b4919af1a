"""The traffic of the last 90 days, read from the store day by day: what is over is not read again."""

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from mainstay.ledger.store.port import Span
from mainstay.ops.status.history import DAYS
from mainstay.ops.status.sources import TrafficDay
from mainstay.ops.status.traffic import DAY_SECONDS, TalliedSpan, traffic_day
from mainstay.ops.tallies.tally import SpanTallies

HOUR_SECONDS: Final = 3_600
LATE_SECONDS: Final = 7_200
"""For so long after its end a day is read again: gateways may deliver late."""

_decoder: Final = msgspec.json.Decoder(SpanTallies)


class Spans(Protocol):
    """Where spans are had; see `ledger.store.port.SpanStore`."""

    def spans(self, seconds: int, since: float, until: float) -> list[Span]:
        """Spans of this length that begin at or after `since` and before `until`, in order. May raise `StoreError`."""


class TrafficHistory:
    """Keeps the days of all components. Used by one thread at a time."""

    def __init__(self) -> None:
        self._days: dict[int, dict[str, TrafficDay]] = {}
        self._settled: set[int] = set()

    def refresh(self, store: Spans, now: float) -> dict[str, tuple[TrafficDay, ...]]:
        """Read what may have changed, and give all days by names of components. May raise `StoreError`; what was read
        before is kept."""
        today = int(now // DAY_SECONDS) * DAY_SECONDS
        first = today - (DAYS - 1) * DAY_SECONDS
        self._days = {start: day for start, day in self._days.items() if first <= start <= today}
        self._settled &= self._days.keys()
        for start in range(first, today + 1, DAY_SECONDS):
            if start not in self._settled:
                self._days[start] = _read_day(store, start, now)
                if now >= start + DAY_SECONDS + LATE_SECONDS:
                    self._settled.add(start)
        return self.known()

    def known(self) -> dict[str, tuple[TrafficDay, ...]]:
        """What was read so far, for while the store does not answer."""
        found: dict[str, list[TrafficDay]] = {}
        for start in sorted(self._days):
            for name, day in self._days[start].items():
                found.setdefault(name, []).append(day)
        return {name: tuple(days) for name, days in found.items()}


def _read_day(store: Spans, start: int, now: float) -> dict[str, TrafficDay]:
    # Hours tell more of a day than the day as a whole, and are kept for a shorter time.
    for seconds in (HOUR_SECONDS, DAY_SECONDS):
        spans = _tallied(store.spans(seconds, start, start + DAY_SECONDS))
        if spans:
            return traffic_day(start, spans, now)
    return {}


def _tallied(spans: Sequence[Span]) -> list[TalliedSpan]:
    found = []
    for span in spans:
        try:
            found.append(TalliedSpan(span.start, span.seconds, _decoder.decode(span.body)))
        except (msgspec.DecodeError, UnicodeDecodeError):
            # Written by a version that we do not know: a day less is known.
            continue
    return found
