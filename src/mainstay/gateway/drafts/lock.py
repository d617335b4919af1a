"""The lock that keeps a second process away from the same drafts."""

import fcntl
import os
from pathlib import Path
from typing import Final

from mainstay.gateway.drafts.disk import FILE_MODE
from mainstay.ledger.errors import StateInUseError

LOCK_FILE: Final = ".lock"


class FolderLock:
    """Ours from `take` to `release`. The operating system frees it when we die, however."""

    def __init__(self, folder: Path) -> None:
        """The folder must exist when the lock is taken."""
        self._folder = folder
        self._descriptor: int | None = None

    def take(self) -> None:
        """Take it. Raises `StateInUseError` where another process has it, or `OSError`."""
        descriptor = os.open(self._folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise StateInUseError(f"{self._folder}: these drafts are in use by another process") from error
        except OSError:
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def release(self) -> None:
        """Let another process have it. Harmless where it is not ours."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)
