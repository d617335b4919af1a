"""Records in a store, and the clocks of those who keep its books."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from mainstay.ledger.chain import Anchor, Chain, genesis
from mainstay.ledger.errors import StoreError
from mainstay.ledger.segments import segments_of
from mainstay.ledger.store.opening import open_store
from mainstay.ledger.store.port import Span, Store
from mainstay.model.records import Record
from mainstay.ops.tallies.tally import SpanTallies

NOW: Final = 1_700_000_000.0
"""An instant within a minute, an hour and a day (UTC)."""


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Desk:
    """A store in SQLite that records are put into as if they were shipped."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.wall = Clock(NOW)
        self.monotonic = Clock(500.0)
        self.said: list[str] = []
        self.is_down = False
        self.store = open_store(None, folder)
        self._opened = [self.store]
        self._links: dict[str, Anchor] = {}

    def open(self) -> Store:
        if self.is_down:
            raise StoreError("the store does not answer")
        self._opened.append(open_store(None, self.folder))
        return self._opened[-1]

    def ship(self, *records: Record, worker: int = 0) -> None:
        chain = Chain(f"ch_{worker:x}", "", worker, 0.0)
        link = self._links.get(chain.id, Anchor(0, genesis(chain.id)))
        segments = segments_of(list(records), link, lambda: None)
        self.store.append(chain, segments)
        self._links[chain.id] = Anchor(segments[-1].last_sequence, segments[-1].digest)

    def pass_time(self, seconds: float) -> None:
        self.wall.now += seconds
        self.monotonic.now += seconds

    def close(self) -> None:
        for store in self._opened:
            store.close()


class Unsure:
    """A store that does what it is told and then does not answer, or the other way round."""

    def __init__(self, store: Store, *, is_done: bool) -> None:
        self._store = store
        self._is_done = is_done
        self.fails = True

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def save_spans(self, reader: str, before: int, after: int, spans: Sequence[Span]) -> bool:
        if self._is_done or not self.fails:
            self._store.save_spans(reader, before, after, spans)
        if self.fails:
            self.fails = False
            raise StoreError("the connection was lost")
        return True


def counted(spans: Sequence[SpanTallies]) -> int:
    """How many attempts and exchanges there are in these tallies."""
    attempts = sum(one.attempts for span in spans for one in span.attempts.values())
    return attempts + sum(one.exchanges for span in spans for one in span.exchanges.values())
