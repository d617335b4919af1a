"""The lock that keeps a second process away from the same drafts, and says which process has them."""

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from mainstay.gateway.drafts.disk import FILE_MODE
from mainstay.ledger.errors import StateInUseError

LOCK_FILE: Final = ".lock"
TRIES: Final = 20
PAUSE_SECONDS: Final = 0.01
"""Somebody who looks whether the folder is free (`holder`) has its lock for some microseconds."""
TOKEN_BYTES_MAX: Final = 64


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
            self._insist(descriptor)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, self._token.encode(), 0)
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

    def _insist(self, descriptor: int) -> None:
        for _ in range(TRIES - 1):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._pause(PAUSE_SECONDS)
            else:
                return
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def holder(folder: Path) -> str | None:
    """The token of the process that has this folder now; `None` where nobody lives in it. Raises `OSError`."""
    try:
        descriptor = os.open(folder / LOCK_FILE, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(descriptor, TOKEN_BYTES_MAX, 0).decode("latin-1")
    else:
        return None
    finally:
        os.close(descriptor)
