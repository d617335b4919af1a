"""From the first schema to the chain: the hashes of records that were written before there was one.

Done in place and in slices, each of them durable, so that it may be cut off anywhere and goes on where it stopped. The
number of the schema changes last: until then the file is one of the first version, also for an older Mainstay.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from mainstay.ledger.chain import Anchor, Chain, genesis, linked
from mainstay.ledger.connection import transaction
from mainstay.ledger.errors import DamagedStoreError, sqlite_errors_translated
from mainstay.ledger.schema import CHAIN_STATEMENTS, SCHEMA_VERSION, Segment

SLICE_BYTES: Final = 4 * 1024 * 1024

_BEGIN_STATEMENTS: Final = (
    "ALTER TABLE segment ADD COLUMN previous BLOB NOT NULL DEFAULT x''",
    "ALTER TABLE segment ADD COLUMN digest BLOB NOT NULL DEFAULT x''",
    "ALTER TABLE segment ADD COLUMN digests BLOB NOT NULL DEFAULT x''",
    *CHAIN_STATEMENTS,
    # One row: how far we are.
    "CREATE TABLE migration(sequence INTEGER NOT NULL, digest BLOB NOT NULL)",
)


def insert_chain(connection: sqlite3.Connection, chain: Chain) -> None:
    """Write the row that names the chain, which begins with its first record."""
    connection.execute(
        "INSERT INTO chain VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?)",
        (
            chain.id,
            chain.gateway,
            chain.worker,
            chain.begun_at,
            chain.follows,
            chain.follows_sequence,
            chain.follows_digest,
            genesis(chain.id),
        ),
    )


def migrate(path: Path, connection: sqlite3.Connection, begin: Callable[[], Chain], rest: Callable[[], object]) -> None:
    """Bring a file of the first version to this one, or go on with that. `rest` is called between slices.

    Raises `StoreError` if the disk does not take it, `DamagedStoreError` if the file does not hold what it should.
    """
    with sqlite_errors_translated(path):
        if not _has_begun(connection):
            with transaction(connection):
                _begin(connection, begin())
        while (slice_ := _next_slice(path, connection)) is not None:
            segments, place = slice_
            with transaction(connection):
                _write(connection, segments, place)
            rest()
        with transaction(connection):
            _finish(connection)


def _has_begun(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'migration'").fetchone() is not None


def _begin(connection: sqlite3.Connection, chain: Chain) -> None:
    for statement in _BEGIN_STATEMENTS:
        connection.execute(statement)
    insert_chain(connection, chain)
    connection.execute("INSERT INTO migration VALUES (0, ?)", (genesis(chain.id),))


def _next_slice(path: Path, connection: sqlite3.Connection) -> tuple[list[Segment], Anchor] | None:
    """The next segments, chained, and where the chain is after them; `None` behind the last."""
    place = Anchor(*connection.execute("SELECT sequence, digest FROM migration").fetchone())
    question = (
        "SELECT first_sequence, records, first_at, last_at, body FROM segment "
        "WHERE first_sequence > ? ORDER BY first_sequence"
    )
    done: list[Segment] = []
    size = 0
    with closing(connection.execute(question, (place.sequence,))) as rows:
        while size < SLICE_BYTES and (row := rows.fetchone()) is not None:
            segment = Segment(*row)
            if segment.first_sequence != place.sequence + 1:
                missing = f"records {place.sequence + 1} to {segment.first_sequence - 1}"
                raise DamagedStoreError(f"{path}: {missing} are missing")
            try:
                done.append(linked(segment, place.digest))
            except DamagedStoreError as error:
                raise DamagedStoreError(f"{path}: {error}") from error
            place = Anchor(segment.last_sequence, done[-1].digest)
            size += len(segment.body)
    return (done, place) if done else None


def _write(connection: sqlite3.Connection, segments: list[Segment], place: Anchor) -> None:
    connection.executemany(
        "UPDATE segment SET previous = ?, digest = ?, digests = ? WHERE first_sequence = ?",
        [(one.previous, one.digest, one.digests, one.first_sequence) for one in segments],
    )
    connection.execute("UPDATE migration SET sequence = ?, digest = ?", (place.sequence, place.digest))


def _finish(connection: sqlite3.Connection) -> None:
    connection.execute("DROP TABLE migration")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
