"""What the status pages said, on disk, so that a restart knows it: `state/control/feeds`."""

import hashlib
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

import msgspec

from mainstay.control.feeds.fetching import Marks
from mainstay.control.people.private_files import read_private, write_private
from mainstay.ops.feeds.fold import Memory

FILE_BYTES_MAX: Final = 8_000_000


class Kept(msgspec.Struct):
    """What is known of one page. `found` is the address that answered; `marks` are by address."""

    url: str
    found: str = ""
    marks: dict[str, Marks] = {}
    memory: Memory = msgspec.field(default_factory=Memory)


class FeedCache:
    """One file for each page. A disk that fails costs us the memory of a restart, and nothing else."""

    def __init__(self, state: Path, report: Callable[[str], None]) -> None:
        self._folder = state / "control" / "feeds"
        self._report = report
        self._told = ""

    def load(self, url: str) -> Kept:
        """What is known; nothing where it cannot be read. Raises nothing."""
        try:
            kept = msgspec.json.decode(read_private(self._path(url), FILE_BYTES_MAX), type=Kept)
        except (OSError, ValueError, RecursionError):
            return Kept(url)
        return kept if kept.url == url else Kept(url)

    def save(self, kept: Kept) -> None:
        """Write it down. Raises nothing."""
        try:
            content = msgspec.json.encode(kept)
            if len(content) <= FILE_BYTES_MAX:
                write_private(self._path(kept.url), content)
            self._told = ""
        except OSError as error:
            line = f"status pages: {self._folder} cannot be written: {error.strerror or error}"
            if line != self._told:
                self._told = line
                self._report(line)

    def forget_others(self, urls: Collection[str]) -> None:
        """Remove what is known of pages that nobody names any more. Raises nothing."""
        kept = {self._path(url).name for url in urls}
        try:
            for path in self._folder.glob("*.json"):
                if path.name not in kept:
                    path.unlink(missing_ok=True)
        except OSError:
            return

    def _path(self, url: str) -> Path:
        return self._folder / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.json"
