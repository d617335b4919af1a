"""Looking through records from the newest on, in SQL. Bounded by how many records are looked at, not by what is found:
first it is asked where the last of so many stands, then what there is between here and there."""

from typing import Final

from mainstay.ledger.store.database import PAGE_BYTES, RECORDS, Database, Value, bounded
from mainstay.ledger.store.port import Cursor, Query, Sieve, Sifted, StoredRecord

RARE: Final = "kind NOT IN ('attempt', 'exchange')"
"""The kinds that have an index of their own: all but those of which most records are."""
TOLD_APART: Final = "tenant NOT IN ('', 'local')"
"""The tenants that have an index of their own: where all records are of one, it would tell nothing."""

_NEWEST_FIRST: Final = "at DESC, chain DESC, sequence DESC"
_PLACE: Final = "(at, chain, sequence)"


class Terms:
    """Terms of a WHERE, and the values for their marks in the same order."""

    def __init__(self) -> None:
        """Without duplicates, as all readings are."""
        self.texts = ["NOT duplicate"]
        self.values: list[Value] = []

    def add(self, text: str, *values: Value) -> None:
        """One term more. The text is a constant; what callers give is in `values`."""
        self.texts.append(text)
        self.values += values

    @property
    def text(self) -> str:
        """All of them."""
        return " AND ".join(self.texts)


def newest(database: Database, query: Query, sieve: Sieve, before: Cursor | None, limits: tuple[int, int]) -> Sifted:
    """See the port; `limits` are how many records to give and how many to look at."""
    limit, look = max(1, bounded(limits[0])), max(1, limits[1])
    window = Terms()
    if before is not None:
        window.add(f"{_PLACE} < (?, ?, ?)", before.at, before.chain, before.sequence)
    rest = _narrow(window, database, query, sieve)
    place = f"SELECT at, chain, sequence FROM record WHERE {window.text} ORDER BY {_NEWEST_FIRST} LIMIT 1 OFFSET ?"  # noqa: S608 - constants
    edge = [Cursor(*row) for row in database.rows(place, (*window.values, look - 1))]
    looked = look if edge else _count(database, window)
    for one in edge:
        window.add(f"{_PLACE} >= (?, ?, ?)", one.at, one.chain, one.sequence)
    terms = f"{window.text}{''.join(f' AND {text}' for text in rest.texts[1:])}"
    found = f"SELECT {RECORDS.text} FROM record WHERE {terms} ORDER BY {_NEWEST_FIRST} LIMIT ?"  # noqa: S608 - constants
    values = (*window.values, *rest.values, limit)
    rows = tuple(StoredRecord(*row) for row in database.page(RECORDS, found, values, _NEWEST_FIRST))
    if rows and (len(rows) == limit or sum(len(row.body) for row in rows) >= PAGE_BYTES):
        last = rows[-1]
        return Sifted(rows, Cursor(last.at, last.chain, last.sequence), len(rows))
    return Sifted(rows, edge[0] if edge else None, looked)


def _narrow(window: Terms, database: Database, query: Query, sieve: Sieve) -> Terms:
    """Put into the window the terms that one index serves, and give the others."""
    rest, words = Terms(), database.words
    if query.since is not None:
        window.add("at >= ?", query.since)
    if query.until is not None:
        window.add("at < ?", query.until)
    served = _served(query, sieve)
    if query.exchange is not None:
        window.add("exchange = ? AND exchange <> ''", query.exchange)
    if query.kind is not None:
        (window if served == "kind" else rest).add("kind = ?", query.kind)
    if query.tenant is not None:
        (window if served == "tenant" else rest).add("tenant = ?", query.tenant)
    if served in _INDEXED:
        window.add(_INDEXED[served])
    if sieve.is_faulty:
        (window if served == "fault" else rest).add(words.is_faulty)
    for piece in sieve.pieces:
        rest.add(words.has, piece)
    if sieve.whole_seconds_min is not None:
        rest.add(f"{words.whole_seconds} >= ?", sieve.whole_seconds_min)
    return rest


_INDEXED: Final = {"kind": RARE, "tenant": TOLD_APART}
"""Terms that let the databases use indexes that leave all other records out."""


def _served(query: Query, sieve: Sieve) -> str:
    """By which index the records are best found, from the one that leaves most out."""
    if query.exchange is not None:
        return "exchange"
    if query.kind is not None and query.kind not in {"attempt", "exchange"}:
        return "kind"
    if sieve.is_faulty:
        return "fault"
    if query.tenant not in {None, "", "local"}:
        return "tenant"
    return "instant"


def _count(database: Database, window: Terms) -> int:
    rows = database.rows(f"SELECT COUNT(*) FROM record WHERE {window.text}", window.values)  # noqa: S608 - constants
    return int(rows[0][0])
