from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Event

import pytest

from mainstay.ledger.chain import Anchor, Chain
from mainstay.ledger.errors import StateInUseError, StoreError
from mainstay.ledger.examination import BEGUN_ANEW_ALERT, Remark
from mainstay.ledger.files import JournalFile, journal_path
from mainstay.ledger.sqlite import RecordReader
from mainstay.ledger.writing.journal import GAP_ALERT, FileJournal, JournalLimits
from mainstay.model.records import AlertRecord, Record
from tests.ledger.conftest import attempt

PATIENCE_SECONDS = 20.0
"""How long a test waits for another thread before it fails; never how long it takes."""


class Gate:
    """A store behind a gate: opening it fails `failures` times, and `append` waits until the gate is open.

    `is_complete` is set once it keeps the `expected` number of records."""

    def __init__(self, failures: int = 0) -> None:
        self.kept: list[Record] = []
        self.batches: list[int] = []
        self.failures = failures
        self.is_open = Event()
        self.entered = Event()
        self.expected = 0
        self.is_complete = Event()
        self.is_open.set()

    marks = Path("marks")
    head_trouble = None
    is_chained = False

    def chain(self) -> Chain:
        raise AssertionError

    def end(self) -> Anchor:
        raise AssertionError

    def digest_at(self, sequence: int) -> bytes | None:
        raise AssertionError

    def usage_bytes(self) -> int:
        return 0

    def cut_log(self) -> None:
        pass

    def prune_up_to(self, sequence: int, before: float, segments_max: int) -> int:
        raise AssertionError

    def take_remarks(self) -> list[Remark]:
        return []

    def open(self) -> "Gate":
        if self.failures:
            self.failures -= 1
            raise StoreError("disk is full")
        return self

    def set_aside(self) -> Path:
        raise AssertionError

    def release(self) -> None:
        pass

    def append(self, records: Sequence[Record]) -> int:
        self.entered.set()
        assert self.is_open.wait(PATIENCE_SECONDS)
        self.kept += records
        self.batches.append(len(records))
        if len(self.kept) >= self.expected:
            self.is_complete.set()
        return len(self.kept)

    def last_sequence(self) -> int:
        return len(self.kept)

    def close(self) -> None:
        pass


