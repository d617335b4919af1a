"""Where the files of drafts stand: written, read, counted and cleared away. Everything here may wait for the disk.

A file that the disk refuses is given up at once (after making room, where room was missing): what it holds would be
the beginning of an answer whose caller has seen more, and nobody may continue from there. Others are tried all the
same, and the first that can be written ends the trouble.
"""

import errno
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

from mainstay.gateway.drafts.disk import Disk
from mainstay.gateway.drafts.draft_file import DraftFile
from mainstay.gateway.drafts.entries import ENDED, Entry, Missing, Reason
from mainstay.gateway.drafts.index import Entry as Kin
from mainstay.gateway.drafts.index import Index
from mainstay.gateway.drafts.limits import DraftLimits
from mainstay.gateway.drafts.links import LINKS_FOLDER, Links
from mainstay.gateway.drafts.places import SUFFIX, draft_path, is_exchange_id
from mainstay.gateway.drafts.reading import Kept, read_draft, read_stretch
from mainstay.gateway.drafts.seal import (
    FRAMES_AT,
    STATE_AT,
    STATE_ENDED,
    STATE_OPEN,
    STATE_TAIL_LOST,
    key_id,
    read_header,
)
from mainstay.gateway.drafts.syncing import Syncing
from mainstay.gateway.drafts.trouble import DiskTrouble, Report

NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
LOW_WATER: Final = 0.9
"""Clearing away goes on until this share of the room is left in use, so that it is seldom done."""


class Copies(Protocol):
    """Hears of everything that is written (`mirror.Mirror`)."""

    def wrote(self, exchange_id: str, offset: int, data: bytes, *, is_last: bool) -> None:
        """These bytes stand in a draft's file now."""

    def lost(self, exchange_id: str) -> None:
        """What a draft's file holds is of no use any more."""


