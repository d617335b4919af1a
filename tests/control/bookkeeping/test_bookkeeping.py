"""The job: follows the store while we act."""

from collections.abc import Callable

import msgspec
import pytest

from mainstay.control.bookkeeping import bookkeeper, bookkeeping
from mainstay.control.bookkeeping.bookkeeping import Bookkeeping, BookkeepingStatus, Surroundings
from mainstay.control.bookkeeping.reconcile import PATIENCE_SECONDS
from mainstay.ledger.store.port import Store
from mainstay.model.records import Record
from mainstay.ops.tallies.merging import decode
from tests.control.bookkeeping.desk import NOW, Desk, Unsure, counted
from tests.ledger.conftest import alert, attempt


class Office:
    """Somebody who acts, or does not."""

    def __init__(self, desk: Desk) -> None:
        self.is_held = True
        self.desk = desk
        self.journal: list[Record] = []
        self.heard: list[Record] = []
        around = Surroundings(
            desk.open, lambda: self.is_held, desk.wall, desk.monotonic, self.journal.append, desk.said.append
        )
        self.bookkeeping = Bookkeeping(around)
        self.bookkeeping.subscribe(self.heard.append, 100.0)

    def work(self) -> None:
        while self.bookkeeping.turn():
            pass

    def added(self) -> int:
        return counted([decode(span.body) for span in self.desk.store.spans(60, 0, 1e12)])


@pytest.fixture
def office(desk: Desk) -> Office:
    return Office(desk)


class Turns:
    """A stop signal that comes after so many waits, each of which takes its time at once."""

    def __init__(self, desk: Desk, count: int, at_wait: Callable[[int], None] = lambda _number: None) -> None:
        self.waits: list[float] = []
        self._desk = desk
        self._count = count
        self._at_wait = at_wait

    def is_set(self) -> bool:
        return len(self.waits) >= self._count

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0.0)
        self._desk.pass_time(timeout or 0.0)
        self._at_wait(len(self.waits))
        return self.is_set()


def test_what_arrives_is_heard_and_added_up_and_saved_at_the_end(office: Office, desk: Desk) -> None:
    desk.ship(attempt(1, at=NOW))
    turns = Turns(desk, 3)
    office.bookkeeping.run(turns)
    assert office.heard == [attempt(1, at=NOW)]
    assert office.added() == 1
    assert turns.waits == [bookkeeping.IDLE_SECONDS] * 3
    status = office.bookkeeping.status()
    assert status == BookkeepingStatus(is_acting=True, is_live=True, added=1, seconds_left=0.0)


def test_news_is_heard_before_the_next_wait_is_over(office: Office, desk: Desk) -> None:
    heard_at: list[int] = []

    def ship(number: int) -> None:
        heard_at.append(len(office.heard))
        desk.ship(attempt(number, at=NOW))

    office.bookkeeping.run(Turns(desk, 4, ship))
    assert heard_at == [0, 1, 2, 3]
    assert bookkeeping.IDLE_SECONDS <= 0.5


def test_who_does_not_act_does_nothing(office: Office, desk: Desk) -> None:
    office.is_held = False
    desk.ship(attempt(1, at=NOW))
    turns = Turns(desk, 2)
    office.bookkeeping.run(turns)
    assert office.heard == []
    assert office.added() == 0
    assert turns.waits == [bookkeeping.STANDBY_SECONDS] * 2
    assert not office.bookkeeping.status().is_acting


def test_who_acts_no_more_saves_nothing_and_begins_anew_later(office: Office, desk: Desk) -> None:
    desk.ship(attempt(1, at=NOW))
    office.work()
    office.is_held = False
    office.work()
    assert not office.bookkeeping.status().is_live
    desk.pass_time(10)
    other = Office(desk)
    other.bookkeeping.run(Turns(desk, 2))
    office.is_held = True
    desk.ship(attempt(2, at=NOW))
    office.bookkeeping.run(Turns(desk, 2))
    assert office.added() == 2
    assert office.heard == [attempt(1, at=NOW), attempt(1, at=NOW), attempt(2, at=NOW)]
    assert office.bookkeeping.status().rivals == 0


