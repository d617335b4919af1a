"""The file of kept answers: SQLite (WAL), shared by all workers of a gateway, read and purged by `mainstay cache`.

Each answer is a row: what must be known to find, count and purge it in the open, all else sealed. What was used least
lately goes when there is no more room. Nothing here is worth keeping at any price: a file that is damaged, or of
another version, is removed and begun anew. Every method may raise `OSError` or `sqlite3.Error`.
"""

import os
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

import msgspec

FILE_NAME: Final = "answers.sqlite"
FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600
VERSION: Final = 1
BUSY_SECONDS: Final = 1.0
ENTRIES_MAX: Final = 100_000
EVICTED_AT_ONCE: Final = 16
PAGE_BYTES: Final = 4096
ROW_BYTES: Final = 400
"""What a row takes beside its sealed bytes, with its places in the indexes."""
WAL_BYTES_MAX: Final = 8 * 1024 * 1024
_SIDES: Final = ("", "-wal", "-shm", "-journal")

_ANSWERS: Final = """CREATE TABLE IF NOT EXISTS answers (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    name BLOB NOT NULL UNIQUE,
    tenant TEXT NOT NULL,
    model TEXT NOT NULL,
    stored_at REAL NOT NULL,
    expires_at REAL NOT NULL,
    used_at REAL NOT NULL,
    size INTEGER NOT NULL,
    sealed BLOB NOT NULL
)"""
_ADDED: Final = """CREATE TRIGGER IF NOT EXISTS added AFTER INSERT ON answers BEGIN
    UPDATE totals SET entries = entries + 1, bytes = bytes + NEW.size;
END"""
_REMOVED: Final = """CREATE TRIGGER IF NOT EXISTS removed AFTER DELETE ON answers BEGIN
    UPDATE totals SET entries = entries - 1, bytes = bytes - OLD.size;
END"""
_SCHEMA: Final = (
    _ANSWERS,
    "CREATE INDEX IF NOT EXISTS by_use ON answers (used_at)",
    "CREATE INDEX IF NOT EXISTS by_end ON answers (expires_at)",
    "CREATE TABLE IF NOT EXISTS totals (entries INTEGER NOT NULL, bytes INTEGER NOT NULL)",
    "INSERT INTO totals SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM totals)",
    _ADDED,
    _REMOVED,
)
_PURGE: Final = """DELETE FROM answers WHERE
    (?1 IS NULL OR tenant = ?1) AND (?2 IS NULL OR model = ?2) AND (?3 IS NULL OR stored_at < ?3)"""


