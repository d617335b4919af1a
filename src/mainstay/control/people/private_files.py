"""Small files that only we may read: replaced as a whole, edited under a lock, read again when they change."""

import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Generic, TypeVar

FOLDER_MODE: Final = 0o700
FILE_BYTES_MAX: Final = 2_000_000
LOCK_SECONDS: Final = 3.0
LOCK_GLANCE_SECONDS: Final = 0.01

Value = TypeVar("Value")


def write_private(path: Path, content: bytes) -> None:
    """Replace a file, whole or not at all, also after a power failure; the folder is made. Raises `OSError`."""
    path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    # A temporary file is readable by its owner alone from the first moment.
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes and threads from editing `path` meanwhile. Raises `OSError`, `TimeoutError` among them."""
    path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    descriptor = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(descriptor, path)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, path: Path) -> None:
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        if time.monotonic() >= deadline:
            raise TimeoutError(f"{path}: another process is changing it and does not come to an end; try again")
        time.sleep(LOCK_GLANCE_SECONDS)


def read_private(path: Path, bytes_max: int = FILE_BYTES_MAX) -> bytes:
    """The content of a file. Raises `OSError`, also for one that is larger than any of ours can be."""
    with path.open("rb") as file:
        content = file.read(bytes_max + 1)
    if len(content) > bytes_max:
        raise OSError(f"{path}: larger than {bytes_max} bytes")
    return content


class WatchedFile(Generic[Value]):
    """What a file says, read again when it has changed. What cannot be read leaves the last that was known."""

    def __init__(self, path: Path, parse: Callable[[bytes], Value], absent: Value) -> None:
        """`parse` raises `ValueError` for what is no such file; `absent` stands for one that never was there."""
        self.path = path
        self.trouble: str | None = None
        """Why the file's present state is not what `value` gives, in words for an operator; else `None`."""
        self.was_seen = False
        """Whether there ever was a file, readable or not."""
        self._parse = parse
        self._value = absent
        self._stamp: tuple[int, int, int] | None = None

    def value(self) -> Value:
        """The last known value. Costs one look at the file's date. Raises nothing."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            if self.was_seen:
                self._fail("is missing")
            return self._value
        except OSError as error:
            self.was_seen = True
            self._fail(error.strerror or type(error).__name__)
            return self._value
        self.was_seen = True
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        if stamp != self._stamp:
            self._read(stamp)
        return self._value

    def _read(self, stamp: tuple[int, int, int]) -> None:
        try:
            self._value = self._parse(read_private(self.path))
        except OSError as error:
            self._fail(error.strerror or str(error))
        except (ValueError, RecursionError):
            # What is malformed stays so until it changes: no need to parse it for each request.
            self._stamp = stamp
            self.trouble = f"{self.path}: is damaged, so what was last known of it counts; restore it"
        else:
            self._stamp = stamp
            self.trouble = None

    def _fail(self, reason: str) -> None:
        self._stamp = None
        self.trouble = f"{self.path}: cannot be read ({reason}), so what was last known of it counts"
