"""What was spent outlives the process, however it ends."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from mainstay.engine.allowances import Allowances
from mainstay.engine.purse import Purse
from mainstay.engine.windows import Span, number_at
from mainstay.gateway import spending as spending_module
from mainstay.gateway.spending import Spending
from mainstay.gateway.spending_file import read_spending, spending_path
from mainstay.ledger.files import JournalFile, journal_path
from mainstay.ledger.sqlite import RecordStore
from mainstay.model.call import Call, CallKind
from mainstay.model.catalogue import Price
from mainstay.model.identity import Allowance, Identity
from mainstay.model.records import Record
from tests.engine.play import candidate
from tests.ledger.conftest import attempt

WALL = 1_772_448_540.0
TEAM = Identity("team")
SOME = Allowance(usd_per_day=1.0)
ALPHA = candidate("alpha", price=Price(0, 1, 0, 0))
CALL = Call("toy", CallKind.ANSWER, "/", "m", stream=True, headers=(), body=b"", max_output_tokens=1)


class Disk:
    """A state folder with a worker's journal, and processes that come and go."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.reports: list[str] = []
        self.jobs: list[Callable[[], None]] = []
        self.now = 0.0
        self.wall = WALL
        self.slowness = 0.0
        self.rests = 0
        self.number = 0
        self.open()

    def open(self) -> None:
        """Open the journal."""
        self.files = JournalFile(journal_path(self.state, 0), lambda: WALL)
        self.store: RecordStore = self.files.open()

    def close(self) -> None:
        """Close the journal."""
        self.store.close()
        self.files.release()

    def begin(self, node: str = "g/0", *, started: bool = True) -> Spending:
        """A process begins."""
        spending = Spending(
            node,
            0,
            self.state,
            self.reports.append,
            wall=lambda: self.wall,
            clock=self.clock,
            rest=self.rest,
            run=self.jobs.append,
        )
        if started:
            spending.start()
        return spending

    def clock(self) -> float:
        """The monotonic clock; each look at it takes a while on a slow disk."""
        self.now += self.slowness
        return self.now

    def rest(self, _seconds: float) -> None:
        self.rests += 1

    def record(self, *costs: int) -> None:
        """What attempts cost reaches the journal."""
        records: list[Record] = []
        for cost in costs:
            self.number += 1
            records.append(replace(attempt(self.number, at=WALL), tenant="team", cost_nanodollars=cost))
        self.store.append(records)

    def pay(self, spending: Spending, *costs: int, recorded: bool = True) -> None:
        """Exchanges of a process, which are or are not recorded before it ends."""
        for cost in costs:
            purse = spending.allowances.admit(TEAM, SOME, self.wall)
            assert isinstance(purse, Purse)
            purse.reserve(1, ALPHA, CALL, self.wall)
            purse.settle(1, cost)
        if recorded:
            self.record(*costs)

    def tick(self, spending: Spending) -> None:
        """A second passes, and the thread does its work."""
        self.now += 1.0
        spending.tick()
        while self.jobs:
            self.jobs.pop(0)()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    made = Disk(tmp_path / "state")
    yield made
    made.close()


def spent(allowances: Allowances) -> int:
    return allowances.meters.account("tenant:team", WALL).spent[Span.DAY].total(number_at(Span.DAY, WALL))


def test_a_new_gateway_has_spent_nothing(disk: Disk) -> None:
    spending = disk.begin()
    assert spent(spending.allowances) == 0
    assert spending.status().trouble is None
    assert not spending.status().behind
    assert disk.reports == []


def test_after_an_orderly_end_everything_is_known(disk: Disk) -> None:
    first = disk.begin()
    disk.pay(first, 5, 7)
    first.close()
    assert spent(disk.begin().allowances) == 12


def test_an_orderly_end_writes_what_the_journal_could_not_take(disk: Disk) -> None:
    first = disk.begin()
    disk.pay(first, 5)
    disk.pay(first, 7, recorded=False)
    first.close()
    kept = read_spending(spending_path(disk.state, 0))
    assert kept is not None
    assert (kept.sequence, {one.used for one in kept.meters}) == (1, {12})
    assert spent(disk.begin().allowances) == 12


