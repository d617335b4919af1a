"""A disk that can be filled: a small file system of its own where that may be made, else a limit on files."""

import resource
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

MEGABYTES = 256
PIECE = bytes(1 << 20)
BALLAST = "ballast"
TOP_UP_SECONDS = 0.02


class Disk:
    """The disk below a folder."""

    def __init__(self, folder: Path, *, is_small: bool) -> None:
        """`is_small`: it is a file system of its own."""
        self.folder = folder
        self.is_small = is_small
        self._free = Event()
        self._filler = Thread()

    @property
    def way(self) -> str:
        """How it is filled, in words."""
        return f"tmpfs of {MEGABYTES} MB" if self.is_small else "RLIMIT_FSIZE of the gateway's processes"

    def fill(self, pids: Iterable[int]) -> None:
        """Leave no byte until it is freed. `pids` are those who write."""
        if not self.is_small:
            self._limit(pids, 1)
            return
        self._free.clear()
        self._top_up()
        self._filler = Thread(target=self._keep_full, daemon=True)
        self._filler.start()

    def free(self, pids: Iterable[int]) -> None:
        """There is room again."""
        if not self.is_small:
            self._limit(pids, resource.RLIM_INFINITY)
            return
        self._free.set()
        self._filler.join()
        (self.folder / BALLAST).unlink()

    def _keep_full(self) -> None:
        # Whoever is in trouble for want of room may give some back.
        while not self._free.wait(TOP_UP_SECONDS):
            self._top_up()

    def _top_up(self) -> None:
        size = len(PIECE)
        with (self.folder / BALLAST).open("ab", buffering=0) as file:
            while size:
                try:
                    file.write(PIECE[:size])
                except OSError:
                    size //= 2

    def _limit(self, pids: Iterable[int], size: int) -> None:
        for pid in pids:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """The folder as a file system of its own, until the block ends; else as it is."""
    folder.mkdir()
    is_small = _done("mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(folder))
    try:
        yield Disk(folder, is_small=is_small)
    finally:
        if is_small:
            _done("umount", "--lazy", str(folder))


def _done(program: str, *arguments: str) -> bool:
    found = shutil.which(program)
    return found is not None and not subprocess.run([found, *arguments], check=False, capture_output=True).returncode  # noqa: S603 - our own words
