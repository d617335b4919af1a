"""The store in SQL, as far as SQLite and PostgreSQL say it alike. What they say differently is a `Database`.

Statements mark values with "?". No text that came from outside is ever part of a statement.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from mainstay.ledger.chain import Anchor, Chain, genesis
from mainstay.ledger.errors import DamagedStoreError
from mainstay.ledger.schema import Segment
from mainstay.ledger.store.database import RECORDS, Database, Value, bounded
from mainstay.ledger.store.errors import StoreDisagreesError, StoreGapError
from mainstay.ledger.store.port import Cursor, Gap, Query, Sieve, Sifted, StoredChain, StoredRecord
from mainstay.ledger.store.rows import Row, checked_chain, rows_of
from mainstay.ledger.store.sql_events import SqlEvents
from mainstay.ledger.store.sql_newest import RARE, newest
from mainstay.ledger.store.sql_spans import SqlSpans

BY_INSTANT: Final = "at, chain, sequence"
CHAIN_COLUMNS: Final = "id, gateway, worker, begun_at, follows, follows_sequence, follows_digest"
CHAIN_TYPES: Final = (str, str, int, float, str, int, bytes, int, bytes)


class SqlStore(SqlEvents, SqlSpans):
    """A `port.Store`."""

    def __init__(self, database: Database) -> None:
        """`database` is ours to close."""
        super().__init__(database)
        self.name = database.name

    def append(self, chain: Chain, segments: Sequence[Segment], checkpoints: Sequence[tuple[int, str]] = ()) -> Anchor:
        """See the port."""
        checked_chain(chain)
        rows = rows_of(chain.id, segments)
        with self._database.transaction():
            position = self.position(chain.id)
            if rows:
                self._database.insert(chain.id, self._missing(chain.id, segments[0].previous, rows, position))
                if rows[-1].sequence > position.sequence:
                    position = Anchor(rows[-1].sequence, rows[-1].hash)
            self._reach(chain, position)
            self._insert_checkpoints(chain.id, checkpoints, position)
        return position

    def admit_gap(self, chain: Chain, gap: Gap) -> None:
        """See the port."""
        checked_chain(chain)
        with self._database.transaction():
            position = self.position(chain.id)
            if gap.first_sequence != position.sequence + 1 or gap.last_sequence < gap.first_sequence:
                raise StoreGapError(f"chain {chain.id}: a gap cannot begin behind record {gap.first_sequence - 1}")
            self._database.rows(
                "INSERT INTO gap(chain, first_sequence, last_sequence, digest, noticed_at) VALUES (?, ?, ?, ?, ?)",
                (chain.id, gap.first_sequence, gap.last_sequence, gap.digest, gap.noticed_at),
            )
            self._reach(chain, Anchor(gap.last_sequence, gap.digest))

    def position(self, chain_id: str) -> Anchor:
        """See the port."""
        last = "SELECT sequence, hash FROM record WHERE chain = ? ORDER BY sequence DESC LIMIT 1"
        gap = "SELECT last_sequence, digest FROM gap WHERE chain = ? ORDER BY last_sequence DESC LIMIT 1"
        found = [*self._database.rows(last, (chain_id,)), *self._database.rows(gap, (chain_id,))]
        return max((Anchor(*row) for row in found), key=_sequence, default=Anchor(0, genesis(chain_id)))

    def last_checkpoint(self, chain_id: str) -> int:
        """See the port."""
        newest = "SELECT sequence FROM checkpoint WHERE chain = ? ORDER BY sequence DESC LIMIT 1"
        return next((int(row[0]) for row in self._database.rows(newest, (chain_id,))), 0)

    def chains(self) -> list[StoredChain]:
        """See the port."""
        columns = ", ".join(f"chain.{name}" for name in CHAIN_COLUMNS.split(", "))
        last = "SELECT MAX(sequence) FROM record WHERE record.chain = chain.id"
        end = "SELECT MAX(last_sequence) FROM gap AS one WHERE one.chain = chain.id"
        rows = self._database.rows(
            f"SELECT {columns}, reached_sequence, reached_digest, last.sequence, last.hash, "  # noqa: S608 - constants
            "gap.last_sequence, gap.digest FROM chain "
            f"LEFT JOIN record AS last ON last.chain = chain.id AND last.sequence = ({last}) "
            f"LEFT JOIN gap ON gap.chain = chain.id AND gap.last_sequence = ({end}) ORDER BY chain.id"
        )
        return [_stored_chain(row) for row in rows]

    def records(self, query: Query, after: Cursor | None, limit: int) -> list[StoredRecord]:
        """See the port."""
        terms, values = _terms(query)
        if after is not None:
            terms.append("(at, chain, sequence) > (?, ?, ?)")
            values += (after.at, after.chain, after.sequence)
        return self._page(terms, values, BY_INSTANT, limit)

    def arrivals(self, query: Query, after: int, limit: int) -> list[StoredRecord]:
        """See the port."""
        terms, values = _terms(query)
        return self._page([*terms, "arrival > ?"], [*values, after], "arrival", limit)

    def last_arrival(self) -> int:
        """See the port."""
        return int(self._database.rows("SELECT COALESCE(MAX(arrival), 0) FROM record")[0][0])

    def newest(self, query: Query, sieve: Sieve, before: Cursor | None, limit: int, look: int) -> Sifted:
        """See the port."""
        return newest(self._database, query, sieve, before, (limit, look))

    def of_chain(self, chain_id: str, after: int, limit: int) -> list[StoredRecord]:
        """See the port."""
        return self._page(["chain = ?", "sequence > ?"], [chain_id, after], "sequence", limit)

    def originals(self, ids: Sequence[str]) -> dict[str, tuple[str, int]]:
        """See the port."""
        marks = ", ".join("?" * len(ids))
        statement = f"SELECT id, chain, sequence FROM record WHERE id IN ({marks}) AND NOT duplicate AND id <> ''"  # noqa: S608 - marks
        return {row[0]: (row[1], row[2]) for row in self._database.rows(statement, ids)} if ids else {}

    def hidden(self, limit: int) -> list[StoredRecord]:
        """See the port."""
        seen = "SELECT 1 FROM record AS seen WHERE seen.id = record.id AND NOT seen.duplicate AND seen.id <> ''"
        return self._page(["duplicate", f"NOT EXISTS ({seen})"], [], "chain, sequence", limit)

    def unnamed(self) -> list[str]:
        """See the port."""
        named = {row[0] for row in self._database.rows("SELECT id FROM chain")}
        found: list[str] = []
        # One look into the index for each chain, instead of a walk through all records.
        name = ""
        while (row := self._database.rows("SELECT MIN(chain) FROM record WHERE chain > ?", (name,))[0])[0] is not None:
            name = str(row[0])
            if name not in named:
                found.append(name)
        return found

    def gaps(self, chain_id: str) -> list[Gap]:
        """See the port."""
        columns = "first_sequence, last_sequence, digest, noticed_at"
        rows = self._database.rows(f"SELECT {columns} FROM gap WHERE chain = ? ORDER BY first_sequence", (chain_id,))  # noqa: S608 - constants
        return [Gap(*row) for row in rows]

    def checkpoints(self, chain_id: str, after: int, limit: int) -> list[tuple[int, str]]:
        """See the port."""
        statement = (
            "SELECT sequence, statement FROM checkpoint WHERE chain = ? AND sequence > ? ORDER BY sequence LIMIT ?"
        )
        rows = self._database.rows(statement, (chain_id, after, bounded(limit)))
        return [(int(row[0]), str(row[1])) for row in rows]

    def close(self) -> None:
        """See the port."""
        self._database.close()

    def _missing(self, chain_id: str, previous: bytes, rows: Sequence[Row], position: Anchor) -> list[Row]:
        """Those of the rows that are not in the store: new ones, and in between what somebody has deleted. Refuses rows
        that leave records out, or that do not say what the store says."""
        first = rows[0].sequence
        if first > position.sequence + 1:
            raise StoreGapError(f"chain {chain_id}: after record {position.sequence} the store was given {first}")
        offered = {row.sequence: (row.hash, row.body) for row in rows}
        there = "SELECT sequence, id, hash, body FROM record WHERE chain = ? AND sequence BETWEEN ? AND ?"
        last = min(rows[-1].sequence, position.sequence)
        known = self._database.rows(there, (chain_id, first, last)) if first <= last else []
        for sequence, identity, digest, body in known:
            if offered[sequence] != (digest, body):
                what = "the store has this record otherwise than the journal; one of them was altered"
                raise StoreDisagreesError(chain_id, sequence, identity, what)
        links = {first - 1: previous, **{row.sequence: row.hash for row in rows}}
        if links.get(position.sequence, position.digest) != position.digest:
            raise StoreDisagreesError(chain_id, position.sequence, "", "the journal has another record than the store")
        stored = {row[0] for row in known}
        return [row for row in rows if row.sequence not in stored]

    def _reach(self, chain: Chain, position: Anchor) -> None:
        """Note the chain, and that it came as far as this."""
        values = (chain.id, chain.gateway, chain.worker, chain.begun_at, chain.follows, chain.follows_sequence)
        self._database.rows(
            f"INSERT INTO chain({CHAIN_COLUMNS}, reached_sequence, reached_digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "  # noqa: S608 - constants
            "ON CONFLICT (id) DO UPDATE SET reached_sequence = excluded.reached_sequence, "
            "reached_digest = excluded.reached_digest WHERE excluded.reached_sequence > chain.reached_sequence",
            (*values, chain.follows_digest, position.sequence, position.digest),
        )

    def _insert_checkpoints(self, chain_id: str, checkpoints: Iterable[tuple[int, str]], position: Anchor) -> None:
        statement = "INSERT INTO checkpoint(chain, sequence, statement) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        for sequence, text in checkpoints:
            if sequence > position.sequence:
                raise StoreGapError(f"chain {chain_id}: a checkpoint of record {sequence} came before the record")
            self._database.rows(statement, (chain_id, sequence, text))

    def _page(self, terms: Sequence[str], values: Sequence[Value], order: str, limit: int) -> list[StoredRecord]:
        # The terms are constants of this file; what callers give is bound, never pasted in.
        statement = f"SELECT {RECORDS.text} FROM record WHERE {' AND '.join(terms)} ORDER BY {order} LIMIT ?"  # noqa: S608
        rows = self._database.page(RECORDS, statement, (*values, bounded(limit)), order)
        return [StoredRecord(*row) for row in rows]


def _terms(query: Query) -> tuple[list[str], list[Value]]:
    terms, values = ["NOT duplicate"], list[Value]()
    asked = (
        ("at >= ?", query.since),
        ("at < ?", query.until),
        ("kind = ?", query.kind),
        ("tenant = ?", query.tenant),
        # The second term, and the one below, let the databases use indexes that leave all other records out.
        ("exchange = ? AND exchange <> ''", query.exchange),
    )
    for term, value in asked:
        if value is not None:
            terms.append(term)
            values.append(value)
    if query.kind is not None and query.kind not in {"attempt", "exchange"}:
        terms.append(RARE)
    return terms, values


def _stored_chain(row: tuple[Any, ...]) -> StoredChain:
    if tuple(map(type, row[:9])) != CHAIN_TYPES:
        raise DamagedStoreError(f"the chain {row[0]!r} was altered in the store: a column has another type")
    chain = Chain(*row[:7])
    ends = [Anchor(row[at], row[at + 1]) for at in (9, 11) if row[at] is not None]
    position = max(ends, key=_sequence, default=Anchor(0, genesis(chain.id)))
    return StoredChain(chain, Anchor(row[7], row[8]), position)


def _sequence(anchor: Anchor) -> int:
    return anchor.sequence
