"""The store in SQLite: one file in the state folder, for one machine."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from mainstay.ledger.connection import read_text
from mainstay.ledger.errors import DamagedStoreError, StoreError, sqlite_errors_translated
from mainstay.ledger.store.database import FAULT_PIECE, PAGE_BYTES, SECONDS_PIECE, Rows, Shape, Value, Words
from mainstay.ledger.store.errors import MissingStoreError
from mainstay.ledger.store.migration import READ_VERSION, Steps, migrate, refuse_newer_store, refuse_older_store
from mainstay.ledger.store.rows import Row
from mainstay.ledger.store.sql_newest import RARE, TOLD_APART

FILE: Final = "ledger.sqlite"
BUSY_SECONDS: Final = 2.0
"""How long a statement waits for another process's lock before it gives up."""
WAL_BYTES_KEPT: Final = 64 * 1024 * 1024

_SECONDS: Final = f"instr(body, X'{SECONDS_PIECE.hex()}')"
WORDS: Final = Words(
    has="instr(body, ?) > 0",
    is_faulty=f"instr(body, X'{FAULT_PIECE.hex()}') > 0",
    whole_seconds=(
        f"CASE WHEN {_SECONDS} > 0 "
        f"THEN CAST(CAST(substr(body, {_SECONDS} + {len(SECONDS_PIECE)}, 15) AS TEXT) AS INTEGER) END"
    ),
)

STEPS: Final[Steps] = (
    (
        "CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL)",
        """CREATE TABLE chain(
            id TEXT PRIMARY KEY,
            gateway TEXT NOT NULL,
            worker INTEGER NOT NULL,
            begun_at REAL NOT NULL,
            follows TEXT NOT NULL,
            follows_sequence INTEGER NOT NULL,
            follows_digest BLOB NOT NULL,
            reached_sequence INTEGER NOT NULL,
            reached_digest BLOB NOT NULL
        )""",
        # AUTOINCREMENT: a number that was given is never given again, so that who reads by arrival misses nothing.
        """CREATE TABLE record(
            arrival INTEGER PRIMARY KEY AUTOINCREMENT,
            chain TEXT NOT NULL,
            sequence INTEGER NOT NULL,
            id TEXT NOT NULL,
            kind TEXT NOT NULL,
            exchange TEXT NOT NULL,
            tenant TEXT NOT NULL,
            at REAL NOT NULL,
            hash BLOB NOT NULL,
            body BLOB NOT NULL,
            duplicate INTEGER NOT NULL,
            UNIQUE (chain, sequence)
        )""",
        # What they leave out is never looked for by them; that keeps them small. See docs/store.md.
        "CREATE UNIQUE INDEX record_id ON record(id) WHERE NOT duplicate AND id <> ''",
        "CREATE INDEX record_at ON record(at, chain, sequence) WHERE NOT duplicate",
        "CREATE INDEX record_exchange ON record(exchange, at) WHERE NOT duplicate AND exchange <> ''",
        f"CREATE INDEX record_kind ON record(kind, at, chain, sequence) WHERE NOT duplicate AND {RARE}",
        "CREATE INDEX record_duplicate ON record(chain, sequence) WHERE duplicate",
        """CREATE TABLE checkpoint(
            chain TEXT NOT NULL, sequence INTEGER NOT NULL, statement TEXT NOT NULL, PRIMARY KEY (chain, sequence)
        )""",
        """CREATE TABLE gap(
            chain TEXT NOT NULL,
            first_sequence INTEGER NOT NULL,
            last_sequence INTEGER NOT NULL,
            digest BLOB NOT NULL,
            noticed_at REAL NOT NULL,
            PRIMARY KEY (chain, first_sequence)
        )""",
    ),
    (
        # Events of all streams; numbers of arrival are never given again, as above.
        """CREATE TABLE event(
            arrival INTEGER PRIMARY KEY AUTOINCREMENT,
            stream TEXT NOT NULL,
            number INTEGER NOT NULL,
            id TEXT NOT NULL,
            at REAL NOT NULL,
            body BLOB NOT NULL,
            UNIQUE (stream, number)
        )""",
        # The last event of each stream.
        """CREATE TABLE stream(
            stream TEXT PRIMARY KEY, number INTEGER NOT NULL, arrival INTEGER NOT NULL, at REAL NOT NULL
        )""",
        "CREATE UNIQUE INDEX stream_arrival ON stream(arrival)",
        """CREATE TABLE span(
            seconds INTEGER NOT NULL, start INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (seconds, start)
        )""",
        "CREATE TABLE mark(reader TEXT PRIMARY KEY, arrival INTEGER NOT NULL)",
        f"CREATE INDEX record_tenant ON record(tenant, at, chain, sequence) WHERE NOT duplicate AND {TOLD_APART}",
        f"CREATE INDEX record_fault ON record(at, chain, sequence) WHERE NOT duplicate AND {WORDS.is_faulty}",
    ),
)