class Shelf:
    """Used by one thread."""

    def __init__(
        self, folder: Path, limits: DraftLimits, *, disk: Disk, wall: Callable[[], float], report: Report
    ) -> None:
        """`report` takes one line for the operator; `wall` gives seconds since 1970."""
        self.index = Index()
        self.dropped = 0
        """Drafts that were given up because the disk refused them or there was no room."""
        self.unreadable = 0
        """Drafts that were found at the start and were sealed with another key."""
        self._folder = folder
        self._limits = limits
        self._disk = disk
        self._wall = wall
        self._report = report
        self._key = b""
        self._links = Links(folder / LINKS_FOLDER, disk)
        self._syncing = Syncing(disk, self._refused)
        self._trouble = DiskTrouble(report)
        self._is_full = False
        self.copies: Copies | None = None

    @property
    def trouble(self) -> str | None:
        """Why drafts are not being kept now, in words for an operator; `None` while all is well."""
        if self._trouble.text is None and self._is_full:
            return f"full: durable exchanges that are not finished take {self.index.bytes_kept} bytes, and none may go"
        return self._trouble.text

    def scan(self, key: bytes) -> None:
        """Begin, with the key that seals, by learning what an earlier process left. Drafts that were running and are
        not durable count as finished."""
        self._key = key
        try:
            found = sorted(self._disk.files(self._folder, f"??/*{SUFFIX}", FRAMES_AT), key=lambda one: one.changed_at)
            for one in found:
                if one.path == draft_path(self._folder, one.path.stem):
                    self._found(one.path.stem, one.beginning, one.size, one.changed_at)
            self._links.read()
            for name, exchange_id in self._links.pairs():
                entry = self.index.get(exchange_id)
                if entry is None:
                    self._links.remove((name,))
                else:
                    entry.links += (name,)
        except OSError as error:
            self._trouble.suffer(error)
        if self.unreadable:
            self._report(f"drafts: the key has changed; {self.unreadable} drafts cannot be read and go with their time")

    def append(self, file: DraftFile, entries: Sequence[Entry], *, sync: bool) -> None:
        """Write entries, the first of a draft into a new file; on disk after the next `settle` where `sync` says so.
        `file.failed` tells what became of it."""
        if not file.failed:
            self._try_to_append(file, entries, sync=sync)

    def settle(self) -> None:
        """Bring to disk what must be there now."""
        self._syncing.settle()

    def settle_lazily(self) -> None:
        """Bring to disk what should be there soon."""
        self._syncing.settle_lazily()

    def give_up(self, file: DraftFile) -> None:
        """Write nothing more to this file, and see to it that nobody continues from what it holds."""
        if file.failed:
            return
        file.failed = True
        self.dropped += 1
        if self.copies is not None:
            self.copies.lost(file.exchange_id)
        entry = self.index.get(file.exchange_id)
        if entry is None or entry.file is not file:
            return
        try:
            self._disk.write_at(file.path, STATE_AT, STATE_TAIL_LOST)
            self.index.finish(entry, self._wall())
        except OSError as error:
            self._trouble.suffer(error)
            self.delete(file.exchange_id)

    def adopt(self, file: DraftFile) -> None:
        """Go on with a file that was read before. `file.failed` tells what became of it."""
        entry = self.index.get(file.exchange_id)
        if entry is None or entry.file is not None:
            file.failed = True
            return
        self.index.begin_again(entry, file)
        try:
            if file.torn:
                self._disk.cut(file.path, file.size)
                file.torn = False
            self._disk.write_at(file.path, STATE_AT, STATE_OPEN)
            if self.copies is not None:
                data = self._disk.read(file.path, 0, file.size)
                self.copies.wrote(file.exchange_id, 0, data, is_last=False)
        except OSError as error:
            self._refused(file, error)

    def moved_in(self, exchange_id: str, path: Path) -> None:
        """A draft's file was moved here, and nobody writes it. Raises `OSError`."""
        self._take_in(exchange_id, self._disk.read(path))

    def bring(self, exchange_id: str, data: bytes) -> None:
        """Make the file of a draft that nobody writes. Raises `OSError`."""
        path = draft_path(self._folder, exchange_id)
        self._disk.remove(path)
        self._disk.create(path, data)
        self._take_in(exchange_id, data)

    def _take_in(self, exchange_id: str, data: bytes) -> None:
        header = read_header(data)
        self.index.remove(exchange_id)
        durable = header is not None and header.is_durable
        self.index.add(Kin(exchange_id, len(data), self._wall(), durable), finished=True)

    def load(self, exchange_id: str) -> Kept | Missing:
        """All of a draft."""
        if not is_exchange_id(exchange_id):
            return Missing(Reason.UNKNOWN)
        kept = read_draft(self._disk, draft_path(self._folder, exchange_id), exchange_id, self._key)
        entry = self.index.get(exchange_id)
        if kept == Missing(Reason.UNKNOWN) and entry is not None and entry.file is None:
            # Another worker has moved it away. Its links stay: they lead there.
            self.index.remove(exchange_id)
        return kept

    def read(self, file: DraftFile, position: int) -> bytes | Missing:
        """Some of what was delivered, from a position on."""
        return read_stretch(self._disk, file, position)

    def unfinished(self) -> tuple[str, ...]:
        """Durable exchanges that an earlier process began and nobody has ended or picked up, oldest first."""
        found: list[tuple[float, str]] = []
        for entry in self.index.leftovers():
            kept = self.load(entry.exchange_id)
            if isinstance(kept, Kept) and kept.ended is None and not kept.tail_lost:
                found.append((kept.opening.at, entry.exchange_id))
            elif isinstance(kept, Kept) or kept.reason is not Reason.UNREADABLE:
                if isinstance(kept, Missing):
                    self._report(f"drafts: {entry.exchange_id} cannot be picked up: {kept.reason.value}")
                self.index.finish(entry, entry.at)
        return tuple([exchange_id for _, exchange_id in sorted(found)])

    def delete(self, exchange_id: str) -> bool:
        """Remove a draft and its links; tell whether there was one. Who writes it writes nothing more."""
        entry = self.index.get(exchange_id)
        if entry is None:
            return False
        if entry.file is not None:
            entry.file.failed = True
        try:
            self._disk.remove(draft_path(self._folder, exchange_id))
            self._links.remove(entry.links)
        except OSError as error:
            # It stays in the index, and goes with its time.
            self._trouble.suffer(error)
            self.index.finish(entry, entry.at)
        else:
            self.index.remove(exchange_id)
        return True

    def link(self, response_id: str, exchange_id: str) -> None:
        """Remember which exchange gave a response. Nothing for an exchange that has no draft."""
        entry = self.index.get(exchange_id)
        if entry is None:
            return
        try:
            name = self._links.add(response_id, exchange_id)
        except OSError as error:
            self._trouble.suffer(error)
        else:
            if name not in entry.links:
                entry.links += (name,)

    def find_response(self, response_id: str) -> str | None:
        """The exchange that gave a response."""
        return self._links.find(response_id)

    def sweep(self) -> None:
        """Remove what is too old, and what is too much."""
        for entry in self.index.older_than(self._wall() - self._limits.keep_seconds):
            self.delete(entry.exchange_id)
        self._is_full = not self._make_room(0)

    def _try_to_append(self, file: DraftFile, entries: Sequence[Entry], *, sync: bool) -> None:
        is_new = file.is_new
        try:
            self._append(file, entries)
        except OSError as error:
            self._refused(file, error)
        if file.failed:
            return
        if sync:
            self._syncing.at_once(file, is_new=is_new)
        elif file.durable:
            self._syncing.lazily(file)

    def _append(self, file: DraftFile, entries: Sequence[Entry]) -> None:
        is_new = file.is_new
        sealed = file.sealed(self._key, entries)
        data = b"".join(sealed)
        if not self._make_room(len(data)) and (is_new or not file.durable):
            self._is_full = True
            self.give_up(file)
        # Making room may have cost this very draft.
        if file.failed:
            return
        try:
            self._write(file, data)
        except OSError as error:
            if error.errno not in NO_ROOM or not self._clear_away(len(data)) or file.failed:
                raise
            self._write(file, data)
        offset, has_ended = file.size, any(kind == ENDED for kind, _ in entries)
        file.wrote(entries, sealed)
        if self.copies is not None:
            self.copies.wrote(file.exchange_id, offset, data, is_last=has_ended)
        self._note(file, is_new=is_new, has_ended=has_ended)
        self._trouble.be_well()

    def _write(self, file: DraftFile, data: bytes) -> None:
        if not file.is_new:
            self._disk.write_at(file.path, file.size, data)
            return
        try:
            self._disk.create(file.path, data)
        except FileExistsError:
            raise
        except OSError:
            self._disk.remove(file.path)
            raise

    def _note(self, file: DraftFile, *, is_new: bool, has_ended: bool) -> None:
        at = self._wall()
        if is_new:
            entry = Kin(file.exchange_id, file.size, at, file.durable, file)
            self.index.add(entry, finished=False)
        else:
            known = self.index.get(file.exchange_id)
            if known is None:
                file.failed = True
                return
            entry = known
            self.index.grow(entry, file.size, at)
        if has_ended:
            self.index.finish(entry, at)
            self._mark_ended(file)

    def _mark_ended(self, file: DraftFile) -> None:
        """Save the next start from looking into the file. The record in it is what counts."""
        try:
            self._disk.write_at(file.path, STATE_AT, STATE_ENDED)
        except OSError as error:
            self._trouble.suffer(error)

    def _found(self, exchange_id: str, beginning: bytes, size: int, at: float) -> None:
        header = read_header(beginning)
        is_ours = header is not None and header.key_id == key_id(self._key)
        self.unreadable += header is not None and not is_ours
        durable = header is not None and header.is_durable
        is_open = header is not None and is_ours and durable and header.state == STATE_OPEN
        if self.index.get(exchange_id) is None:
            self.index.add(Kin(exchange_id, size, at, durable), finished=not is_open)

    def _make_room(self, size: int) -> bool:
        """Whether there is room for so many bytes more, perhaps after clearing away."""
        if self.index.bytes_kept + size <= self._limits.bytes_max:
            self._is_full = False
            return True
        self._clear_away(size)
        return self.index.bytes_kept + size <= self._limits.bytes_max

    def _clear_away(self, size: int) -> bool:
        """Remove a tenth of what may be kept, and at least so many bytes; tell whether anything went."""
        target = min(self.index.bytes_kept, self._limits.bytes_max) * LOW_WATER - size
        kept = self.index.bytes_kept
        going: list[Kin] = []
        for entry in self.index.victims():
            if kept <= target:
                break
            kept -= entry.size
            going.append(entry)
        for entry in going:
            self.dropped += entry.file is not None
            self.delete(entry.exchange_id)
        return bool(going)

    def _refused(self, file: DraftFile, error: OSError) -> None:
        self._trouble.suffer(error)
        self.give_up(file)
