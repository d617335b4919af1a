"""The few things that are done to files of drafts. Every method may raise `OSError`."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

FILE_MODE: Final = 0o600
FOLDER_MODE: Final = 0o700


class Found(msgspec.Struct, frozen=True):
    """A file that was found: its path, its first bytes, its size in bytes and its last change (seconds since 1970)."""

    path: Path
    beginning: bytes
    size: int
    changed_at: float


class Disk:
    """The real one."""

    def make_folder(self, folder: Path) -> None:
        """Make it, ours alone, where it is missing."""
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)

    def create(self, path: Path, data: bytes) -> None:
        """A new file with these bytes. A missing folder is made; a file of that name is an error."""
        try:
            self._write(path, os.O_CREAT | os.O_EXCL, 0, data)
        except FileNotFoundError:
            self.make_folder(path.parent)
            self._write(path, os.O_CREAT | os.O_EXCL, 0, data)

    def write_at(self, path: Path, offset: int, data: bytes) -> None:
        """Write all of it into a file that exists, or raise; then anything may stand behind `offset`."""
        self._write(path, 0, offset, data)

    def cut(self, path: Path, size: int) -> None:
        """Leave only the first bytes."""
        os.truncate(path, size)

    def read(self, path: Path, offset: int = 0, length: int = -1) -> bytes:
        """Bytes of a file, all where no length is given."""
        with path.open("rb", buffering=0) as file:
            file.seek(offset)
            return file.read(length)

    def remove(self, path: Path) -> None:
        """Remove a file; one that is not there is no error."""
        path.unlink(missing_ok=True)

    def sync(self, path: Path) -> None:
        """Return when a file or folder would survive a power failure."""
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def files(self, folder: Path, pattern: str, beginning: int) -> Iterator[Found]:
        """The files below a folder whose relative path fits, those that vanish meanwhile left out."""
        for path in folder.glob(pattern):
            try:
                with path.open("rb", buffering=0) as file:
                    state = os.fstat(file.fileno())
                    yield Found(path, file.read(beginning), state.st_size, state.st_mtime)
            except (FileNotFoundError, IsADirectoryError):
                continue

    @staticmethod
    def _write(path: Path, flags: int, offset: int, data: bytes) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC | flags, FILE_MODE)
        try:
            if os.pwrite(descriptor, data, offset) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        finally:
            os.close(descriptor)