_INSERT: Final = (
    "INSERT INTO record(chain, sequence, id, kind, exchange, tenant, at, hash, body, duplicate) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
    "?3 <> '' AND EXISTS(SELECT 1 FROM record WHERE id = ?3 AND NOT duplicate AND id <> ''))"
)


class SqliteDatabase:
    """A `sql.Database` in one file."""

    def __init__(self, path: Path, *, read_only: bool = False, steps: Steps = STEPS) -> None:
        """Open the file; without `read_only` make or migrate it where that is needed. The folder must exist.

        Raises `StoreError`, `DamagedStoreError`, `NewerStoreError`, and `MissingStoreError` (`read_only` only).
        """
        self.name = str(path)
        self.words = WORDS
        self._path = path
        if read_only and not path.exists():
            raise MissingStoreError(f"{path}: there is no store yet; the control plane makes it")
        with sqlite_errors_translated(path):
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}",
                uri=True,
                timeout=BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
            )
            self._connection.text_factory = read_text
            try:
                self._prepare(read_only=read_only, steps=steps)
                self._file = _identity_of(path)
            except BaseException:
                self._connection.close()
                raise

    def rows(self, statement: str, values: Sequence[Value] = ()) -> Rows:
        """See the port."""
        with sqlite_errors_translated(self._path):
            return self._connection.execute(statement, values).fetchall()

    def page(self, shape: Shape, statement: str, values: Sequence[Value], order: str) -> Rows:  # noqa: ARG002 - the other one needs it
        """See the port."""
        found: Rows = []
        left = PAGE_BYTES
        body = shape.columns.index("body")
        # SQLite knows no booleans, and lets any value stand in any column.
        has_flag = shape.types[-1] is bool
        types = tuple(int if one is bool else one for one in shape.types)
        with sqlite_errors_translated(self._path), closing(self._connection.execute(statement, values)) as rows:
            for row in rows:
                if tuple(map(type, row)) != types:
                    what = f"{shape.name} {row[shape.number]!r:.200} of {row[shape.owner]!r:.200}"
                    raise DamagedStoreError(f"{self._path}: {what} was altered: not its types")
                found.append((*row[:-1], bool(row[-1])) if has_flag else row)
                left -= len(row[body])
                if left < 0:
                    break
        return found

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """See the port."""
        if _identity_of(self._path) != self._file:
            raise StoreError(f"{self._path}: the file was removed or replaced while it was in use")
        with sqlite_errors_translated(self._path):
            self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            with sqlite_errors_translated(self._path):
                self._connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise

    def insert(self, chain_id: str, rows: Sequence[Row]) -> None:
        """See the port."""
        values = [
            (chain_id, row.sequence, row.id, row.kind, row.exchange, row.tenant, row.at, row.hash, row.body)
            for row in rows
        ]
        with sqlite_errors_translated(self._path):
            self._connection.executemany(_INSERT, values)

    def close(self) -> None:
        """See the port."""
        with suppress(sqlite3.Error):
            self._connection.close()

    def _prepare(self, *, read_only: bool, steps: Steps) -> None:
        if read_only:
            version = self._version()
            refuse_newer_store(self.name, version, steps)
            refuse_older_store(self.name, version, steps)
            return
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES_KEPT}")
        if self._version() != len(steps):
            self._connection.execute("BEGIN IMMEDIATE")
            migrate(self.name, self._version(), steps, self._connection.execute)
            self._connection.execute("COMMIT")

    def _version(self) -> int:
        tables = {str(row[0]) for row in self._connection.execute("SELECT name FROM sqlite_master")}
        if not tables:
            return 0
        if "meta" not in tables:
            raise DamagedStoreError(f"{self._path}: a database of something else than Mainstay's store")
        return int(self._connection.execute(READ_VERSION).fetchone()[0])


def _identity_of(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