def test_after_a_crash_the_journal_knows_what_the_file_does_not(disk: Disk) -> None:
    first = disk.begin()
    disk.pay(first, 5)
    disk.tick(first)
    disk.pay(first, 7)
    assert spent(disk.begin().allowances) == 12


def test_after_a_crash_the_file_knows_what_the_journal_could_not_take(disk: Disk) -> None:
    first = disk.begin()
    disk.pay(first, 5)
    disk.pay(first, 7, recorded=False)
    disk.tick(first)
    assert spent(disk.begin().allowances) == 12


def test_nothing_is_counted_twice(disk: Disk) -> None:
    first = disk.begin()
    for _ in range(5):
        disk.pay(first, 1)
        disk.tick(first)
        disk.tick(first)
    assert spent(first.allowances) == 5
    for _ in range(3):
        first = disk.begin()
        disk.tick(first)
    assert spent(first.allowances) == 5


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["pay", "tick", "crash", "end"]), max_size=25))
def test_whatever_happens_nothing_is_lost_and_nothing_counted_twice(
    tmp_path_factory: pytest.TempPathFactory, events: list[str]
) -> None:
    disk = Disk(tmp_path_factory.mktemp("disk"))
    process, truth = disk.begin(), 0
    for event in events:
        match event:
            case "pay":
                disk.pay(process, 1)
                truth += 1
            case "tick":
                disk.tick(process)
            case "crash":
                process = disk.begin()
            case _:
                process.close()
                process = disk.begin()
        assert spent(process.allowances) == truth
    disk.close()


@pytest.mark.parametrize("damage", [b"", b"{torn", b"\0" * 100])
def test_a_torn_file_is_told_of_and_the_journal_read_from_its_beginning(disk: Disk, damage: bytes) -> None:
    first = disk.begin()
    disk.pay(first, 5, 7)
    disk.tick(first)
    spending_path(disk.state, 0).write_bytes(damage)
    assert spent(disk.begin().allowances) == 12
    assert len(disk.reports) == 1
    assert "the journal is read instead" in disk.reports[0]


def test_a_long_journal_is_read_on_while_requests_are_served(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spending_module, "SLICE_BYTES", 1)
    monkeypatch.setattr(spending_module, "SLICES_PER_TURN", 3)
    for _ in range(10):
        disk.record(1)
    monkeypatch.setattr(spending_module, "START_SECONDS", 0.0)
    process = disk.begin()
    assert process.status().behind
    disk.pay(process, 1)
    seen = []
    for _ in range(6):
        disk.tick(process)
        seen.append(spent(process.allowances))
    assert seen == sorted(seen)
    assert seen[-1] == 11
    assert disk.rests >= 10, "the interpreter's lock is let go between slices"
    assert not process.status().behind


def test_a_journal_that_began_anew_takes_nothing_away(disk: Disk) -> None:
    first = disk.begin()
    disk.pay(first, 5)
    disk.tick(first)
    disk.close()
    for path in disk.state.glob("journal-0*"):
        path.unlink()
    disk.open()
    second = disk.begin()
    disk.pay(second, 7)
    assert spent(disk.begin().allowances) == 12


def test_a_journal_that_cannot_be_read_is_told_of_once(disk: Disk) -> None:
    process = disk.begin()
    path = journal_path(disk.state, 0)
    disk.close()
    aside = path.rename(path.with_suffix(".aside"))
    for _ in range(3):
        disk.pay(process, 1, recorded=False)
        disk.tick(process)
    assert "journal" in (process.status().trouble or "")
    assert len(disk.reports) == 1
    aside.rename(path)
    disk.open()
    disk.tick(process)
    assert process.status().trouble is None
    assert spent(process.allowances) == 3


def test_a_file_that_cannot_be_written_is_told_of_once_and_tried_again(disk: Disk) -> None:
    process = disk.begin()
    obstacle = spending_path(disk.state, 0)
    obstacle.mkdir()
    for _ in range(3):
        disk.pay(process, 1)
        disk.tick(process)
    assert "spending-0.json cannot be written" in (process.status().trouble or "")
    assert len(disk.reports) == 1
    obstacle.rmdir()
    disk.tick(process)
    assert process.status().trouble is None
    assert read_spending(obstacle) is not None


