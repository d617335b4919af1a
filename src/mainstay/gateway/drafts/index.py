"""Which drafts are on disk, how large they are and which of them may go first. All in memory; used by one thread."""

from collections.abc import Iterator

import msgspec

from mainstay.gateway.drafts.draft_file import DraftFile


class Entry(msgspec.Struct):
    """One draft on disk. `at` is its last change, in seconds since 1970. `file` is set while this process writes it."""

    exchange_id: str
    size: int
    at: float
    durable: bool
    file: DraftFile | None = None
    links: tuple[str, ...] = ()


class Index:
    """Drafts by exchange id, the finished apart from the unfinished, each in the order of their last change (finished)
    or of their beginning (unfinished)."""

    def __init__(self) -> None:
        """Begin without drafts."""
        self.bytes_kept = 0
        self._finished: dict[str, Entry] = {}
        self._unfinished: dict[str, Entry] = {}

    def __len__(self) -> int:
        return len(self._finished) + len(self._unfinished)

    def get(self, exchange_id: str) -> Entry | None:
        """The entry of a draft."""
        return self._unfinished.get(exchange_id) or self._finished.get(exchange_id)

    def add(self, entry: Entry, *, finished: bool) -> None:
        """One more draft."""
        (self._finished if finished else self._unfinished)[entry.exchange_id] = entry
        self.bytes_kept += entry.size

    def grow(self, entry: Entry, size: int, at: float) -> None:
        """Its file has this size now."""
        self.bytes_kept += size - entry.size
        entry.size = size
        entry.at = at

    def finish(self, entry: Entry, at: float) -> None:
        """It changes no more."""
        entry.file = None
        entry.at = at
        self._unfinished.pop(entry.exchange_id, None)
        self._finished.pop(entry.exchange_id, None)
        self._finished[entry.exchange_id] = entry

    def begin_again(self, entry: Entry, file: DraftFile) -> None:
        """It is written again."""
        entry.file = file
        self._finished.pop(entry.exchange_id, None)
        self._unfinished[entry.exchange_id] = entry

    def remove(self, exchange_id: str) -> Entry | None:
        """Forget it."""
        entry = self._unfinished.pop(exchange_id, None) or self._finished.pop(exchange_id, None)
        if entry is not None:
            self.bytes_kept -= entry.size
        return entry

    def older_than(self, instant: float) -> list[Entry]:
        """Those that may go for their age: finished ones, and unfinished ones that are neither durable nor written by
        this process."""
        old = [entry for entry in self._finished.values() if entry.at < instant]
        return old + [e for e in self._unfinished.values() if e.at < instant and not e.durable and e.file is None]

    def victims(self) -> Iterator[Entry]:
        """Those that may go for their size, in that order: the oldest finished first, then the oldest unfinished that
        are not durable. The index must not change meanwhile."""
        yield from self._finished.values()
        yield from (entry for entry in self._unfinished.values() if not entry.durable)

    def leftovers(self) -> list[Entry]:
        """Durable, unfinished, and not written by this process."""
        return [entry for entry in self._unfinished.values() if entry.durable and entry.file is None]
