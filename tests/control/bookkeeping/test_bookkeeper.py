"""Records are added up to spans exactly once."""

from collections.abc import Sequence

import msgspec
import pytest

from mainstay.control.bookkeeping import bookkeeper as module
from mainstay.control.bookkeeping.bookkeeper import READER, Bookkeeper
from mainstay.ledger.errors import StoreError
from mainstay.ledger.store.port import Span, Store
from mainstay.model.records import AttemptRecord, Record
from mainstay.ops.tallies.merging import decode
from mainstay.ops.tallies.tally import AttemptTally
from tests.control.bookkeeping.desk import NOW, Desk, Unsure, counted
from tests.ledger.conftest import alert, attempt, exchange

DAY = 86_400
MINUTE_START = 1_699_999_980
TEN_MINUTES_START = 1_699_999_800
HOUR_START = 1_699_999_200
DAY_START = 1_699_920_000


def new(desk: Desk) -> Bookkeeper:
    return Bookkeeper(desk.wall, desk.monotonic, desk.said.append)


def add_up(keeper: Bookkeeper, desk: Desk) -> None:
    """All that there is, until it is saved."""
    while keeper.turn(desk.store):
        pass
    desk.pass_time(module.SAVE_SECONDS)
    keeper.turn(desk.store)


def total(desk: Desk, seconds: int) -> int:
    return counted([decode(span.body) for span in desk.store.spans(seconds, 0, 1e12)])


def starts(desk: Desk, seconds: int) -> list[int]:
    return [span.start for span in desk.store.spans(seconds, 0, 1e12)]


def attempts(ats: Sequence[float]) -> list[Record]:
    return [attempt(number, f"ex_{at}", at=at) for number, at in enumerate(ats)]


def test_a_record_is_in_its_minute_its_ten_minutes_its_hour_and_its_day(desk: Desk) -> None:
    desk.ship(attempt(1, at=NOW), exchange(at=NOW), alert(at=NOW))
    add_up(new(desk), desk)
    found = {seconds: desk.store.spans(seconds, 0, 1e12) for seconds in module.SPAN_SECONDS}
    assert {seconds: [one.start for one in spans] for seconds, spans in found.items()} == {
        60: [MINUTE_START],
        600: [TEN_MINUTES_START],
        3_600: [HOUR_START],
        DAY: [DAY_START],
    }
    for spans in found.values():
        tallies = decode(spans[0].body)
        assert tallies.attempts == {"anthropic/claude": AttemptTally(attempts=1, served=1)}
        assert list(tallies.exchanges) == ["claude default"]
    assert desk.store.mark(READER) == 3


def test_spans_grow_with_what_comes_and_late_records_go_to_their_own(desk: Desk) -> None:
    keeper = new(desk)
    desk.ship(*attempts([NOW, NOW + 60]))
    add_up(keeper, desk)
    desk.ship(*attempts([NOW + 1, NOW - 3_600, NOW - 2 * DAY]))
    add_up(keeper, desk)
    assert starts(desk, 60) == [MINUTE_START - 2 * DAY, MINUTE_START - 3_600, MINUTE_START, MINUTE_START + 60]
    assert [total(desk, seconds) for seconds in module.SPAN_SECONDS] == [5] * 4
    assert starts(desk, DAY) == [DAY_START - 2 * DAY, DAY_START]


def test_what_was_read_is_saved_only_when_it_is_due(desk: Desk) -> None:
    keeper = new(desk)
    desk.ship(attempt(1, at=NOW))
    assert keeper.turn(desk.store)
    assert not keeper.turn(desk.store)
    assert desk.store.mark(READER) == 0
    desk.pass_time(module.SAVE_SECONDS)
    keeper.turn(desk.store)
    assert desk.store.mark(READER) == 1


