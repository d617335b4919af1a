"""What can go wrong with records at rest. Errors of the operating system and of SQLite are translated here, once."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

SQLITE_DAMAGE: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
"""Primary result codes that mean: the file itself is broken (https://www.sqlite.org/rescode.html)."""


class LedgerError(Exception):
    """Base of everything that this floor raises; its text is fit for an operator."""


class StoreError(LedgerError):
    """Records cannot be read or written now (full, read-only, locked or failing disk). Trying again may help."""


class DamagedStoreError(StoreError):
    """The file is not a usable journal. Trying again cannot help; the file must be moved aside."""


class NewerStoreError(LedgerError):
    """The file was written by a newer version of Mainstay, whose records this version must not touch."""


class StateInUseError(LedgerError):
    """Another running process holds this journal."""


class SearchEndedError(LedgerError):
    """A search in the records read as much as it may and was not at its end; a narrower question may be."""


class FullStoreError(StoreError):
    """The journal has reached its bound and none of it may be pruned. It passes when the store has taken more."""


class ForgedCheckpointError(LedgerError):
    """A statement that claims to be a checkpoint is not genuine."""


class UnknownKeyError(LedgerError):
    """A checkpoint is signed with a key that is not known here, so nobody can tell whether it is genuine."""


class UnwritableRecordError(LedgerError):
    """One record of a batch cannot be written, whatever the disk does; nothing of the batch was written.

    `position` is the index of that record in the batch.
    """

    def __init__(self, position: int, reason: str) -> None:
        """Name the record by its position, and say why."""
        super().__init__(f"record {position} of the batch cannot be written: {reason}")
        self.position = position


@contextmanager
def sqlite_errors_translated(path: Path) -> Iterator[None]:
    """Turn each `sqlite3.Error` of the block into a `StoreError` or `DamagedStoreError` that names the file; text that
    is no UTF-8 is damage, too."""
    try:
        yield
    except sqlite3.Error as error:
        # The low byte of an extended result code is the primary one.
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        kind = DamagedStoreError if code in SQLITE_DAMAGE else StoreError
        msg = f"{path}: {error}"
        raise kind(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{path}: a text in it is no UTF-8"
        raise DamagedStoreError(msg) from error
