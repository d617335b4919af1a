"""The journal file of a control plane: the first that no other process writes.

On one state folder a control plane may act, others stand by, and commands change accounts, all at once. Each has things
to tell at once that must not be lost, so each writes a chain of its own. A file that its process has let go of is taken
up again by the next.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from mainstay.ledger.errors import LedgerError, NewerStoreError, StateInUseError, StoreError
from mainstay.ledger.examination import Remark
from mainstay.ledger.files import JournalFile, control_journal_path
from mainstay.ledger.marks import marks_folder
from mainstay.ledger.sqlite import RecordStore

CONTROL_JOURNALS_MAX: Final = 16
"""So many processes may write at once."""


class ControlJournalFile:
    """Implements `ledger.writing.committer.Files`. Ours alone from the first `open` to `release`."""

    def __init__(self, state: Path, wall: Callable[[], float], *, gateway: str = "") -> None:
        """`wall` gives seconds since 1970. `gateway` is the id of the gateway with this state folder."""
        self.marks = marks_folder(state)
        self._state = state
        self._wall = wall
        self._gateway = gateway
        self._file: JournalFile | None = None

    @property
    def path(self) -> Path | None:
        """The file that is ours; `None` while none is."""
        return None if self._file is None else self._file.path

    def open(self) -> RecordStore:
        """Open our file, taking the first free one if none is ours.

        Raises `StoreError` (`DamagedStoreError` among them), and nothing else: no journal may keep a control plane from
        its work, as one that is in use keeps a gateway.
        """
        if self._file is not None:
            try:
                return self._opened(self._file)
            except StateInUseError:
                # The lock was not to be had when we chose this file, and has gone to another process since.
                self._file = None
        for number in range(CONTROL_JOURNALS_MAX):
            path = control_journal_path(self._state, number)
            file = JournalFile(path, self._wall, gateway=self._gateway)
            try:
                store = self._opened(file)
            except StateInUseError:
                continue
            except LedgerError:
                self._file = file
                raise
            self._file = file
            return store
        raise StoreError(f"{self._state}: {CONTROL_JOURNALS_MAX} processes write journals of control planes already")

    def take_remarks(self) -> list[Remark]:
        """What the journal should tell of the last `open`; once."""
        return [] if self._file is None else self._file.take_remarks()

    def set_aside(self) -> Path:
        """Move our file, which is damaged, away. Raises `StoreError`."""
        if self._file is None:
            raise StoreError(f"{self._state}: no journal of a control plane is open")
        return self._file.set_aside()

    def release(self) -> None:
        """Let another process have the file. Harmless if none was ours."""
        if self._file is not None:
            self._file.release()
            self._file = None

    @staticmethod
    def _opened(file: JournalFile) -> RecordStore:
        try:
            return file.open()
        except NewerStoreError as error:
            raise StoreError(str(error)) from error
