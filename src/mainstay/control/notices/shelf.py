"""All tellings of the last day, as their events say; and what follows from them for each target."""

from collections.abc import Iterable, Iterator
from typing import Final

from mainstay.control.book import Book, Entry
from mainstay.model.notice import NoticePolicy
from mainstay.model.records import NoticeRecord
from mainstay.ops.notices.allowance import Allowance
from mainstay.ops.notices.summary import Kept, keep, summarised_target
from mainstay.ops.notices.telling import Telling, fold, place_of, prefix_of, stream_of

KEPT_SECONDS: Final = 90_000.0
"""A little more than a day, the longest time after which a notice may still be told to others."""
TELLINGS_MAX: Final = 5_000
LOADED_MAX: Final = 2_000
PAGE: Final = 500
ENDS: Final = frozenset({"sent", "failed", "gave-up", "limited"})
"""Outcomes at one target."""


class Shelf:
    """Used by one thread."""

    def __init__(self, policy: NoticePolicy) -> None:
        """Begins empty."""
        self._tellings: dict[str, Telling] = {}
        self._unsettled: set[str] = set()
        self._newest: dict[str, int] = {}
        self.allowance = Allowance(policy.per_hour)
        self.kept: dict[str, Kept] = {}
        """What targets were not told because they had heard enough."""
        self.last: dict[str, NoticeRecord] = {}
        """What became last of a notice at each target."""
        self.arrival = 0
        """Of the newest event that was read."""

    def load(self, book: Book, wall: float) -> None:
        """Read what is worth knowing. Raises `LedgerError`."""
        heads = book.streams("", None, 1)
        self.arrival = heads[0].arrival if heads else 0
        entries: list[Entry] = []
        for stream in _recent(book, wall - KEPT_SECONDS):
            entries += book.read(stream)
        for entry in sorted(entries, key=lambda one: one.arrival):
            self.note(entry)

    def note(self, entry: Entry) -> None:
        """Take note of an event that was read. One that is known changes nothing."""
        self.arrival = max(self.arrival, entry.arrival)
        if isinstance(entry.record, NoticeRecord):
            self.put(entry.stream, entry.number, entry.record)

    def put(self, stream: str, number: int, record: NoticeRecord) -> None:
        """Take note of an event. One that is known changes nothing."""
        before = self._tellings.get(stream)
        after = fold(before, stream, number, record)
        place = place_of(stream)
        if after is None or after is before or place is None:
            return
        key, count = place
        self._tellings[stream] = after
        if after.is_settled:
            self._unsettled.discard(stream)
        else:
            self._unsettled.add(stream)
        self._newest[key] = max(count, self._newest.get(key, 0))
        self._consider(record, is_new=before is None)

    def get(self, stream: str) -> Telling | None:
        """The telling of a stream, if it is known."""
        return self._tellings.get(stream)

    def newest(self, key: str) -> Telling | None:
        """The newest telling of a key, if it is known."""
        return self._tellings.get(self.newest_stream(key))

    def newest_stream(self, key: str) -> str:
        """The stream of the newest telling of a key; empty where none is known."""
        number = self._newest.get(key)
        return "" if number is None else stream_of(key, number)

    def next_stream(self, key: str) -> str:
        """The stream that the next telling of a key has."""
        return stream_of(key, self._newest.get(key, 0) + 1)

    def look_up(self, book: Book, key: str) -> None:
        """Read the newest telling of a key, also an old one. Raises `LedgerError`."""
        for head in book.streams(prefix_of(key), None, 1):
            for entry in book.read(head.stream):
                self.note(entry)

    def all(self) -> Iterable[Telling]:
        """Every telling, the oldest first."""
        return tuple(self._tellings.values())

    def unsettled(self) -> Iterable[Telling]:
        """Those from which something may still follow, the oldest first."""
        return sorted((self._tellings[stream] for stream in self._unsettled), key=lambda one: (one.at, one.stream))

    def prune(self, wall: float) -> None:
        """Forget what is over and old, and the oldest of too many."""
        old = [one for one in self._tellings.values() if wall - one.at > KEPT_SECONDS and not one.open]
        surplus = len(self._tellings) - len(old) - TELLINGS_MAX
        if surplus > 0:
            rest = [one for one in self._tellings.values() if wall - one.at <= KEPT_SECONDS or one.open]
            old += sorted(rest, key=lambda one: (bool(one.open), one.at))[:surplus]
        for one in old:
            del self._tellings[one.stream]
            self._unsettled.discard(one.stream)
            if self.newest_stream(one.notice.key) == one.stream:
                del self._newest[one.notice.key]

    def _consider(self, record: NoticeRecord, *, is_new: bool) -> None:
        if record.outcome in ENDS:
            self.last[record.target] = record
        if record.attempt == 1 and record.outcome in {"sent", "failed"}:
            self.allowance.note(record.target, record.at)
        if record.outcome == "limited":
            self.kept[record.target] = keep(self.kept.get(record.target), record)
        if is_new and (target := summarised_target(record.key)):
            self.kept.pop(target, None)


def _recent(book: Book, since: float) -> Iterator[str]:
    """Streams of tellings with an event since then, the newest ones of too many."""
    before: int | None = None
    count = 0
    while count < LOADED_MAX:
        heads = book.streams("notice/", before, PAGE)
        for head in heads:
            # Instants of several machines differ a little, so that arrivals alone are in order.
            if head.at >= since:
                yield head.stream
        if not heads or all(head.at < since for head in heads):
            return
        before = heads[-1].arrival
        count += len(heads)
