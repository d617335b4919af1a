"""Who listens hears every record once, in order of arrival."""

import pytest

from mainstay.control.bookkeeping import listening
from mainstay.control.bookkeeping.listening import Listening
from mainstay.model.records import Record
from tests.control.bookkeeping.desk import NOW, Desk
from tests.ledger.conftest import alert, attempt


@pytest.fixture
def hall(desk: Desk) -> Listening:
    return Listening(desk.wall, desk.said.append)


def hear_all(hall: Listening, desk: Desk) -> None:
    while hall.turn(desk.store):
        pass


def test_what_arrives_is_heard_once_and_in_order(hall: Listening, desk: Desk) -> None:
    heard: list[Record] = []
    hall.subscribe(heard.append)
    desk.ship(attempt(1, at=NOW))
    hear_all(hall, desk)
    assert heard == []
    assert hall.is_live
    late = attempt(2, at=NOW - 9_999)
    desk.ship(late)
    desk.ship(attempt(3, at=NOW), worker=1)
    hear_all(hall, desk)
    hear_all(hall, desk)
    assert heard == [late, attempt(3, at=NOW)]


def test_each_hears_as_much_of_the_past_as_wanted(hall: Listening, desk: Desk) -> None:
    long: list[Record] = []
    short: list[Record] = []
    new: list[Record] = []
    hall.subscribe(long.append, 100.0)
    hall.subscribe(short.append, 10.0)
    hall.subscribe(new.append)
    records = [alert(f"al_{age}", at=NOW - age) for age in (500, 90, 50, 5)]
    desk.ship(*records)
    hear_all(hall, desk)
    assert (long, short, new) == (records[1:], records[3:], [])
    later = alert("al_new", at=NOW)
    desk.ship(later)
    hear_all(hall, desk)
    assert (long, short, new) == ([*records[1:], later], [records[3], later], [later])


def test_a_long_past_comes_in_batches_and_it_is_live_behind_it(
    hall: Listening, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "BATCH_ROWS", 3)
    heard: list[Record] = []
    hall.subscribe(heard.append, 100.0)
    desk.ship(*(attempt(number, at=NOW) for number in range(7)))
    lives = []
    while hall.turn(desk.store):
        lives.append(hall.is_live)
    assert lives == [False, False, False]
    assert hall.is_live
    assert len(heard) == 7


def test_who_begins_again_hears_the_past_again(hall: Listening, desk: Desk) -> None:
    heard: list[Record] = []
    hall.subscribe(heard.append, 100.0)
    desk.ship(attempt(1, at=NOW))
    hear_all(hall, desk)
    hall.forget()
    assert not hall.is_live
    hear_all(hall, desk)
    assert heard == [attempt(1, at=NOW)] * 2


def test_a_listener_that_fails_is_told_once_and_keeps_nothing_from_others(hall: Listening, desk: Desk) -> None:
    def fail(_record: Record) -> None:
        raise ValueError("a mistake")

    heard: list[Record] = []
    hall.subscribe(fail, 100.0)
    hall.subscribe(heard.append, 100.0)
    desk.ship(attempt(1, at=NOW), attempt(2, at=NOW))
    hear_all(hall, desk)
    assert len(heard) == 2
    assert desk.said == ["bookkeeping: a listener failed at a record: ValueError: a mistake"]


def test_a_record_that_nobody_can_read_is_counted(hall: Listening, desk: Desk) -> None:
    heard: list[Record] = []
    hall.subscribe(heard.append, 100.0)
    desk.ship(attempt(1, at=NOW), attempt(2, at=NOW))
    desk.store._database.rows("UPDATE record SET body = X'7B7D' WHERE sequence = 1")  # type: ignore[attr-defined] # so
    hear_all(hall, desk)
    assert heard == [attempt(2, at=NOW)]
    assert hall.unreadable == 1


def test_without_anybody_listening_nothing_is_read(hall: Listening, desk: Desk) -> None:
    desk.ship(attempt(1, at=NOW))
    assert not hall.turn(desk.store)
    assert hall.is_live
