"""Locks on files, which say who has them. The operating system frees them when their process dies, however."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

TRIES: Final = 20
PAUSE_SECONDS: Final = 0.01
"""Somebody who only asks (`held_by`) has the lock for some microseconds."""
WORDS_BYTES_MAX: Final = 64


def is_taken(descriptor: int, pause: Callable[[float], object]) -> bool:
    """Take the lock of an open file, for as long as it is open; `False` where another process has it. `pause` waits for
    so many seconds. Raises `OSError`."""
    for number in range(TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if number < TRIES - 1:
                pause(PAUSE_SECONDS)
        else:
            return True
    return False


def sign(descriptor: int, words: str) -> None:
    """Say who has the lock, in a few words. Raises `OSError`."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, words.encode(), 0)


def signature(descriptor: int) -> str:
    """What whoever had the lock last said of himself. Raises `OSError`."""
    return os.pread(descriptor, WORDS_BYTES_MAX, 0).decode("latin-1")


def held_by(path: Path) -> str | None:
    """What the process says of itself that has this lock; `None` where none has. Raises `OSError`."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return signature(descriptor)
    else:
        return None
    finally:
        os.close(descriptor)
