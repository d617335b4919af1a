"""Reading records by their arrival."""

from mainstay.control.bookkeeping.reading import arrival_before, record_of
from mainstay.ledger.store.port import ALL, StoredRecord
from tests.control.bookkeeping.desk import Desk
from tests.ledger.conftest import attempt


def row(body: bytes) -> StoredRecord:
    return StoredRecord(1, "ch_0", 1, "", "attempt", "", "", 1.0, b"", body, duplicate=False)


def test_a_line_is_its_record(desk: Desk) -> None:
    desk.ship(attempt())
    (found,) = desk.store.arrivals(ALL, 0, 9)
    assert record_of(found) == attempt()


def test_a_line_of_another_version_is_none() -> None:
    assert record_of(row(b'{"type":"prophecy","id":"pr_1"}')) is None
    assert record_of(row(b"\xff")) is None
    assert record_of(row(b'{"type":"attempt","id":1}')) is None


def test_an_empty_store_begins_at_its_beginning(desk: Desk) -> None:
    assert arrival_before(desk.store, 5.0) == 0


def test_what_came_since_an_instant_stands_behind_its_place(desk: Desk) -> None:
    desk.ship(*(attempt(number, at=float(number)) for number in range(1, 101)))
    for instant in (0.0, 1.0, 42.5, 100.0, 101.0):
        behind = desk.store.arrivals(ALL, arrival_before(desk.store, instant), 1_000)
        assert [one.at for one in behind] == [at for at in range(1, 101) if at >= instant]


def test_numbers_that_were_never_given_do_no_harm(desk: Desk) -> None:
    desk.ship(*(attempt(number, at=float(number)) for number in range(1, 21)))
    desk.store._database.rows("DELETE FROM record WHERE at BETWEEN 5 AND 15")  # type: ignore[attr-defined] # as a gap
    for instant in (4.0, 5.0, 10.0, 16.0, 17.0):
        behind = desk.store.arrivals(ALL, arrival_before(desk.store, instant), 1_000)
        assert behind[0].at == (4.0 if instant == 4.0 else max(16.0, instant))
