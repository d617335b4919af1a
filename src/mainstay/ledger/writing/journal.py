"""The journal: takes records in nanoseconds, writes them durably in groups, and outlives a bad disk.

Whoever calls `write` only appends to a queue in memory. One writer thread sleeps while the queue is empty; once woken
it lingers a moment for company (group commit), then encodes and commits what has gathered. Meanwhile records are in
memory only: a process that is killed loses what came in the last `linger_seconds` and the commit that ran. That buys a
busy journal few commits, each of which costs a flush of the disk whatever is in it; who cannot afford it calls `flush`.

When the disk refuses, records wait in memory, bounded, and the writer tries again after growing pauses. Nothing is lost
without being counted and told: the counts are `pending`, `written` and `dropped`, the reason is `trouble`, and after a
loss the journal itself holds an alert record that says how many records are missing.
"""

import math
import time
from collections import deque
from collections.abc import Callable
from threading import Condition, Event, Thread
from typing import Final

import msgspec

from mainstay.ledger.retention import RetentionLimits
from mainstay.ledger.writing.committer import TEND_SECONDS, Committer, Files, Report
from mainstay.ledger.writing.status import JournalStatus
from mainstay.model.records import AlertRecord, Record

GAP_ALERT: Final = "journal-gap"
"""Kind of the alert record that marks a loss."""

TENDING_PAUSE_SECONDS: Final = 0.02
"""Between two slices of pruning, while there is nothing else to do."""

Rest = Callable[[Event, float], object]
"""Waits until the event is set or so many seconds have passed; `Event.wait` in production."""


class JournalLimits(msgspec.Struct, frozen=True):
    """Bounds of the journal. `linger_seconds` is how long a record waits for company before its commit, and so about
    the most that a killed process loses; with a quarter of it a busy journal costs about a quarter more.
    `keep_seconds` and `bytes_max` bound the file (see `ledger.retention`)."""

    queue_records: int = 100_000
    batch_records: int = 4_000
    linger_seconds: float = 0.05
    first_pause_seconds: float = 0.1
    longest_pause_seconds: float = 5.0
    keep_seconds: float = RetentionLimits().keep_seconds
    bytes_max: int = RetentionLimits().bytes_max


USUAL_LIMITS: Final = JournalLimits()


