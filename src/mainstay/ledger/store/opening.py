"""Opens the store that the configuration names."""

from pathlib import Path

from mainstay.ledger.errors import StoreError
from mainstay.ledger.store.port import Store
from mainstay.ledger.store.postgres import PostgresDatabase
from mainstay.ledger.store.sql import SqlStore
from mainstay.ledger.store.sqlite import FILE, SqliteDatabase


def open_store(dsn: str | None, state: Path, *, read_only: bool = False) -> Store:
    """PostgreSQL at `dsn`, or without one SQLite in the state folder. `read_only` makes, migrates and changes nothing.

    Raises `StoreError`, `DamagedStoreError`, `NewerStoreError`, and `MissingStoreError` for a file that is not there
    and may not be made.
    """
    if dsn is not None:
        return SqlStore(PostgresDatabase(dsn, read_only=read_only))
    try:
        if not read_only:
            state.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{state}: {error.strerror or error}") from error
    return SqlStore(SqliteDatabase(state / FILE, read_only=read_only))
