"""Journal files of a state folder: their names, the lock that keeps a second process out, moving a broken one aside."""

import fcntl
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from mainstay.ledger.errors import StateInUseError, StoreError
from mainstay.ledger.sqlite import RecordStore

SQLITE_COMPANIONS: Final = ("", "-wal", "-shm")
"""SQLite keeps a journal in up to three files; they move together."""


def journal_path(state: Path, worker: int) -> Path:
    """Where the worker with this number keeps its records."""
    return state / f"journal-{worker}.sqlite"


def journal_paths(state: Path) -> list[Path]:
    """Journal files of every worker that ever wrote in this state folder, in a fixed order."""
    return sorted(state.glob("journal-*.sqlite"))


class JournalFile:
    """One worker's journal file, ours alone from the first `open` to `release`."""

    def __init__(self, path: Path, wall: Callable[[], float]) -> None:
        """`wall` gives seconds since 1970, for the name of a file that is moved aside."""
        self.path = path
        self._wall = wall
        self._lock: int | None = None

    def open(self) -> RecordStore:
        """Open the store, taking the lock first if it is not ours yet; the folder is made where it is missing.

        Raises `StateInUseError`, `NewerStoreError`, `DamagedStoreError` or `StoreError`.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self._lock is None:
                self._lock = _take_lock(self.path.with_suffix(".lock"))
        except OSError as error:
            msg = f"{self.path}: {error.strerror or error}"
            raise StoreError(msg) from error
        return RecordStore(self.path)

    def set_aside(self) -> Path:
        """Rename a broken file (its store must be closed), so that `open` begins a new one; give the new name.

        Raises `StoreError` if the disk does not allow it.
        """
        stamp = datetime.fromtimestamp(self._wall(), UTC).strftime("%Y%m%dT%H%M%S")
        aside = self.path.with_name(f"{self.path.stem}.damaged-{stamp}")
        taken = 0
        while aside.exists():
            taken += 1
            aside = aside.with_name(f"{self.path.stem}.damaged-{stamp}-{taken}")
        try:
            for companion in SQLITE_COMPANIONS:
                source = Path(f"{self.path}{companion}")
                if source.exists():
                    source.rename(f"{aside}{companion}")
        except OSError as error:
            msg = f"{self.path}: cannot be moved aside: {error.strerror or error}"
            raise StoreError(msg) from error
        return aside

    def release(self) -> None:
        """Let another process have the file. Harmless if it was never ours."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _take_lock(path: Path) -> int:
    """Lock the file and write our process id into it. The operating system frees the lock when we die, however."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
    except BlockingIOError as error:
        holder = os.read(descriptor, 20).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        msg = (
            f"{path.parent}: this state folder is in use by process {holder} (lock {path.name}); "
            "stop that process, or name another folder with `state:`"
        )
        raise StateInUseError(msg) from error
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