class FileJournal:
    """Implements `model.ports.Journal`. Call `start` once, `write` from one thread, and `close` before leaving."""

    def __init__(
        self,
        files: Files,
        report: Report,
        *,
        limits: JournalLimits = USUAL_LIMITS,
        wall: Callable[[], float] = time.time,
        rest: Rest = Event.wait,
    ) -> None:
        """`report` takes one line for the operator, also from the writer thread; `wall` gives seconds since 1970 for
        alert records; `rest` performs the lingering and the pauses between tries."""
        self._committer = Committer(files, report, RetentionLimits(limits.keep_seconds, limits.bytes_max), wall)
        self._report = report
        self._limits = limits
        self._wall = wall
        self._rest = rest
        self._queue: deque[Record] = deque()
        self._taken = 0
        self._waiting: deque[tuple[int, Callable[[], object]]] = deque()
        self._queue_limit = limits.queue_records
        self._batch: list[Record] = []
        self._overflowed = 0
        self._dropped_told = 0
        self._dropped_recorded = 0
        self._pause_seconds = 0.0
        self._wake = Event()
        self._idle = False
        self._has_more_to_tend = True
        self._hurry = False
        self._closing = False
        self._changed = Condition()
        self._thread = Thread(target=self._run, name="journal-writer", daemon=True)

    @property
    def trouble(self) -> str | None:
        """Why records are not being written now, in words for an operator; `None` while all is well."""
        return self._committer.trouble

    @property
    def written(self) -> int:
        """Records written durably since the start."""
        return self._committer.written

    @property
    def dropped(self) -> int:
        """Records lost since the start: the queue was full, or the record had no written form."""
        return self._overflowed + self._committer.discarded

    @property
    def pending(self) -> int:
        """Records that wait in memory."""
        with self._changed:
            return len(self._queue) + len(self._batch)

    def status(self) -> JournalStatus:
        """All of the above in one value, for readiness and metrics."""
        retention = self._committer.retention
        return JournalStatus(
            self.trouble,
            self.pending,
            self.written,
            self.dropped,
            full=retention.is_full,
            chain=retention.chain,
            sequence=self._committer.sequence,
            shipped_sequence=retention.shipped,
            bytes=retention.bytes,
        )

    def start(self) -> None:
        """Open the file and start the writer. A disk in trouble does not keep us from starting: it is reported, and
        tried again. Raises `StateInUseError` or `NewerStoreError`: then this state folder is not ours to use."""
        self._committer.start()
        self._thread.start()

    def write(self, record: Record) -> None:
        """Queue the record; never raises, never blocks. A full queue drops it and counts it."""
        queue = self._queue
        if len(queue) >= self._queue_limit:
            self._overflowed += 1
            return
        queue.append(record)
        if self._idle:
            self._idle = False
            self._wake.set()

    def when_written(self, done: Callable[[], object]) -> None:
        """Call back, from the writer thread, once all records are on disk that were written before this call, or once
        it is known that the disk does not take them now. Cuts lingering short. `done` raises nothing. Before `start`
        and after `close` it is called at once."""
        if not self._thread.is_alive():
            done()
            return
        with self._changed:
            self._waiting.append((self._taken + len(self._queue), done))
            self._hurry = True
        self._wake.set()

    def flush(self, timeout_seconds: float) -> bool:
        """Wait until nothing is pending; tell whether that came true in time. Cuts lingering and pauses short."""
        with self._changed:
            self._hurry = True
            self._wake.set()
            return self._changed.wait_for(self._is_empty, timeout_seconds)

    def close(self, timeout_seconds: float = 5.0) -> bool:
        """Write what is pending and stop; tell whether all of it was written. A disk that fails gets one more try.

        Afterwards `write` only counts. Harmless when repeated.
        """
        self._closing = True
        self._queue_limit = 0
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout_seconds)
        lost = self.pending
        if lost:
            self._report(f"journal: closed with {lost} records unwritten, which are lost: {self.trouble or 'too slow'}")
        if not self._thread.is_alive():
            self._committer.close()
        return not lost

    def _run(self) -> None:
        """The writer thread. It ends when closing and there is nothing to write, or nothing that can be written."""
        while True:
            if not self._batch:
                self._gather()
            if not self._batch:
                self._tell_waiting(self._taken)
                if self._closing:
                    return
                self._has_more_to_tend = self._committer.tend()
                continue
            written = self._committer.commit(self._batch)
            self._tell_waiting(self._taken if written else math.inf)
            self._tell_dropped()
            if written:
                self._settle()
                self._committer.tend()
            elif self._closing:
                return
            else:
                self._pause()

    def _gather(self) -> None:
        """Sleep until there is a record, linger for more unless there are plenty, and take them as the batch."""
        self._wake.clear()
        # Whoever appends after this line sees `_idle` and wakes us; whoever appended before it is seen by us.
        self._idle = True
        if not self._queue and not self._waiting and not self._closing:
            self._wake.wait(TENDING_PAUSE_SECONDS if self._has_more_to_tend else TEND_SECONDS)
        self._idle = False
        if 0 < len(self._queue) < self._limits.batch_records:
            self._rest_unless_hurried(self._limits.linger_seconds)
        with self._changed:
            take = self._queue.popleft
            self._batch = [take() for _ in range(min(len(self._queue), self._limits.batch_records))]
            self._taken += len(self._batch)

    def _settle(self) -> None:
        """After a commit: tell who waits, and mark a loss in the journal once there is room again."""
        self._pause_seconds = 0.0
        dropped = self.dropped
        missing = dropped - self._dropped_recorded
        if missing and (self._closing or 2 * len(self._queue) <= self._limits.queue_records):
            self._dropped_recorded = dropped
            self._report(f"journal: {missing} records are missing; the gap is marked by an alert record")
            self._queue.append(self._gap_record(missing, dropped))
        with self._changed:
            self._changed.notify_all()

    def _gap_record(self, missing: int, dropped: int) -> AlertRecord:
        at = self._wall()
        message = f"{missing} records before this one are missing: they were dropped while the disk did not take them"
        identity = f"{GAP_ALERT}-{int(at * 1000)}-{dropped}"
        return AlertRecord(id=identity, at=at, kind=GAP_ALERT, upstream="", model="", credential="", message=message)

    def _tell_waiting(self, written: float) -> None:
        """Tell those who wait for no more than so many records."""
        told = []
        with self._changed:
            while self._waiting and self._waiting[0][0] <= written:
                told.append(self._waiting.popleft()[1])
        for done in told:
            done()

    def _tell_dropped(self) -> None:
        """Report the first loss at once and then each doubling, so that a long outage does not flood the terminal."""
        dropped = self.dropped
        if dropped and dropped >= 2 * self._dropped_told:
            self._dropped_told = dropped
            why = self.trouble or "they come faster than the disk takes them"
            self._report(f"journal: {dropped} records dropped so far: {why}")

    def _pause(self) -> None:
        grown = max(self._limits.first_pause_seconds, 2 * self._pause_seconds)
        self._pause_seconds = min(grown, self._limits.longest_pause_seconds)
        self._rest_unless_hurried(self._pause_seconds)

    def _rest_unless_hurried(self, seconds: float) -> None:
        # Cleared before the flags are read: whoever sets a flag sets the event after it, so no call is missed.
        self._wake.clear()
        if self._hurry or self._closing:
            self._hurry = False
            return
        self._rest(self._wake, seconds)

    def _is_empty(self) -> bool:
        return not self._queue and not self._batch
