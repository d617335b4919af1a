"""Fills a store with a month of traffic, faster than shipping would: the tables are those of a real store, their
indexes are made afterwards."""

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

import psycopg

from bench.store_rows import Traffic
from mainstay.ledger.store.database import Database, Value
from mainstay.ledger.store.migration import Steps
from mainstay.ledger.store.opening import open_store
from mainstay.ledger.store.port import Span, Store
from mainstay.ledger.store.postgres_steps import STEPS as POSTGRES_STEPS
from mainstay.ledger.store.rows import Row
from mainstay.ledger.store.sql import SqlStore
from mainstay.ledger.store.sqlite import STEPS as SQLITE_STEPS
from mainstay.ledger.store.sqlite import SqliteDatabase
from mainstay.ops.tallies.merging import encode

BATCH: Final = 50_000
SPAN_DAYS: Final = {60: 8, 600: 15, 3_600: 100, 86_400: 365}
INCIDENTS: Final = 2_000
EVENTS: Final = 30
T = TypeVar("T")

COLUMNS: Final = "chain, sequence, id, kind, exchange, tenant, at, hash, body, duplicate"


def fill_sqlite(folder: Path, traffic: Traffic, say: Callable[[str], None]) -> Store:
    """A store in a folder."""
    open_store(None, folder).close()
    database = SqliteDatabase(folder / "ledger.sqlite")
    database.rows("PRAGMA synchronous = OFF")
    database.rows("PRAGMA cache_size = -200000")
    _drop_indexes(database, SQLITE_STEPS)
    statement = f"INSERT INTO record({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)"  # noqa: S608 - constants
    for number, batch in enumerate(_batches(traffic.rows())):
        with database.transaction():
            database._connection.executemany(statement, (_values(chain, row) for chain, row in batch))  # noqa: SLF001
        _tell(say, "SQLite", number)
    say("SQLite: making the indexes")
    _make_indexes(database, SQLITE_STEPS)
    database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    store = open_store(None, folder)
    fill_beside(store, traffic)
    return store


def fill_postgres(dsn: str, traffic: Traffic, say: Callable[[str], None]) -> Store:
    """A store in an empty database."""
    open_store(dsn, Path("/nowhere")).close()
    with psycopg.connect(f"{dsn}?options=-csearch_path%3Dmainstay", autocommit=True) as connection:
        connection.execute("SET maintenance_work_mem = '512MB'")
        for name in _index_names(POSTGRES_STEPS):
            connection.execute(f"DROP INDEX {name}".encode())
        for number, batch in enumerate(_batches(traffic.rows())):
            with connection.cursor().copy(f"COPY record({COLUMNS}) FROM STDIN".encode()) as copy:
                copy.write("".join(_line(chain, row) for chain, row in batch).encode())
            _tell(say, "PostgreSQL", number)
        say("PostgreSQL: making the indexes")
        for statement in _index_statements(POSTGRES_STEPS):
            connection.execute(statement.encode())
        connection.execute("VACUUM ANALYZE record")
    store = open_store(dsn, Path("/nowhere"))
    fill_beside(store, traffic)
    return store


def fill_beside(store: Store, traffic: Traffic) -> None:
    """Spans as such traffic leaves them, and streams of incidents."""
    until = int(traffic.at(traffic.exchanges - 1))
    mark = 0
    for seconds, days in SPAN_DAYS.items():
        body = encode(traffic.busy_span(seconds))
        end = until // seconds * seconds
        starts = range(end - days * 86_400, end + 1, seconds)
        for batch in _batches(starts, 1_000):
            spans = [Span(seconds, start, body) for start in batch]
            assert store.save_spans("tallies-1", mark, mark + 1, spans)  # noqa: S101 - nobody else is there
            mark += 1
    assert isinstance(store, SqlStore)  # noqa: S101 - both are
    _fill_streams(store._database, until)  # noqa: SLF001 - event by event it would take minutes


def _fill_streams(database: Database, until: int) -> None:
    body = b'{"type":"incident","text":"' + b"x" * 600 + b'"}'
    with database.transaction():
        for incident in range(1, INCIDENTS + 1):
            name, at = f"incident/INC-{incident}", float(until - 60 * (INCIDENTS - incident))
            for number in range(1, EVENTS + 1):
                values: tuple[Value, ...] = (name, number, f"in_{incident}_{number}", at, body)
                database.rows("INSERT INTO event(stream, number, id, at, body) VALUES (?, ?, ?, ?, ?)", values)
            head = "INSERT INTO stream SELECT stream, number, arrival, at FROM event WHERE stream = ? AND number = ?"
            database.rows(head, (name, EVENTS))


def _values(chain: str, row: Row) -> tuple[Value, ...]:
    return (chain, row.sequence, row.id, row.kind, row.exchange, row.tenant, row.at, row.hash, row.body)


def _line(chain: str, row: Row) -> str:
    """A line of COPY; none of our texts holds what would have to be escaped."""
    texts = f"{chain}\t{row.sequence}\t{row.id}\t{row.kind}\t{row.exchange}\t{row.tenant}\t{row.at!r}"
    return f"{texts}\t\\\\x{row.hash.hex()}\t\\\\x{row.body.hex()}\tf\n"


def _batches(many: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    parts = iter(many)
    while batch := list(islice(parts, size)):
        yield batch


def _tell(say: Callable[[str], None], what: str, number: int) -> None:
    if number and math.log2(number).is_integer():
        say(f"{what}: {number * BATCH:,} records")


def _index_statements(steps: Steps) -> list[str]:
    return [statement for step in steps for statement in step if " INDEX record_" in statement]


def _index_names(steps: Steps) -> list[str]:
    return [statement.split(" INDEX ")[1].split(" ")[0] for statement in _index_statements(steps)]


def _drop_indexes(database: Database, steps: Steps) -> None:
    for name in _index_names(steps):
        database.rows(f"DROP INDEX {name}")


def _make_indexes(database: Database, steps: Steps) -> None:
    for statement in _index_statements(steps):
        database.rows(statement)