def test_nothing_is_written_while_nothing_changes(disk: Disk) -> None:
    process = disk.begin()
    disk.pay(process, 1)
    disk.tick(process)
    before = spending_path(disk.state, 0).stat().st_ino
    disk.tick(process)
    disk.tick(process)
    assert spending_path(disk.state, 0).stat().st_ino == before


def test_a_file_that_takes_long_is_written_seldom(disk: Disk) -> None:
    process = disk.begin()
    disk.slowness = 1.0
    written = []
    for _ in range(60):
        disk.pay(process, 1)
        disk.tick(process)
        kept = read_spending(spending_path(disk.state, 0))
        written.append(0 if kept is None else kept.sequence)
    assert 5 <= len(set(written)) <= 12


def test_windows_that_are_over_leave_the_file(disk: Disk) -> None:
    process = disk.begin()
    disk.pay(process, 5)
    disk.tick(process)
    disk.wall += 70 * 86_400.0
    disk.pay(process, 7, recorded=False)
    disk.tick(process)
    kept = read_spending(spending_path(disk.state, 0))
    assert kept is not None
    assert kept.sums == ()
    assert {one.window for one in kept.meters} == {"d20584", "M2026-05"}


def test_yesterday_and_last_month_stay_in_the_file(disk: Disk) -> None:
    process = disk.begin()
    disk.pay(process, 5)
    disk.wall += 30 * 86_400.0
    disk.pay(process, 7, recorded=False)
    disk.wall += 86_400.0
    disk.tick(process)
    kept = read_spending(spending_path(disk.state, 0))
    assert kept is not None
    assert {one.window for one in kept.meters} == {"M2026-03", "M2026-04", "d20544"}


def test_who_else_is_alive_is_written_down_at_once(disk: Disk) -> None:
    process = disk.begin()
    disk.tick(process)
    process.allowances.heard(["g/1"], WALL)
    disk.tick(process)
    kept = read_spending(spending_path(disk.state, 0))
    assert kept is not None
    assert kept.nodes == ("g/1",)


def test_a_thread_at_work_is_not_given_more(disk: Disk) -> None:
    process = disk.begin()
    process.tick()
    process.tick()
    assert len(disk.jobs) == 1


def test_what_others_spent_is_kept_and_they_are_waited_for(disk: Disk) -> None:
    first = disk.begin()
    other = Allowances("g/1", 1)
    purse = other.admit(TEAM, SOME, WALL)
    assert isinstance(purse, Purse)
    purse.reserve(1, ALPHA, CALL, WALL)
    purse.settle(1, 40)
    first.allowances.heard(["g/1"], WALL)
    first.allowances.merge(other.take_news(), WALL)
    disk.tick(first)
    second = disk.begin()
    assert spent(second.allowances) == 40
    assert second.status().silent == ("g/1",)
    assert second.allowances.peers.careful


def test_each_life_has_a_later_number_though_the_clock_stands(disk: Disk) -> None:
    boots = []
    for _ in range(3):
        process = disk.begin()
        disk.pay(process, 1)
        disk.tick(process)
        kept = read_spending(spending_path(disk.state, 0))
        assert kept is not None
        boots.append(kept.boot)
    assert boots == [int(WALL * 1_000) + number for number in range(3)]


def test_a_process_with_another_name_counts_nothing_twice(disk: Disk) -> None:
    first = disk.begin()
    disk.pay(first, 5)
    disk.tick(first)
    renamed = disk.begin("h/0")
    disk.pay(renamed, 7)
    disk.tick(renamed)
    assert spent(renamed.allowances) == 12


def test_the_thread_is_a_real_one_where_none_is_given(tmp_path: Path) -> None:
    state = tmp_path / "state"
    journal = JournalFile(journal_path(state, 0), lambda: WALL)
    journal.open().close()
    process = Spending("g/0", 0, state, lambda _line: None, wall=lambda: WALL)
    process.start()
    purse = process.allowances.admit(TEAM, SOME, WALL)
    assert isinstance(purse, Purse)
    purse.reserve(1, ALPHA, CALL, WALL)
    purse.settle(1, 5)
    process.tick()
    process.close()
    kept = read_spending(spending_path(state, 0))
    assert kept is not None
    assert {one.used for one in kept.meters} == {5}
    journal.release()
