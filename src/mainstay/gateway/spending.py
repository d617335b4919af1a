"""Keeps a worker's knowledge of what was spent, across restarts and crashes.

Two witnesses: a file that is replaced about each second, and the worker's own journal. Own spending is the larger of
what either says, for both only leave things out: the file what came after it, the journal what it could not take. The
event loop never waits: reading and writing happen in a thread.
"""

import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from threading import Lock, Thread
from typing import Final

import msgspec

from mainstay.engine.allowances import Allowances
from mainstay.engine.meters import NANODOLLARS
from mainstay.engine.windows import Span, number_at, window_named
from mainstay.gateway.spending_file import (
    KeptSpending,
    UnreadableSpendingError,
    read_spending,
    spending_path,
    write_spending,
)
from mainstay.gateway.spending_fold import SUMS_MAX, Fold
from mainstay.ledger.chain_reader import ChainReader
from mainstay.ledger.errors import LedgerError
from mainstay.ledger.files import journal_path
from mainstay.model.news import MeterNews

TICK_SECONDS: Final = 1.0
"""How often `tick` should be called."""
START_SECONDS: Final = 1.0
"""A longer journal is read on while requests are served."""
SLICE_BYTES: Final = 128 * 1024
"""So much of the journal is read at once; then the interpreter's lock is let go for a moment."""
SLICES_PER_TURN: Final = 100
REST_SECONDS: Final = 0.001
WRITING_SHARE: Final = 0.05
"""A large file is written so seldom that writing takes no more than this share of the time."""
CLOSING_SECONDS: Final = 3.0
METERS_MAX: Final = 1_000_000
CHANGES_PER_TICK: Final = 2_000
"""Some milliseconds of the event loop. More of them wait for the next tick."""


class SpendingStatus(msgspec.Struct, frozen=True):
    """For readiness and metrics. `trouble` is `None` while all is well; `silent` are nodes that may be spending and
    cannot be heard, for whose sake only a share may be used here."""

    trouble: str | None
    behind: bool
    silent: tuple[str, ...]
    unbounded_attempts: int


