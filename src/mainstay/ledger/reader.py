"""Questions to a journal file. Every answer is whole and in order, or an error.

Segments know their instants and nothing else, so most questions read some segments that turn out not to matter. They
are chosen by instant, looked through for the bytes of what is sought, and decoded only then.
"""

import heapq
import math
import re
from collections.abc import Collection
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec

from mainstay.ledger.chain_reader import ChainReader, Segments
from mainstay.ledger.errors import SearchEndedError
from mainstay.ledger.schema import Stored

READ_RECORDS_MAX: Final = 100_000
"""Most records that one question gives."""

SEARCH_BYTES_MAX: Final = 8 * 1024**3
"""Most bytes of records that one search reads: some ten seconds."""

NEEDLES_MAX: Final = 8
"""Ids that are looked for in the bytes of a segment; with more of them it is cheaper to decode every segment."""

ID_WITH_INSTANT: Final = re.compile(r"ex_([0-9a-f]{11})[0-9a-f]+")
"""An exchange's id: milliseconds since 1970, then random digits."""

ID_SLACK_SECONDS: Final = 1.0
"""How far the clock of ids and the clock of records may lie apart."""

EXCHANGE_SECONDS_MAX: Final = 86_400.0
"""What happens in an exchange happens at most so long after it began."""

FOLLOWING_RECORDS: Final = 100_000
"""An exchange's own record is its last. So many further ones are read all the same, as many as a queue may hold."""


class RecordReader(ChainReader):
    """Reads one journal file, also while a gateway writes it. Every answer is in order of writing, oldest first, unless
    the method says otherwise.

    Each method raises `StoreError` if the file cannot be read and `DamagedStoreError` if it is broken; the constructor
    also raises `NewerStoreError`, a search `SearchEndedError`. A method may be called from any thread, but only from
    one at a time.
    """

    def __init__(self, path: Path, *, search_bytes_max: int = SEARCH_BYTES_MAX) -> None:
        """Open an existing file for reading only."""
        super().__init__(path)
        self._search_bytes_max = search_bytes_max

    def tail(self, count: int, kind: str | None = None) -> list[Stored]:
        """Give the last `count` records; if a kind is named, the `count` newest of it, as `newest_since` does."""
        if kind is not None:
            return self.newest_since(kind, -math.inf, count)
        missing = _bounded(count)
        answer: list[list[Stored]] = []
        with closing(self._segments("ORDER BY first_sequence DESC", ())) as segments:
            while missing and (segment := next(segments, None)) is not None:
                answer.append(list(self._stored(segment, segment.records - missing)))
                missing -= len(answer[-1])
        return [row for rows in reversed(answer) for row in rows]

    def since(self, sequence: int, count: int = 1_000) -> list[Stored]:
        """Give the first `count` records written after the one with this sequence number."""
        first = sequence + 1
        # The segment that holds the first of them begins with it or before it.
        which = (
            "WHERE first_sequence >= COALESCE((SELECT MAX(first_sequence) FROM segment WHERE first_sequence <= ?), 0) "
            "ORDER BY first_sequence"
        )
        with closing(self._segments(which, (first,))) as segments:
            rows = (row for segment in segments for row in self._stored(segment, first - segment.first_sequence))
            return list(islice(rows, _bounded(count)))

    def newest_since(self, kind: str, at: float, count: int) -> list[Stored]:
        """Give the newest `count` records of one kind whose instant is not before `at`, in order of their instants."""
        wanted = _bounded(count)
        needle = b'"type":' + msgspec.json.encode(kind)
        newest: list[tuple[float, int, Stored]] = []
        with closing(self._searched("WHERE last_at >= ? ORDER BY last_at DESC", (at,))) as segments:
            while wanted and (segment := next(segments, None)) is not None:
                if len(newest) == wanted and segment.last_at < newest[0][0]:
                    break
                for row in self._stored(segment) if needle in segment.body else ():
                    if row.kind == kind and row.at >= at:
                        put = heapq.heappush if len(newest) < wanted else heapq.heappushpop
                        put(newest, (row.at, row.sequence, row))
        return [row for _at, _sequence, row in sorted(newest)]

    def by_exchange(self, exchange: str) -> list[Stored]:
        """Give everything that was written about one exchange. See `by_exchanges`."""
        return self.by_exchanges((exchange,))

    def by_exchanges(self, exchanges: Collection[str]) -> list[Stored]:
        """Give everything that was written about these exchanges, at most `READ_RECORDS_MAX` records.

        Ids tell when their exchange began, which leaves little to read. Ids that do not, and ids of which nothing is
        found at their time (the clock may have been set), are looked for everywhere.
        """
        began = {one: instant for one in exchanges if (instant := _instant_of(one)) is not None}
        found: list[Stored] = []
        if began:
            start = min(began.values()) - ID_SLACK_SECONDS
            end = max(began.values()) + EXCHANGE_SECONDS_MAX + ID_SLACK_SECONDS
            found = self._about(set(began), start, end, FOLLOWING_RECORDS)
        missing = set(exchanges) - {row.exchange for row in found} - {""}
        if missing:
            found += self._about(missing, -math.inf, math.inf, math.inf)
        return sorted(found, key=lambda row: row.sequence)[:READ_RECORDS_MAX]

    def count(self) -> int:
        """Count the records. Reads every row's head: seconds on a file of many gigabytes."""
        return self._number("SELECT COALESCE(SUM(records), 0) FROM segment")

    def _about(self, exchanges: set[str], start: float, end: float, following: float) -> list[Stored]:
        """Records about these exchanges in segments that reach into the time from `start` to `end`. The search ends
        early, `following` records behind the last record with which one of these exchanges ended."""
        needles = [msgspec.json.encode(one) for one in exchanges] if len(exchanges) <= NEEDLES_MAX else [b""]
        running = set(exchanges)
        last_needed = math.inf
        found: list[Stored] = []
        # "+" makes SQLite take the index on instants rather than walk through the table from its beginning.
        first = self._number("SELECT COALESCE(MIN(+first_sequence), 0) FROM segment WHERE last_at >= ?", start)
        # In the order of writing, for what ends an exchange is written last; and not by way of the index on instants,
        # for to sort what it gives SQLite would hold all bodies at once.
        which = "NOT INDEXED WHERE first_sequence >= ? AND last_at >= ? AND first_at <= ? ORDER BY first_sequence"
        with closing(self._searched(which, (first, start, end))) as segments:
            for segment in segments:
                if segment.first_sequence > last_needed or len(found) >= READ_RECORDS_MAX:
                    break
                if any(needle in segment.body for needle in needles):
                    about = [row for row in self._stored(segment) if row.exchange in exchanges]
                    found += about
                    running -= {row.id for row in about}
                    last_needed = math.inf if running else segment.last_sequence + following
        return found

    def _searched(self, which: str, values: tuple[object, ...]) -> Segments:
        """Segments, as long as not too many bytes of them have been read."""
        left = self._search_bytes_max
        with closing(self._segments(which, values)) as segments:
            for segment in segments:
                left -= len(segment.body)
                if left < 0:
                    gibibytes = self._search_bytes_max / 1024**3
                    raise SearchEndedError(f"{self.path}: the search was given up after {gibibytes:g} GiB of records")
                yield segment


def _bounded(count: int) -> int:
    return max(0, min(count, READ_RECORDS_MAX))


def _instant_of(exchange: str) -> float | None:
    """When the exchange with this id began, if the id tells."""
    match = ID_WITH_INSTANT.fullmatch(exchange)
    return int(match[1], 16) / 1_000 if match else None
