"""The book of streams on the store that the configuration names."""

from collections.abc import Callable
from pathlib import Path

from mainstay.control.book import Book
from mainstay.ledger.store.opening import open_store
from mainstay.model.records import Record
from mainstay.wiring.control_journal import write_records


def open_book(dsn: str | None, state: Path, write: Callable[[Record], None], *, read_only: bool = False) -> Book:
    """The book on PostgreSQL at `dsn`, or without one on SQLite in the state folder. The store is opened with the first
    question. `write` puts what was written into our own journal; `read_only` makes and changes nothing."""
    return Book(lambda: open_store(dsn, state, read_only=read_only), write)


def command_book(dsn: str | None, state: Path, tell: Callable[[str], None], *, read_only: bool = False) -> Book:
    """The book for a command, which writes into the first journal of control planes that no other process writes.
    `tell` takes a line for whoever typed it, should that fail: what was done stays done."""

    def write(record: Record) -> None:
        if trouble := write_records(state, [record]):
            tell(f"done, but it is not written down in the journal: {trouble}")

    return open_book(dsn, state, write, read_only=read_only)
