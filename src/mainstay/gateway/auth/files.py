"""Files of keys: reading them within bounds, and keeping others out while they change."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def read_file(path: Path, bytes_max: int) -> bytes:
    """The content of a file. Raises `OSError`, also for one that is larger."""
    with path.open("rb") as file:
        data = file.read(bytes_max + 1)
    if len(data) > bytes_max:
        raise OSError(f"{path}: larger than {bytes_max} bytes")
    return data


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock that this file is, waiting for whoever has it. The system frees it when we die, however.

    Raises `OSError`.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