def test_while_there_is_much_to_do_it_is_saved_in_large_parts(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH_ROWS", 3)
    monkeypatch.setattr(module, "SAVE_RECORDS", 6)
    keeper = new(desk)
    desk.ship(*attempts([NOW + number for number in range(14)]))
    marks = []
    while keeper.turn(desk.store):
        marks.append(desk.store.mark(READER))
    assert marks == [0, 6, 6, 12, 12]
    desk.pass_time(module.SAVE_SECONDS)
    keeper.turn(desk.store)
    assert total(desk, 60) == 14


def test_who_is_stopped_before_saving_reads_it_again(desk: Desk) -> None:
    desk.ship(*attempts([NOW, NOW]))
    new(desk).turn(desk.store)
    add_up(new(desk), desk)
    desk.ship(*attempts([NOW + 2]))
    add_up(new(desk), desk)
    assert total(desk, 60) == 3


@pytest.mark.parametrize("is_done", [True, False])
def test_whether_or_not_a_lost_answer_meant_yes_all_is_added_up_once(desk: Desk, *, is_done: bool) -> None:
    keeper = new(desk)
    desk.ship(*attempts([NOW, NOW + 1]))
    add_up(keeper, desk)
    unsure: Store = Unsure(desk.store, is_done=is_done)  # type: ignore[assignment] # all else is the store's
    desk.ship(*attempts([NOW + 2]))
    keeper.turn(unsure)
    desk.pass_time(module.SAVE_SECONDS)
    with pytest.raises(StoreError):
        keeper.turn(unsure)
    keeper.forget()
    add_up(keeper, desk)
    assert [total(desk, seconds) for seconds in module.SPAN_SECONDS] == [3] * 4


def test_of_two_who_keep_the_same_books_each_record_is_added_by_one(desk: Desk) -> None:
    ours, theirs = new(desk), new(desk)
    desk.ship(*attempts([NOW, NOW + 1]))
    ours.turn(desk.store)
    theirs.turn(desk.store)
    desk.pass_time(module.SAVE_SECONDS)
    theirs.turn(desk.store)
    ours.turn(desk.store)
    assert (ours.rivals, theirs.rivals) == (1, 0)
    assert "somebody else keeps the same books" in desk.said[0]
    desk.ship(*attempts([NOW + 2]))
    add_up(ours, desk)
    add_up(theirs, desk)
    assert total(desk, 60) == 3
    assert desk.store.mark(READER) == 3


def test_an_instant_that_cannot_be_true_is_left_out(desk: Desk) -> None:
    keeper = new(desk)
    desk.ship(*attempts([NOW, -5.0, NOW + 2 * DAY, 1e18, NOW + 3_600]))
    add_up(keeper, desk)
    assert total(desk, DAY) == 2
    assert (keeper.misdated, keeper.records) == (3, 2)


def test_old_spans_are_forgotten_and_days_stay(desk: Desk) -> None:
    keeper = new(desk)
    desk.ship(*attempts([NOW]))
    add_up(keeper, desk)
    desk.pass_time(9 * DAY)
    desk.ship(*attempts([desk.wall.now]))
    add_up(keeper, desk)
    keeper.turn(desk.store)
    assert [len(starts(desk, seconds)) for seconds in module.SPAN_SECONDS] == [1, 2, 2, 2]
    desk.pass_time(100 * DAY)
    desk.ship(*attempts([desk.wall.now]))
    add_up(keeper, desk)
    keeper.turn(desk.store)
    assert [len(starts(desk, seconds)) for seconds in module.SPAN_SECONDS] == [1, 1, 1, 3]


def test_an_old_store_is_added_up_without_spans_that_would_be_forgotten(desk: Desk) -> None:
    desk.ship(*attempts([NOW - 200 * DAY, NOW - 50 * DAY, NOW - 10 * DAY, NOW]))
    add_up(new(desk), desk)
    assert [total(desk, seconds) for seconds in module.SPAN_SECONDS] == [1, 2, 3, 4]


def test_a_wrong_clock_forgets_nothing(desk: Desk) -> None:
    keeper = new(desk)
    desk.ship(*attempts([NOW]))
    add_up(keeper, desk)
    desk.wall.now += 1_000 * DAY
    desk.monotonic.now += 10_000
    keeper.turn(desk.store)
    assert len(starts(desk, 60)) == len(starts(desk, 3_600)) == 1


def test_a_span_that_cannot_be_read_begins_anew_and_is_told(desk: Desk) -> None:
    desk.store.save_spans(READER, 0, 0, [Span(60, MINUTE_START, b"torn")])
    desk.ship(*attempts([NOW]))
    add_up(new(desk), desk)
    assert total(desk, 60) == 1
    assert desk.said == [f"bookkeeping: the tallies of 60 s from {MINUTE_START} on are unreadable and begin anew"]


def test_only_some_spans_are_remembered(desk: Desk) -> None:
    keeper = new(desk)
    for turn in range(3):
        desk.ship(*attempts([NOW - 60 * number for number in range(100)]), worker=turn)
        add_up(keeper, desk)
        assert len(keeper._known) <= module.KNOWN_SPANS_MAX
    assert total(desk, 60) == 300 - 200  # the ids are the same: two of three are duplicates


def test_a_record_of_a_later_version_is_passed_over(desk: Desk) -> None:
    desk.ship(*attempts([NOW, NOW]))
    desk.store._database.rows("UPDATE record SET body = X'7B7D' WHERE sequence = 1")  # type: ignore[attr-defined] # so
    add_up(new(desk), desk)
    assert total(desk, 60) == 1
    assert desk.store.mark(READER) == 2


def test_many_workers_are_added_up_together(desk: Desk) -> None:
    def of(worker: int, number: int) -> AttemptRecord:
        return msgspec.structs.replace(attempt(number, f"ex_{worker}", at=NOW), upstream=f"up-{worker}")

    for number in range(4):
        for worker in range(3):
            desk.ship(of(worker, number), worker=worker)
    add_up(new(desk), desk)
    (span,) = desk.store.spans(60, 0, 1e12)
    assert {key: one.attempts for key, one in decode(span.body).attempts.items()} == {
        f"up-{worker}/claude": 4 for worker in range(3)
    }
