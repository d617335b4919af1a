"""What was added up, for pages and readings."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import msgspec

from mainstay.control.bookkeeping.bookkeeper import KEPT_SECONDS, SPAN_SECONDS
from mainstay.ledger.errors import SearchEndedError
from mainstay.ledger.store.kept import KeptStore
from mainstay.ledger.store.port import Span, Store
from mainstay.ops.tallies.merging import decode, merge
from mainstay.ops.tallies.tally import SpanTallies, TalliedSpan

BYTES_MAX: Final = 64_000_000
"""So much is read for one question."""


class Total(msgspec.Struct, frozen=True):
    """What was added up between two instants (seconds since 1970)."""

    since: int
    until: int
    tallies: SpanTallies


class Tallied:
    """May be asked from any thread. Every method may raise `LedgerError`: the store does not answer now."""

    def __init__(self, open_store: Callable[[], Store], wall: Callable[[], float]) -> None:
        """`open_store` may raise `LedgerError`; `wall` gives seconds since 1970."""
        self._store = KeptStore(open_store)
        self._wall = wall

    def spans(self, seconds: int, since: float, until: float) -> list[TalliedSpan]:
        """Spans of a minute (60; of the last 8 days), ten minutes (600; of 15 days), an hour (3600; of 100 days) or a
        day (86400; all, in UTC) that begin at or after `since` and before `until`, in order. A span in which nothing
        happened is not there, the newest one is still growing. Some hundred of them are read in a tenth of a second.

        Raises `SearchEndedError` where that would be too much at once: then ask for longer spans.
        """
        found = []
        for span in self._read(seconds, since, until):
            try:
                found.append(TalliedSpan(span.start, span.seconds, decode(span.body)))
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
        return found

    def total(self, since: float, until: float) -> Total:
        """Everything between two instants together, from and to a whole minute; where minutes or hours are not kept any
        more, from and to a whole hour or day. What lies around is told with it."""
        grain = self._grain(since)
        begin, end = int(since // grain * grain), int(-(-until // grain) * grain)
        tallies = SpanTallies()
        for seconds, first, last in pieces(begin, end, grain):
            for span in self.spans(seconds, first, last):
                merge(tallies, span.tallies)
        return Total(begin, max(begin, end), tallies)

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()

    def _grain(self, since: float) -> int:
        """The shortest spans that are kept from this instant on."""
        now = self._wall()
        kept = (seconds for seconds in SPAN_SECONDS if seconds not in KEPT_SECONDS)
        young = (seconds for seconds, age in KEPT_SECONDS.items() if since // seconds * seconds > now - age)
        return min((*young, *kept))

    def _read(self, seconds: int, since: float, until: float) -> Iterator[Span]:
        left = BYTES_MAX
        while page := self._store.ask(partial(_spans, seconds, since, until)):
            yield from page
            left -= sum(len(span.body) for span in page)
            if left < 0:
                raise SearchEndedError(f"spans of {seconds} s are too many between these instants: ask for longer ones")
            since = page[-1].start + 1


def _spans(seconds: int, since: float, until: float, store: Store) -> list[Span]:
    return store.spans(seconds, since, until)


def pieces(begin: int, end: int, grain: int) -> Iterator[tuple[int, int, int]]:
    """The longest spans that make up the time between two instants, none shorter than `grain`: seconds of a span, where
    such begin, where they end; in order."""
    lengths = tuple(seconds for seconds in sorted(SPAN_SECONDS, reverse=True) if seconds >= grain)
    yield from _split(begin, end, lengths)


def _split(begin: int, end: int, lengths: tuple[int, ...]) -> Iterator[tuple[int, int, int]]:
    if begin >= end or not lengths:
        return
    longest, shorter = lengths[0], lengths[1:]
    first, last = -(-begin // longest) * longest, end // longest * longest
    if first >= last:
        yield from _split(begin, end, shorter)
        return
    yield from _split(begin, first, shorter)
    yield longest, first, last
    yield from _split(last, end, shorter)
