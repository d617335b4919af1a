"""The book of streams for a command: on the store itself, so that no control plane need run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mainstay.cli.state_folder import configuration, refusal, state_folder, told
from mainstay.cli.store_address import UnknownStoreError, store_dsn
from mainstay.control.book import Book
from mainstay.ledger.errors import LedgerError
from mainstay.wiring.book import command_book


@contextmanager
def opened_book(config: Path | None, state: Path | None, *, read_only: bool = False) -> Iterator[Book]:
    """The book of the store that the configuration means. What its store refuses ends the command in one line."""
    folder = state_folder(config, state)
    try:
        book = command_book(store_dsn(configuration(config, state)), folder, told, read_only=read_only)
    except UnknownStoreError as error:
        raise refusal(str(error)) from error
    try:
        yield book
    except LedgerError as error:
        raise refusal(str(error)) from error
    finally:
        book.close()
