"""Events that their writer could not journal any more."""

import msgspec
import pytest

from mainstay.control.bookkeeping.reconcile import GIVE_UP_SECONDS, PATIENCE_SECONDS, READER, Reconciler
from mainstay.model.incident import Noted
from mainstay.model.records import IncidentRecord, Record
from tests.control.bookkeeping.desk import Desk


def event(number: int) -> IncidentRecord:
    return IncidentRecord(f"in_{number}", 1.0, "INC-1", number, "ana", Noted("it rains"))


def put(desk: Desk, number: int, body: bytes | None = None) -> None:
    record = event(number)
    assert desk.store.append_event("incident/INC-1", number, record.id, 1.0, body or msgspec.json.encode(record))


@pytest.fixture
def journal() -> list[Record]:
    return []


@pytest.fixture
def reconciler(desk: Desk, journal: list[Record]) -> Reconciler:
    return Reconciler(journal.append, desk.monotonic, desk.said.append)


def wait(reconciler: Reconciler, desk: Desk, seconds: float = PATIENCE_SECONDS) -> None:
    reconciler.turn(desk.store)
    desk.pass_time(seconds)
    reconciler.turn(desk.store)


def test_an_event_that_is_a_record_too_is_let_be(reconciler: Reconciler, desk: Desk, journal: list[Record]) -> None:
    put(desk, 1)
    desk.ship(event(1))
    wait(reconciler, desk)
    assert journal == []
    assert desk.store.mark(READER) == 1


def test_an_event_may_take_its_time_to_become_a_record(
    reconciler: Reconciler, desk: Desk, journal: list[Record]
) -> None:
    put(desk, 1)
    wait(reconciler, desk, PATIENCE_SECONDS - 1)
    assert desk.store.mark(READER) == 0
    desk.ship(event(1))
    desk.pass_time(2)
    reconciler.turn(desk.store)
    assert journal == []
    assert desk.store.mark(READER) == 1


def test_an_event_without_a_record_is_journaled_once(reconciler: Reconciler, desk: Desk, journal: list[Record]) -> None:
    for number in (1, 2, 3):
        put(desk, number)
    desk.ship(event(1), event(3))
    wait(reconciler, desk)
    wait(reconciler, desk)
    assert journal == [event(2)]
    assert desk.store.mark(READER) == 1
    desk.ship(*journal, worker=1)
    reconciler.turn(desk.store)
    assert desk.store.mark(READER) == 3
    assert reconciler.written == 1
    (line,) = desk.said
    assert line.startswith("bookkeeping: event 2 of incident/INC-1 was in no journal: who wrote it was stopped before")


def test_what_its_writer_journals_after_all_is_one_record(
    reconciler: Reconciler, desk: Desk, journal: list[Record]
) -> None:
    put(desk, 1)
    wait(reconciler, desk)
    desk.ship(*journal, worker=1)
    desk.ship(event(1))
    rows = [*desk.store.of_chain("ch_0", 0, 9), *desk.store.of_chain("ch_1", 0, 9)]
    assert sorted(row.duplicate for row in rows) == [False, True]
    assert rows[0].body == rows[1].body


@pytest.mark.parametrize("body", [b'{"type":"prophecy","id":"in_1"}', b"\xff"])
def test_what_this_version_cannot_write_is_passed_over(
    reconciler: Reconciler, desk: Desk, journal: list[Record], body: bytes
) -> None:
    put(desk, 1, body)
    wait(reconciler, desk)
    assert journal == []
    assert desk.store.mark(READER) == 1
    assert "this version cannot write it" in desk.said[0]


def test_nothing_of_a_newer_version_is_lost(reconciler: Reconciler, desk: Desk, journal: list[Record]) -> None:
    put(desk, 1, msgspec.json.encode(event(1))[:-1] + b',"later":1}')
    wait(reconciler, desk)
    assert journal == []


def test_what_never_becomes_a_record_is_given_up_and_told(
    reconciler: Reconciler, desk: Desk, journal: list[Record]
) -> None:
    put(desk, 1)
    wait(reconciler, desk)
    wait(reconciler, desk, GIVE_UP_SECONDS)
    assert journal == [event(1)]
    assert desk.store.mark(READER) == 1
    assert "did not come to the store" in desk.said[-1]


def test_who_begins_again_waits_again(reconciler: Reconciler, desk: Desk, journal: list[Record]) -> None:
    put(desk, 1)
    reconciler.turn(desk.store)
    reconciler.forget()
    desk.pass_time(PATIENCE_SECONDS)
    reconciler.turn(desk.store)
    assert journal == []
