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

    def create_whole(self, path: Path, data: bytes) -> None:
        """A new file that appears with all of these bytes at once. Else as `create`."""
        draft = self._draft(path, data)
        try:
            path.hardlink_to(draft)
        finally:
            draft.unlink(missing_ok=True)

    def replace_whole(self, path: Path, data: bytes) -> None:
        """All of these bytes instead of what was there, if anything was."""
        draft = self._draft(path, data)
        try:
            draft.replace(path)
        except OSError:
            draft.unlink(missing_ok=True)
            raise

    def ages(self, folder: Path) -> Iterator[tuple[float, str]]:
        """Last change (seconds since 1970) and name of each file in a folder; none where there is no folder."""
        for name in self.names(folder):
            try:
                yield (folder / name).stat().st_mtime, name
            except FileNotFoundError:
                continue

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

    def rename(self, source: Path, target: Path) -> None:
        """Give a file another place on the same file system. A missing folder is made."""
        try:
            source.rename(target)
        except FileNotFoundError:
            self.make_folder(target.parent)
            source.rename(target)

    def names(self, folder: Path) -> tuple[str, ...]:
        """The names in a folder; none where there is no folder."""
        try:
            return tuple([path.name for path in folder.iterdir()])
        except FileNotFoundError:
            return ()

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

    def _draft(self, path: Path, data: bytes) -> Path:
        draft = path.with_name(f".{os.urandom(6).hex()}.new")
        try:
            self.create(draft, data)
        except OSError:
            self.remove(draft)
            raise
        return draft

    @staticmethod
    def _write(path: Path, flags: int, offset: int, data: bytes) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC | flags, FILE_MODE)
        try:
            if os.pwrite(descriptor, data, offset) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        finally:
            os.close(descriptor)