def test_a_store_that_goes_away_costs_pauses_and_nothing_is_lost_or_heard_twice(office: Office, desk: Desk) -> None:
    desk.ship(attempt(1, at=NOW))
    office.work()
    assert office.bookkeeping._store is not None
    office.bookkeeping._store.close()
    desk.is_down = True

    def back(number: int) -> None:
        if number == 7:
            desk.is_down = False
            desk.ship(attempt(2, at=NOW))

    turns = Turns(desk, 9, back)
    office.bookkeeping.run(turns)
    assert turns.waits[:7] == [0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0]
    assert office.heard == [attempt(1, at=NOW), attempt(2, at=NOW)]
    assert office.added() == 2
    assert len([line for line in desk.said if "does not answer" in line]) == 1
    assert office.bookkeeping.status().trouble is None


def test_an_answer_that_was_lost_adds_nothing_twice(
    office: Office, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsure: Store = Unsure(desk.store, is_done=True)  # type: ignore[assignment] # all else is the store's
    monkeypatch.setattr(office.bookkeeping, "_opened", lambda: unsure)
    desk.ship(attempt(1, at=NOW))
    office.work()
    desk.pass_time(bookkeeper.SAVE_SECONDS)
    office.work()
    assert office.bookkeeping.status().trouble == "the connection was lost"
    monkeypatch.undo()
    office.work()
    desk.ship(attempt(2, at=NOW))
    office.bookkeeping.run(Turns(desk, 2))
    assert office.added() == 2
    assert office.bookkeeping.status().rivals == 0


def test_a_mistake_of_ours_is_told_and_does_not_end_the_thread(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_anything: object) -> bool:
        raise ZeroDivisionError("a mistake")

    monkeypatch.setattr(bookkeeper.Bookkeeper, "turn", fail)
    assert not office.bookkeeping.turn()
    assert office.bookkeeping.status().trouble == "ZeroDivisionError: a mistake"
    monkeypatch.undo()
    office.work()
    assert office.bookkeeping.status().trouble is None


def test_an_old_store_is_caught_up_with_in_batches_and_progress_is_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bookkeeper, "BATCH_ROWS", 10)
    office = Office(desk)
    desk.ship(*(attempt(number, at=NOW - 5_000) for number in range(60)))
    seen: list[BookkeepingStatus] = []
    while office.bookkeeping.turn():
        desk.pass_time(2.0)
        seen.append(office.bookkeeping.status())
    assert [status.behind for status in seen] == [50, 40, 30, 20, 10, 0]
    assert [status.seconds_left for status in seen] == [None, 8.0, 6.0, 4.0, 2.0, 0.0]
    assert seen[0].is_live  # news is heard although there is much to add up
    assert office.bookkeeping.status().behind == 0


def test_news_is_heard_while_an_old_store_is_added_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bookkeeper, "BATCH_ROWS", 10)
    office = Office(desk)
    desk.ship(*(attempt(number, at=NOW - 5_000) for number in range(60)))
    office.bookkeeping.turn()
    desk.ship(alert(at=NOW))
    office.bookkeeping.turn()
    assert office.heard == [alert(at=NOW)]


def test_events_that_others_could_not_journal_are_journaled(office: Office, desk: Desk) -> None:
    lost = alert("al_lost", at=NOW)
    desk.store.append_event("incident/INC-1", 1, lost.id, lost.at, msgspec.json.encode(lost))
    office.work()
    assert office.journal == []
    desk.pass_time(PATIENCE_SECONDS + bookkeeping.RECONCILE_SECONDS)
    office.work()
    assert office.journal == [lost]
    assert office.bookkeeping.status().reconciled == 1