class Rests:
    """Rests that take no time, written down."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, _event: Event, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return journal_path(tmp_path / "state", 0)


Begin = Callable[..., FileJournal]


@pytest.fixture
def begin(told: list[str]) -> Iterator[Begin]:
    """Starts journals and closes them after the test."""
    begun: list[FileJournal] = []

    def start(files: JournalFile | Gate, limits: JournalLimits, rest: Rests | None = None) -> FileJournal:
        rested = Event.wait if rest is None else rest
        journal = FileJournal(files, told.append, limits=limits, wall=lambda: 5_000.0, rest=rested)
        journal.start()
        begun.append(journal)
        return journal

    yield start
    for journal in begun:
        journal.close()


USUAL = JournalLimits()


def written_to(path: Path) -> list[Record]:
    with RecordReader(path) as reader:
        return [row.record() for row in reader.tail(100_000)]


def test_what_is_written_is_on_disk_after_a_flush(begin: Begin, path: Path) -> None:
    journal = begin(JournalFile(path, lambda: 0.0), USUAL)
    records = [attempt(number) for number in range(10)]
    for record in records:
        journal.write(record)
    assert journal.flush(PATIENCE_SECONDS)
    assert written_to(path) == records
    status = journal.status()
    assert (status.pending, status.written, status.dropped, status.trouble) == (0, 10, 0, None)


def test_records_reach_the_disk_without_a_flush(begin: Begin) -> None:
    gate = Gate()
    journal = begin(gate, USUAL)
    for number in range(3):
        gate.entered.clear()
        journal.write(attempt(number))
        assert gate.entered.wait(PATIENCE_SECONDS)
    assert journal.flush(PATIENCE_SECONDS)
    assert gate.kept == [attempt(number) for number in range(3)]


def test_closing_writes_what_waits(begin: Begin, path: Path, told: list[str]) -> None:
    journal = begin(JournalFile(path, lambda: 0.0), JournalLimits(linger_seconds=PATIENCE_SECONDS))
    for number in range(500):
        journal.write(attempt(number))
    assert journal.close()
    assert len(written_to(path)) == 500
    assert told == []
    assert journal.close()


def test_an_unused_journal_closes(begin: Begin, path: Path) -> None:
    journal = begin(JournalFile(path, lambda: 0.0), USUAL)
    assert journal.flush(0.0)
    assert journal.close()


def test_after_closing_records_are_only_counted(begin: Begin, path: Path) -> None:
    journal = begin(JournalFile(path, lambda: 0.0), USUAL)
    journal.close()
    journal.write(attempt())
    assert (journal.dropped, journal.pending) == (1, 0)


def test_what_gathers_while_the_disk_is_busy_is_committed_together(begin: Begin) -> None:
    gate = Gate()
    gate.is_open.clear()
    journal = begin(gate, JournalLimits(batch_records=100))
    journal.write(attempt(0))
    assert gate.entered.wait(PATIENCE_SECONDS)
    for number in range(1, 251):
        journal.write(attempt(number))
    assert journal.pending == 251
    gate.is_open.set()
    assert journal.flush(PATIENCE_SECONDS)
    assert gate.batches == [1, 100, 100, 50]
    assert gate.kept == [attempt(number) for number in range(251)]


def test_a_full_batch_does_not_linger(begin: Begin) -> None:
    rests = Rests()
    gate = Gate()
    gate.is_open.clear()
    journal = begin(gate, JournalLimits(batch_records=10, linger_seconds=0.5), rests)
    journal.write(attempt(0))
    assert gate.entered.wait(PATIENCE_SECONDS)
    for number in range(1, 21):
        journal.write(attempt(number))
    gate.expected = 21
    gate.is_open.set()
    assert gate.is_complete.wait(PATIENCE_SECONDS)
    assert gate.batches == [1, 10, 10]
    assert rests.seconds == [0.5]


def test_a_second_gateway_on_the_same_state_is_refused(begin: Begin, path: Path) -> None:
    begin(JournalFile(path, lambda: 0.0), USUAL)
    with pytest.raises(StateInUseError):
        begin(JournalFile(path, lambda: 0.0), USUAL)


def test_closing_frees_the_state_for_the_next_process(begin: Begin, path: Path) -> None:
    for number in range(2):
        journal = begin(JournalFile(path, lambda: 0.0), USUAL)
        journal.write(attempt(number))
        assert journal.close()
    assert written_to(path) == [attempt(0), attempt(1)]


def test_a_damaged_file_is_kept_aside_and_the_journal_goes_on(begin: Begin, path: Path, told: list[str]) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database" * 1_000)
    journal = begin(JournalFile(path, lambda: 0.0), USUAL)
    journal.write(attempt())
    assert journal.flush(PATIENCE_SECONDS)
    assert written_to(path) == [attempt()]
    assert (path.parent / "journal-0.damaged-19700101T000000").read_bytes() == b"no database" * 1_000
    assert "journal-0.damaged-19700101T000000" in told[0]


def test_a_file_removed_while_running_is_replaced_and_told(begin: Begin, path: Path, told: list[str]) -> None:
    journal = begin(JournalFile(path, lambda: 0.0), USUAL, Rests())
    path.unlink()
    journal.write(attempt())
    assert journal.flush(PATIENCE_SECONDS)
    anew, kept = written_to(path)
    assert isinstance(anew, AlertRecord)
    assert anew.kind == BEGUN_ANEW_ALERT
    assert kept == attempt()
    assert "removed or replaced" in told[0]
    assert len(list(path.parent.glob("journal-0.missing-*.head"))) == 1


def test_pauses_grow_while_the_disk_fails_and_nothing_is_lost(begin: Begin, told: list[str]) -> None:
    rests = Rests()
    gate = Gate(failures=9)
    journal = begin(gate, JournalLimits(linger_seconds=0.02, longest_pause_seconds=5.0), rests)
    assert journal.status().trouble == "disk is full"
    journal.write(attempt())
    assert gate.entered.wait(PATIENCE_SECONDS)
    assert journal.flush(PATIENCE_SECONDS)
    assert rests.seconds[:9] == [0.02, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    assert gate.kept == [attempt()]
    assert journal.status().trouble is None
    assert ["cannot write" in line for line in told] == [True, False]
    assert "writes again" in told[1]


def test_pauses_are_short_again_after_a_success(begin: Begin) -> None:
    rests = Rests()
    gate = Gate(failures=4)
    journal = begin(gate, JournalLimits(linger_seconds=0.0), rests)
    journal.write(attempt(1))
    assert journal.flush(PATIENCE_SECONDS)
    assert max(rests.seconds) > 0.1
    rests.seconds.clear()
    gate.entered.clear()
    gate.failures = 1
    journal._committer._let_go()
    journal.write(attempt(2))
    assert gate.entered.wait(PATIENCE_SECONDS)
    assert journal.flush(PATIENCE_SECONDS)
    assert max(rests.seconds) <= 0.1


def test_a_flush_on_a_failing_disk_says_no_and_records_stay(begin: Begin) -> None:
    journal = begin(Gate(failures=1_000_000), JournalLimits(first_pause_seconds=PATIENCE_SECONDS))
    journal.write(attempt())
    assert not journal.flush(0.0)
    assert journal.pending == 1


def test_closing_on_a_failing_disk_tells_what_is_lost(begin: Begin, told: list[str]) -> None:
    journal = begin(Gate(failures=1_000_000), JournalLimits(first_pause_seconds=PATIENCE_SECONDS))
    for number in range(3):
        journal.write(attempt(number))
    assert not journal.close()
    assert "closed with 3 records unwritten, which are lost: disk is full" in told[-1]


def test_closing_does_not_wait_for_a_disk_that_hangs(begin: Begin, told: list[str]) -> None:
    gate = Gate()
    gate.is_open.clear()
    journal = begin(gate, USUAL)
    journal.write(attempt())
    assert gate.entered.wait(PATIENCE_SECONDS)
    assert not journal.close(timeout_seconds=0.0)
    assert "closed with 1 records unwritten" in told[-1]
    gate.is_open.set()


def test_a_full_queue_drops_loudly_and_the_journal_marks_the_gap(begin: Begin, told: list[str]) -> None:
    gate = Gate()
    gate.is_open.clear()
    journal = begin(gate, JournalLimits(queue_records=10))
    journal.write(attempt(0))
    assert gate.entered.wait(PATIENCE_SECONDS)
    for number in range(1, 16):
        journal.write(attempt(number))
    assert (journal.dropped, journal.pending) == (5, 11)
    gate.is_open.set()
    assert journal.flush(PATIENCE_SECONDS)
    assert journal.close()
    assert gate.kept[:11] == [attempt(number) for number in range(11)]
    (gap,) = gate.kept[11:]
    assert isinstance(gap, AlertRecord)
    assert (gap.kind, gap.at) == (GAP_ALERT, 5_000.0)
    assert gap.message.startswith("5 records before this one are missing")
    assert any("5 records dropped so far" in line for line in told)


def test_losses_are_told_at_each_doubling_only(begin: Begin, told: list[str]) -> None:
    gate = Gate()
    journal = begin(gate, JournalLimits(queue_records=0))
    for _ in range(100):
        journal.write(attempt())
        journal._tell_dropped()
    assert len(told) == len([1, 2, 4, 8, 16, 32, 64])
    assert journal.dropped == 100
