"""How a journal file is opened, and how one of another version is told."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from mainstay.ledger.errors import NewerStoreError, sqlite_errors_translated
from mainstay.ledger.schema import SCHEMA_VERSION

BUSY_SECONDS: Final = 1.0
"""How long a statement waits for another process's lock before it gives up."""


def read_text(data: bytes) -> str:
    """Text of a file that may have been altered: what is no text any more is read as something else, not refused."""
    return data.decode("utf-8", "replace")


def connect_for_reading(path: Path) -> sqlite3.Connection:
    """Open an existing file for reading only. Raises `StoreError`, `DamagedStoreError` or `NewerStoreError`."""
    with sqlite_errors_translated(path):
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.text_factory = read_text
        try:
            refuse_newer(path, user_version(connection))
        except BaseException:
            connection.close()
            raise
        return connection


def user_version(connection: sqlite3.Connection) -> int:
    """The schema's number in an open file, 0 in an empty one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def refuse_newer(path: Path, version: int) -> None:
    """Raise `NewerStoreError` for a schema that came after this version of Mainstay."""
    if version > SCHEMA_VERSION:
        msg = (
            f"{path}: written by a newer version of Mainstay (schema {version}, this version knows {SCHEMA_VERSION}); "
            "start that version, or name another state folder"
        )
        raise NewerStoreError(msg)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All that is written in the block, or nothing of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # SQLite itself rolls back after some errors.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
