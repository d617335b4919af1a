"""The journal's hands: brings batches of records to disk, one after the other, and copes with the disk.

No threads and no waiting here; `journal` decides when to try. A batch stays with the caller until it is written.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from mainstay.ledger.errors import DamagedStoreError, LedgerError, StoreError, UnwritableRecordError
from mainstay.model.records import Record

Report = Callable[[str], None]
"""Takes one line for the operator."""


class Store(Protocol):
    """Where batches go; `ledger.sqlite.RecordStore` in production. Every method may raise `LedgerError`."""

    def append(self, records: Sequence[Record]) -> int:
        """Write all or none, durably; give the sequence number of the last one."""

    def last_sequence(self) -> int:
        """Give the sequence number of the newest record."""

    def close(self) -> None:
        """Let go of the file."""


class Files(Protocol):
    """Where stores come from; `ledger.files.JournalFile` in production. Every method may raise `LedgerError`."""

    def open(self) -> Store:
        """Open the store, ours alone."""

    def set_aside(self) -> Path:
        """Move a damaged file away and say where it went."""

    def release(self) -> None:
        """Give up what keeps other processes out."""


class Committer:
    """Commits batches to a store that may fail, vanish or break. Used by one thread at a time."""

    def __init__(self, files: Files, report: Report) -> None:
        """`report` hears of each change for the worse or the better, once."""
        self.trouble: str | None = None
        """Why the last try failed, in words for an operator; `None` while all is well."""
        self.written = 0
        """Records brought to disk so far."""
        self.discarded = 0
        """Records that have no written form (for example an instant that is not a number) and were left out."""
        self._files = files
        self._report = report
        self._store: Store | None = None
        self._sequence = 0
        self._uncertain_records = 0
        self._damage: DamagedStoreError | None = None

    def start(self) -> None:
        """Open the store. A disk that fails leaves `trouble`, and the next `commit` tries again.

        Raises `StateInUseError` or `NewerStoreError`: these files are not ours to use.
        """
        try:
            self._open()
        except StoreError as error:
            self._suffer(str(error))

    def commit(self, batch: list[Record]) -> bool:
        """Write the batch and empty the list; or leave it as it was, say why in `trouble`, and give `False`."""
        try:
            self._append(batch, self._store or self._open())
        except LedgerError as error:
            self._suffer(str(error), error)
        except Exception as error:  # noqa: BLE001 - a mistake of ours must not end the only thread that writes
            self._suffer(f"{type(error).__name__}: {error}")
        else:
            self._be_well()
        return not batch

    def close(self) -> None:
        """Let go of store and files."""
        self._let_go()
        self._files.release()

    def _append(self, batch: list[Record], store: Store) -> None:
        self._forget_written(batch, store)
        while batch:
            self._uncertain_records = len(batch)
            try:
                self._sequence = store.append(batch)
            except UnwritableRecordError as error:
                lost = batch.pop(error.position)
                self.discarded += 1
                self._report(f"journal: record {lost.id!r} is lost: {error}")
            else:
                self.written += len(batch)
                batch.clear()
            self._uncertain_records = 0

    def _forget_written(self, batch: list[Record], store: Store) -> None:
        """A commit may fail after it has reached the disk. We are the only writer, so the numbers tell which it was."""
        if self._uncertain_records:
            last = store.last_sequence()
            if last == self._sequence + self._uncertain_records:
                self.written += self._uncertain_records
                del batch[: self._uncertain_records]
            self._sequence = last
            self._uncertain_records = 0

    def _open(self) -> Store:
        try:
            store = self._begin_anew(self._damage) if self._damage else self._files.open()
        except DamagedStoreError as damage:
            store = self._begin_anew(damage)
        self._store = store
        if not self._uncertain_records:
            self._sequence = store.last_sequence()
        return store

    def _begin_anew(self, damage: DamagedStoreError) -> Store:
        self._damage = damage
        aside = self._files.set_aside()
        self._damage = None
        self._uncertain_records = 0
        self._report(f"journal: damaged ({damage}); the old file is kept as {aside}, a new one is begun")
        return self._files.open()

    def _suffer(self, trouble: str, error: LedgerError | None = None) -> None:
        if isinstance(error, DamagedStoreError):
            self._damage = error
        self._let_go()
        is_news = trouble != self.trouble
        self.trouble = trouble
        if is_news:
            self._report(f"journal: cannot write: {trouble}. Requests are served; records wait in memory")

    def _be_well(self) -> None:
        if self.trouble is not None:
            self.trouble = None
            self._report("journal: writes again")

    def _let_go(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            try:
                store.close()
            except LedgerError as error:
                self._report(f"journal: closing failed: {error}")