class Spending:
    """Mutable. `tick`, `start` and `close` belong to the event loop, and so does `allowances`."""

    def __init__(  # noqa: PLR0913 - everything real that it touches
        self,
        node: str,
        worker: int,
        state: Path,
        report: Callable[[str], None],
        *,
        wall: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
        rest: Callable[[float], None] = time.sleep,
        run: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        """Read what was kept. `report` takes one line for the operator, also from a thread. `run` runs a turn of
        reading and writing; without it a thread does."""
        self._path = spending_path(state, worker)
        self._journal = journal_path(state, worker)
        self._node = node
        self._report = report
        self._wall, self._clock, self._rest = wall, clock, rest
        self._run = run or self._run_in_thread
        self._lock = Lock()
        self._thread: Thread | None = None
        self._busy = False
        self._told = ""
        self._trouble: dict[str, str] = {}
        self._write_at = 0.0
        self._behind = True
        self._changed = False
        self._floors: dict[tuple[str, str], int] = {}
        kept = self._read()
        self._boot = max(int(wall() * 1000), kept.boot + 1)
        self._fold = Fold(kept.chain, kept.sequence, kept.sums)
        self._meters = {(one.subject, one.quantity, one.window, one.node): one.used for one in kept.meters}
        self._nodes = kept.nodes
        self.allowances = Allowances(node, self._boot)
        self.allowances.merge(kept.meters, wall())
        self.allowances.peers.expect(kept.nodes)

    def start(self) -> None:
        """Read what the journal has beyond the file; of a long one, for a while only."""
        end = self._clock() + START_SECONDS
        self._read_journal(lambda: self._clock() < end)
        self._apply(SUMS_MAX)

    def tick(self) -> None:
        """Let the thread have what changed, and take what it has found. Never blocks."""
        self._apply(CHANGES_PER_TICK)
        with self._lock:
            if self._busy:
                return
            self._busy = True
        changes = self.allowances.meters.take_unsaved(CHANGES_PER_TICK)
        nodes = tuple(self.allowances.peers.names)
        self._run(lambda: self._turn(changes, nodes))

    def status(self) -> SpendingStatus:
        """How it is, now."""
        trouble = "; ".join(tuple(self._trouble.values())) or None
        peers = self.allowances.peers
        return SpendingStatus(trouble, self._behind, tuple(peers.silent), self.allowances.unbounded_attempts)

    def close(self) -> None:
        """Write down what is known. To be called when the journal is closed, so that nothing needs to be read again."""
        if self._thread is not None:
            self._thread.join(CLOSING_SECONDS)
        with self._lock:
            if self._busy:
                return
            self._busy = True
        end = self._clock() + CLOSING_SECONDS
        self._read_journal(lambda: self._clock() < end)
        self._apply(SUMS_MAX)
        self._take(self.allowances.meters.take_unsaved(METERS_MAX), tuple(self.allowances.peers.names))
        self._write()

    def _run_in_thread(self, job: Callable[[], None]) -> None:
        # A daemon cannot hold up our leaving, whatever the disk does.
        self._thread = Thread(target=job, name="spending", daemon=True)
        self._thread.start()

    def _turn(self, changes: list[MeterNews], nodes: tuple[str, ...]) -> None:
        """In the thread."""
        try:
            self._take(changes, nodes)
            slices = iter(range(SLICES_PER_TURN))
            self._read_journal(lambda: next(slices, None) is not None)
            if self._changed and self._clock() >= self._write_at:
                began = self._clock()
                self._write()
                self._write_at = began + (self._clock() - began) / WRITING_SHARE
        finally:
            with self._lock:
                self._busy = False

    def _take(self, changes: list[MeterNews], nodes: tuple[str, ...]) -> None:
        self._changed = self._changed or bool(changes) or nodes != self._nodes
        self._nodes = nodes
        for one in changes:
            key = (one.subject, one.quantity, one.window, one.node)
            if key in self._meters or len(self._meters) < METERS_MAX:
                self._meters[key] = one.used

    def _read_journal(self, may_go_on: Callable[[], bool]) -> None:
        """Fold records until there are no more of them, or we may not go on."""
        wall, before = self._wall(), self._fold.sequence
        try:
            with ChainReader(self._journal) as reader:
                chain = reader.chain().id
                if chain != self._fold.chain:
                    self._fold.begin_chain(chain)
                while may_go_on():
                    segments = reader.segments_after(self._fold.sequence, SLICE_BYTES)
                    for segment in segments:
                        self._fold.take(segment, wall)
                    self._behind = bool(segments)
                    if not segments:
                        break
                    self._rest(REST_SECONDS)
        except LedgerError as error:
            self._tell("journal", f"the journal cannot be read, so a crash would lose count: {error}")
        else:
            self._tell("journal", "")
        self._changed = self._changed or self._fold.sequence != before
        changes = self._fold.take_changes()
        with self._lock:
            self._floors.update({(one.subject, one.window): one.used for one in changes})

    def _apply(self, count: int) -> None:
        """What the journal says is the least that we have spent."""
        with self._lock:
            keys = list(islice(self._floors, count))
            floors = [(*key, self._floors.pop(key)) for key in keys]
        if floors:
            news = [MeterNews(subject, NANODOLLARS, window, self._node, used) for subject, window, used in floors]
            self.allowances.merge(news, self._wall())

    def _write(self) -> None:
        wall = self._wall()
        self._fold.prune(wall)
        self._meters = {key: used for key, used in self._meters.items() if _is_kept(key[2], wall)}
        kept = KeptSpending(
            self._node,
            self._boot,
            self._fold.chain,
            self._fold.sequence,
            self._fold.sums(),
            tuple(MeterNews(*key, used) for key, used in self._meters.items()),
            self._nodes,
        )
        try:
            write_spending(self._path, kept)
        except OSError as error:
            self._tell("file", f"{self._path.name} cannot be written: {error.strerror or type(error).__name__}")
        else:
            self._changed = False
            self._tell("file", "")

    def _read(self) -> KeptSpending:
        nothing = KeptSpending(self._node, 0)
        try:
            kept = read_spending(self._path)
        except UnreadableSpendingError as error:
            self._report(f"spending: {self._path}: {error}; the journal is read instead, as far back as it goes")
            return nothing
        if kept is not None and kept.node != self._node:
            # This process goes by another name now. What was spent under the former one stays counted there.
            return KeptSpending(self._node, 0, kept.chain, kept.sequence, (), kept.meters, kept.nodes)
        return kept or nothing

    def _tell(self, what: str, trouble: str) -> None:
        if not trouble:
            self._trouble.pop(what, None)
            return
        if what not in self._trouble:
            self._report(f"spending: {trouble}")
        self._trouble[what] = trouble


def _is_kept(window: str, wall: float) -> bool:
    found = window_named(window)
    return found is not None and abs(number_at(found[0], wall) - found[1]) <= (2 if found[0] is not Span.MONTH else 1)
