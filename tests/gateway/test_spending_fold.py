"""What a journal says that was spent."""

import pytest
from msgspec import json
from msgspec.structs import replace

from mainstay.engine.windows import Span, name_of, number_at
from mainstay.gateway import spending_fold
from mainstay.gateway.spending_file import Sum
from mainstay.gateway.spending_fold import Fold
from mainstay.ledger.errors import DamagedStoreError
from mainstay.ledger.schema import Segment
from mainstay.model.records import Record
from tests.ledger.conftest import alert, attempt, exchange

WALL = 1_772_448_540.0
"""2026-03-02 10:49:00 UTC."""
DAY = 86_400.0
TODAY, MARCH = "d20514", "M2026-03"
TOKEN = "tk_1"


def tried(cost: int | None, at: float = WALL, tenant: str = "x", token: str = "") -> Record:
    return replace(attempt(at=at), cost_nanodollars=cost, tenant=tenant, token=token)


def asked(cost: int | None, token: str = TOKEN) -> Record:
    return replace(exchange(at=WALL), cost_nanodollars=cost, token=token)


def segment(first: int, *records: Record) -> Segment:
    instants = [record.at for record in records]
    body = b"".join(json.encode(record) + b"\n" for record in records)
    return Segment(first, len(records), min(instants), max(instants), body)


def told(fold: Fold) -> dict[tuple[str, str], int]:
    return {(one.subject, one.window): one.used for one in fold.sums()}


def test_a_tenant_and_its_token_pay_for_attempts() -> None:
    fold = Fold()
    records = (tried(5, token=TOKEN), tried(7, token=TOKEN), tried(9, tenant="y"), asked(12), alert(at=WALL))
    fold.take(segment(1, *records), WALL)
    assert told(fold) == {
        ("tenant:x", TODAY): 12,
        ("tenant:x", MARCH): 12,
        ("tenant:y", TODAY): 9,
        ("tenant:y", MARCH): 9,
        ("token:tk_1", TODAY): 12,
        ("token:tk_1", MARCH): 12,
    }
    assert fold.sequence == 5


def test_what_has_no_price_and_what_is_no_attempt_says_nothing() -> None:
    fold = Fold()
    fold.take(segment(1, tried(None), asked(None), asked(3, token="")), WALL)
    assert told(fold) == {}
    assert fold.sequence == 3


def test_records_that_are_in_it_already_are_left_out() -> None:
    fold = Fold("ch_1", 2, [Sum("tenant:x", TODAY, 100)])
    fold.take(segment(1, tried(1), tried(2), tried(4)), WALL)
    assert told(fold)["tenant:x", TODAY] == 104
    fold.take(segment(1, tried(1), tried(2), tried(4), tried(8)), WALL)
    assert told(fold)["tenant:x", TODAY] == 112


def test_a_day_and_a_month_that_are_over_matter_no_longer() -> None:
    fold = Fold()
    fold.take(segment(1, tried(1, WALL - 40 * DAY), tried(2, WALL - 80 * DAY), tried(4, WALL - 2 * DAY)), WALL)
    assert told(fold) == {("tenant:x", "M2026-02"): 4, ("tenant:x", "d20512"): 4}
    fold.prune(WALL + 62 * DAY)
    assert told(fold) == {}


def test_what_matters_is_asked_anew_each_day() -> None:
    fold = Fold()
    fold.take(segment(1, tried(1)), WALL)
    fold.take(segment(2, tried(2)), WALL + 3 * DAY)
    fold.take(segment(3, tried(4)), WALL + 40 * DAY)
    fold.take(segment(4, tried(8)), WALL + 80 * DAY)
    assert told(fold) == {("tenant:x", TODAY): 1, ("tenant:x", MARCH): 7}


def test_many_days_need_no_more_room() -> None:
    fold = Fold()
    fold.take(segment(1, *(tried(1, WALL + day * DAY) for day in range(3 * spending_fold.DAYS_MAX))), WALL)
    assert len(fold._windows) <= spending_fold.DAYS_MAX
    assert sum(used for (_, window), used in told(fold).items() if window[0] == "d") == 3 * spending_fold.DAYS_MAX


def test_changes_are_given_once() -> None:
    fold = Fold("ch_1", 0, [Sum("tenant:x", TODAY, 100)])
    assert fold.take_changes() == [Sum("tenant:x", TODAY, 100)]
    assert fold.take_changes() == []
    fold.take(segment(1, tried(5)), WALL)
    assert sorted(fold.take_changes(), key=lambda one: one.window) == [
        Sum("tenant:x", MARCH, 5),
        Sum("tenant:x", TODAY, 105),
    ]


def test_a_journal_that_begins_anew_takes_nothing_away() -> None:
    fold = Fold("ch_1", 42, [Sum("tenant:x", TODAY, 100)])
    fold.begin_chain("ch_2")
    fold.take(segment(1, tried(5)), WALL)
    assert (fold.chain, fold.sequence, told(fold)["tenant:x", TODAY]) == ("ch_2", 1, 105)


def test_a_damaged_segment_is_told_of_and_passed_over() -> None:
    fold = Fold()
    broken = segment(1, tried(5), tried(5))
    with pytest.raises(DamagedStoreError):
        fold.take(replace(broken, records=7), WALL)
    fold.take(segment(8, tried(5)), WALL)
    assert told(fold)["tenant:x", TODAY] == 5


@pytest.mark.parametrize("line", [b'{"type":"attempt","cost_nanodollars":"x"}', b'{"cost_nanodollars":}', b"\xff" * 9])
def test_a_strange_line_is_passed_over(line: bytes) -> None:
    body = line + b'"cost_nanodollars":\n' + json.encode(tried(5)) + b"\n"
    fold = Fold()
    fold.take(Segment(1, 2, WALL, WALL, body), WALL)
    assert told(fold)["tenant:x", TODAY] == 5


def test_sums_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spending_fold, "SUMS_MAX", 4)
    fold = Fold()
    fold.take(segment(1, *(tried(1, tenant=f"t{number}") for number in range(9))), WALL)
    fold.take(segment(10, tried(1, tenant="t0")), WALL)
    assert len(fold.sums()) == 4
    assert told(fold)["tenant:t0", TODAY] == 2


def test_the_names_of_windows_are_those_of_the_meters() -> None:
    assert name_of(Span.DAY, number_at(Span.DAY, WALL)) == TODAY
    assert name_of(Span.MONTH, number_at(Span.MONTH, WALL)) == MARCH
