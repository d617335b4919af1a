"""What was asked lately, counted for previews: from the store, or from the journals of this machine's gateway."""

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from mainstay.ledger.errors import LedgerError
from mainstay.ledger.files import journal_paths
from mainstay.ledger.reader import RecordReader
from mainstay.ledger.store.port import Cursor, Query, Store, StoredRecord

WINDOW_SECONDS: Final = 900.0
EXCHANGES_MAX: Final = 50_000
"""Beyond so many the newest (of journals) or the first (of the store) are taken for all."""
PAGE_RECORDS: Final = 5_000
KIND: Final = "exchange"


class Asked(msgspec.Struct, frozen=True):
    """What exchanges have in common for routing. `upstream` served them; empty where nobody did."""

    model: str
    workload: str
    tenant: str
    upstream: str


class Load(msgspec.Struct, frozen=True):
    """How many exchanges of each sort there were within the last `seconds`. `trouble` says why that is not known."""

    counts: dict[Asked, int]
    seconds: float = WINDOW_SECONDS
    trouble: str = ""

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())


NO_LOAD: Final = Load({})
LoadReader = Callable[[float], Load]
"""Gives the load of the window that ends at an instant (seconds since 1970). Raises nothing."""


class _Body(msgspec.Struct, frozen=True):
    """What of an exchange's record matters here."""

    model_asked: str = ""
    workload: str = ""
    tenant: str = ""
    upstream: str = ""
    repeats: str = ""


_decoder: Final = msgspec.json.Decoder(_Body)


def store_load(open_store: Callable[[], Store]) -> LoadReader:
    """The load of every gateway that ships to this store. `open_store` may raise `LedgerError`."""

    def read(wall: float) -> Load:
        try:
            with closing(open_store()) as store:
                return counted(row.body for row in _newest(store, wall - WINDOW_SECONDS))
        except LedgerError as error:
            return Load({}, trouble=f"the store does not answer: {error}")

    return read


def journal_load(state: Path) -> LoadReader:
    """The load of the gateway of this state folder."""

    def read(wall: float) -> Load:
        try:
            bodies: list[bytes] = []
            for path in journal_paths(state):
                with RecordReader(path) as reader:
                    rows = reader.newest_since(KIND, wall - WINDOW_SECONDS, EXCHANGES_MAX)
                    bodies += [row.body for row in rows]
            return counted(bodies)
        except LedgerError as error:
            return Load({}, trouble=f"the journals cannot be read: {error}")

    return read


def counted(bodies: Iterable[bytes]) -> Load:
    """The load that these records of exchanges make. What was given again, or never understood, asked nobody."""
    counts: Counter[Asked] = Counter()
    for body in bodies:
        try:
            one = _decoder.decode(body)
        except (ValueError, RecursionError):
            continue
        if one.model_asked and one.workload and not one.repeats:
            counts[Asked(one.model_asked, one.workload, one.tenant, one.upstream)] += 1
    return Load(dict(counts))


def _newest(store: Store, since: float) -> Iterable[StoredRecord]:
    after: Cursor | None = None
    taken = 0
    while taken < EXCHANGES_MAX:
        rows = store.records(Query(since=since, kind=KIND), after, PAGE_RECORDS)
        if not rows:
            return
        yield from rows
        taken += len(rows)
        after = Cursor(rows[-1].at, rows[-1].chain, rows[-1].sequence)