class Row(msgspec.Struct, frozen=True):
    """One answer to keep. Instants are in seconds since 1970."""

    name: bytes
    tenant: str
    model: str
    stored_at: float
    expires_at: float
    sealed: bytes

    @property
    def size(self) -> int:
        """About how many bytes of the file it takes."""
        size = len(self.sealed)
        return ROW_BYTES + (size if size < PAGE_BYTES else -(-size // PAGE_BYTES) * PAGE_BYTES)


class Totals(msgspec.Struct, frozen=True):
    """What is kept, by all workers together."""

    entries: int = 0
    bytes: int = 0


class ModelTotals(msgspec.Struct, frozen=True):
    """What is kept of one tenant and one model. `oldest_at` is in seconds since 1970."""

    tenant: str
    model: str
    entries: int
    bytes: int
    oldest_at: float


class Purge(msgspec.Struct, frozen=True):
    """Which answers to remove: those that fit everything that is given; all where nothing is."""

    tenant: str | None = None
    model: str | None = None
    stored_before: float | None = None


class AnswerFile:
    """One connection. Used by one thread."""

    def __init__(self, folder: Path, bytes_max: int) -> None:
        """Open it, made where it is missing."""
        self.path = folder / FILE_NAME
        self._bytes_max = bytes_max
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        try:
            self._open()
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                self.close()
                raise
            self.discard()
            self._open()

    @property
    def is_current(self) -> bool:
        """Whether the file that is open is still the one in the folder."""
        try:
            return self._inode == self.path.stat().st_ino
        except FileNotFoundError:
            return False

    def put(self, row: Row, now: float) -> None:
        """Keep an answer, in place of the one that has its name; others go where there is no room."""
        if row.size > self._bytes_max:
            return
        with self._transaction():
            self._connection.execute("DELETE FROM answers WHERE name = ?", (row.name,))
            self._make_room(row.size)
            self._connection.execute(
                "INSERT INTO answers (name, tenant, model, stored_at, expires_at, used_at, size, sealed) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (row.name, row.tenant, row.model, row.stored_at, row.expires_at, now, row.size, row.sealed),
            )

    def get(self, name: bytes) -> bytes | None:
        """The sealed bytes of an answer."""
        found = self._connection.execute("SELECT sealed FROM answers WHERE name = ?", (name,)).fetchone()
        return bytes(found[0]) if found is not None and isinstance(found[0], bytes) else None

    def remove(self, name: bytes) -> None:
        """Remove one answer."""
        with self._transaction():
            self._connection.execute("DELETE FROM answers WHERE name = ?", (name,))

    def names_after(self, sequence: int) -> tuple[list[bytes], int]:
        """Names of what was kept behind this number, and the number of the last."""
        rows = self._connection.execute("SELECT name, seq FROM answers WHERE seq > ? ORDER BY seq", (sequence,))
        found = rows.fetchall()
        return [name for name, _ in found], found[-1][1] if found else sequence

    def touch(self, uses: Iterable[tuple[bytes, float]]) -> None:
        """Remember when answers were used last."""
        with self._transaction():
            self._connection.executemany(
                "UPDATE answers SET used_at = ? WHERE name = ?", [(at, name) for name, at in uses]
            )

    def sweep(self, now: float) -> None:
        """Remove what is of no use any more, and give its room back to the file system."""
        with self._transaction():
            self._connection.execute("DELETE FROM answers WHERE expires_at < ?", (now,))
        self._connection.execute("PRAGMA incremental_vacuum").fetchall()

    def purge(self, purge: Purge) -> int:
        """Remove these answers; how many there were."""
        with self._transaction():
            removed = self._connection.execute(_PURGE, (purge.tenant, purge.model, purge.stored_before)).rowcount
        self._connection.execute("PRAGMA incremental_vacuum").fetchall()
        return removed

    def totals(self) -> Totals:
        """What is kept altogether."""
        found = self._connection.execute("SELECT entries, bytes FROM totals").fetchone()
        return Totals(*found) if found is not None else Totals()

    def models(self) -> Sequence[ModelTotals]:
        """What is kept, by tenant and model."""
        rows = self._connection.execute(
            "SELECT tenant, model, count(*), sum(size), min(stored_at) FROM answers GROUP BY tenant, model "
            "ORDER BY tenant, model"
        )
        return [ModelTotals(*row) for row in rows]

    def close(self) -> None:
        """Use it no more."""
        connection = getattr(self, "_connection", None)
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    def discard(self) -> None:
        """Use it no more, and remove it: it is damaged. Others may have found it so before us; what they began anew is
        another file, which stays."""
        self.close()
        if self.is_current:
            for side in _SIDES:
                Path(f"{self.path}{side}").unlink(missing_ok=True)

    def _open(self) -> None:
        # Made by us, so that nobody else may read it; SQLite gives its other files the same mode.
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, FILE_MODE))
        self._inode = self.path.stat().st_ino
        self._connection = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version not in {0, VERSION}:
            raise sqlite3.DatabaseError(f"{self.path}: written by another version")
        self._connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES_MAX}")
        with self._transaction():
            for statement in _SCHEMA:
                self._connection.execute(statement)
            self._connection.execute(f"PRAGMA user_version = {VERSION}")

    def _transaction(self) -> "_Transaction":
        return _Transaction(self._connection)

    def _make_room(self, size: int) -> None:
        while True:
            totals = self.totals()
            is_full = totals.bytes + size > self._bytes_max or totals.entries >= ENTRIES_MAX
            if not is_full or not totals.entries:
                return
            self._connection.execute(
                "DELETE FROM answers WHERE seq IN (SELECT seq FROM answers ORDER BY used_at LIMIT ?)",
                (EVICTED_AT_ONCE if totals.entries > EVICTED_AT_ONCE * EVICTED_AT_ONCE else 1,),
            )


class _Transaction:
    """All or nothing; other processes wait for it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            try:
                self._connection.execute("COMMIT")
            except sqlite3.Error:
                self._roll_back()
                raise
        else:
            self._roll_back()

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):
            self._connection.execute("ROLLBACK")


def is_damage(error: BaseException) -> bool:
    """Whether the file is no database of ours; all other errors speak of the disk, or of others who use it now."""
    return type(error) is sqlite3.DatabaseError


def read_models(folder: Path) -> Sequence[ModelTotals]:
    """What is kept in a folder, by tenant and model; nothing where nothing ever was."""
    path = folder / FILE_NAME
    if not path.exists():
        return []
    with closing(AnswerFile(folder, bytes_max=1)) as file:
        return file.models()
