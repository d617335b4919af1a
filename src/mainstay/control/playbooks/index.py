"""The index of runs: what the book says of them, folded, and kept up to date by reading what is new only."""

from collections.abc import Iterable, Iterator
from threading import RLock
from typing import Final

from mainstay.control.book import Book, Entry
from mainstay.model.records import RunRecord
from mainstay.ops.playbooks.state import RunState, fold

RUN_PREFIX: Final = "run/"
RUNS_KEPT: Final = 1_000
"""So many runs that are over are known, the newest ones; and all that are not."""
RUNS_READ_MAX: Final = 5_000
STALE_SECONDS: Final = 1_209_600.0
"""No run can last so long: one that says nothing for two weeks is over, whatever it says."""
PAGE: Final = 500


class RunIndex:
    """May be used from any thread. Methods that read may raise `LedgerError`."""

    def __init__(self, book: Book) -> None:
        """Nothing is read yet."""
        self._book = book
        self._runs: dict[str, RunState] = {}
        self._newest = 0
        self._arrival: int | None = None
        self._lock = RLock()

    @property
    def is_loaded(self) -> bool:
        """Whether it has ever been read."""
        return self._arrival is not None

    def refresh(self, now: float) -> list[Entry]:
        """Read what is new; give the entries of all streams that are, in order. The first time it reads the runs of the
        past and gives nothing."""
        with self._lock:
            if self._arrival is None:
                self._load(now)
                return []
            found: list[Entry] = []
            while True:
                # The book leaves out what it cannot read, so that a page may be shorter than what was looked at.
                page = self._book.since(self._arrival, PAGE)
                if not page:
                    break
                found += page
                self._arrival = page[-1].arrival
            for entry in found:
                if isinstance(entry.record, RunRecord):
                    self._take(entry.record)
            self._forget()
            return found

    def reset(self) -> None:
        """Read all anew the next time."""
        with self._lock:
            self._runs, self._arrival, self._newest = {}, None, 0

    def get(self, run: str) -> RunState | None:
        """A run, read from the book where it is not known."""
        with self._lock:
            return self._runs.get(run) or self.read(run)

    def read(self, run: str) -> RunState | None:
        """A run as the book has it now."""
        with self._lock:
            state = fold(run_records(self._book.read(RUN_PREFIX + run)))
            if state is not None:
                self._runs[run] = state
                self._newest = max(self._newest, run_number(run))
            return state

    def take(self, record: RunRecord) -> None:
        """An event that we wrote ourselves."""
        with self._lock:
            self._take(record)

    def all(self) -> list[RunState]:
        """Those that are known, the newest first."""
        with self._lock:
            return sorted(self._runs.values(), key=lambda run: -run_number(run.run))

    def unfinished(self, now: float) -> list[RunState]:
        """Those that are under way, the oldest first."""
        with self._lock:
            found = (run for run in self._runs.values() if not run.is_over and now - run.last_at < STALE_SECONDS)
            return sorted(found, key=lambda run: run_number(run.run))

    def next_name(self) -> str:
        """The name that the next run gets, as far as we know."""
        with self._lock:
            return f"RUN-{self._newest + 1}"

    def _load(self, now: float) -> None:
        newest = self._book.streams("", None, 1)
        arrival = newest[0].arrival if newest else 0
        before: int | None = None
        while len(self._runs) < RUNS_READ_MAX:
            heads = self._book.streams(RUN_PREFIX, before, PAGE)
            for head in heads:
                # The first page tells the names that are taken, however old they are.
                self._newest = max(self._newest, run_number(head.stream.removeprefix(RUN_PREFIX)))
                if now - head.at < STALE_SECONDS:
                    self.read(head.stream.removeprefix(RUN_PREFIX))
            if not heads or now - heads[-1].at >= STALE_SECONDS:
                break
            before = heads[-1].arrival
        self._arrival = arrival

    def _take(self, record: RunRecord) -> None:
        state = self._runs.get(record.run)
        known = 0 if state is None else state.number
        if record.number <= known:
            return
        if record.number > known + 1:
            self.read(record.run)
            return
        after = fold([record], state)
        if after is not None:
            self._runs[record.run] = after
            self._newest = max(self._newest, run_number(record.run))

    def _forget(self) -> None:
        over = [run for run in self.all() if run.is_over]
        for run in over[RUNS_KEPT:]:
            del self._runs[run.run]


def run_records(entries: Iterable[Entry]) -> Iterator[RunRecord]:
    """The records of runs among them."""
    return (entry.record for entry in entries if isinstance(entry.record, RunRecord))


def run_number(name: str) -> int:
    """The number in a run's name; 0 for what is none."""
    number = name.removeprefix("RUN-")
    return int(number) if number.isascii() and number.isdigit() and len(number) < PAGE else 0
