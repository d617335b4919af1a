"""The drafts of the other workers on this machine: files in the folders beside ours. Used by one thread.

What another process writes is read and never written. A draft that nobody writes may be moved here by one rename, so
that of several who want it one gets it; its process, if it lives, finds it gone.
"""

import re
from pathlib import Path
from typing import Final

import msgspec

from mainstay.gateway.drafts.disk import Disk
from mainstay.gateway.drafts.entries import Missing, Reason
from mainstay.gateway.drafts.far_reading import FarReading
from mainstay.gateway.drafts.links import EXCHANGE_ID_BYTES_MAX, LINKS_FOLDER, link_name
from mainstay.gateway.drafts.lock import holder
from mainstay.gateway.drafts.places import draft_path, is_exchange_id
from mainstay.gateway.drafts.reading import read_draft
from mainstay.gateway.drafts.seal import FRAMES_AT
from mainstay.gateway.drafts.wishes import WISHES_FOLDER, Wish, WishKind

FIRST_FOLDER: Final = "drafts"
_FOLDER = re.compile(FIRST_FOLDER + r"(-[1-9][0-9]{0,3})?")


def drafts_folder(state: Path, worker: int) -> Path:
    """Where a worker keeps its drafts."""
    return state / (f"{FIRST_FOLDER}-{worker}" if worker else FIRST_FOLDER)


class Sighting(msgspec.Struct, frozen=True):
    """A draft that stands in another worker's folder. `is_written`: its process lives and goes on with it."""

    path: Path
    folder: Path
    is_written: bool


class Siblings:
    """All folders beside ours."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        """`folder` is ours."""
        self._folder = folder
        self._disk = disk

    def look(self, reading: FarReading) -> Sighting | Missing:
        """Read on in a draft, wherever it stands now."""
        try:
            for folder in self._folders():
                path = draft_path(folder, reading.exchange_id)
                try:
                    head = self._disk.read(path, 0, FRAMES_AT)
                    data = self._disk.read(path, reading.offset)
                except FileNotFoundError:
                    continue
                fault = reading.feed(head[FRAMES_AT - 1 :], data)
                # Looked at afterwards: what a process wrote before it died has been read.
                lives = bool(reading.sheet.owner) and holder(folder) == reading.sheet.owner
                return fault or Sighting(path, folder, lives and reading.is_open)
        except OSError:
            return Missing(Reason.UNREADABLE)
        return Missing(Reason.UNKNOWN)

    def find_response(self, response_id: str) -> str | None:
        """The exchange that gave a response, as another worker remembers it."""
        name = link_name(response_id)
        for folder in self._folders():
            try:
                exchange_id = self._disk.read(folder / LINKS_FOLDER / name, 0, EXCHANGE_ID_BYTES_MAX).decode("latin-1")
            except OSError:
                continue
            if is_exchange_id(exchange_id):
                return exchange_id
        return None

    def take(self, exchange_id: str, seen: Sighting, key: bytes) -> Path | None:
        """Move a draft that nobody writes into our folder; `None` where somebody writes it or was faster. Raises
        `OSError`."""
        if self._is_written(exchange_id, seen, key):
            return None
        target = draft_path(self._folder, exchange_id)
        try:
            self._disk.make_folder(target.parent)
            self._disk.rename(seen.path, target)
        except FileNotFoundError:
            return None
        return target

    def remove(self, exchange_id: str, seen: Sighting, key: bytes) -> bool:
        """Remove a draft; `False` where somebody writes it. Raises `OSError`."""
        if self._is_written(exchange_id, seen, key):
            return False
        self._disk.remove(seen.path)
        return True

    def wish(self, kind: WishKind, exchange_id: str, seen: Sighting) -> None:
        """Ask the process that writes a draft to do something. Raises `OSError`."""
        path = seen.folder / WISHES_FOLDER / Wish(kind, exchange_id).name
        try:
            self._disk.create(path, b"")
        except FileExistsError:
            return

    def lives(self, token: str) -> bool:
        """Whether a worker of this machine, in this life, is there. Raises `OSError`."""
        return any(holder(folder) == token for folder in self._folders())

    def _is_written(self, exchange_id: str, seen: Sighting, key: bytes) -> bool:
        kept = read_draft(self._disk, seen.path, exchange_id, key)
        if isinstance(kept, Missing) or kept.ended is not None or kept.tail_lost:
            return False
        return bool(kept.owner) and holder(seen.folder) == kept.owner

    def _folders(self) -> list[Path]:
        state = self._folder.parent
        names = [name for name in self._disk.names(state) if _FOLDER.fullmatch(name) and name != self._folder.name]
        return [state / name for name in sorted(names)]
