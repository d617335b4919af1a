"""The lock that keeps a second process away from the same drafts, and says which process has them."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from mainstay.gateway.drafts.disk import FILE_MODE
from mainstay.gateway.file_lock import held_by, is_taken, sign
from mainstay.ledger.errors import StateInUseError

LOCK_FILE: Final = ".lock"


class FolderLock:
    """Ours from `take` to `release`. The operating system frees it when we die, however."""

    def __init__(self, folder: Path, token: str = "", *, pause: Callable[[float], None] = time.sleep) -> None:
        """The folder must exist when the lock is taken. `token` names this process while it lives."""
        self._folder = folder
        self._token = token
        self._pause = pause
        self._descriptor: int | None = None

    def take(self) -> None:
        """Take it. Raises `StateInUseError` where another process has it, or `OSError`."""
        descriptor = os.open(self._folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        try:
            is_ours = is_taken(descriptor, self._pause)
            if is_ours:
                sign(descriptor, self._token)
        except OSError:
            os.close(descriptor)
            raise
        if not is_ours:
            os.close(descriptor)
            raise StateInUseError(f"{self._folder}: these drafts are in use by another process")
        self._descriptor = descriptor

    def release(self) -> None:
        """Let another process have it. Harmless where it is not ours."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


def holder(folder: Path) -> str | None:
    """The token of the process that has this folder now; `None` where nobody lives in it. Raises `OSError`."""
    return held_by(folder / LOCK_FILE)
