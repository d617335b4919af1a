"""Which cron expressions came due."""

from datetime import UTC, datetime

import pytest
from cronsim import CronSimError
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.playbook import ScheduleTrigger
from mainstay.ops.playbooks.schedule import due, last_due, next_due
from tests.ops.playbooks.drill import book_of, note

MONDAY_NINE = datetime(2026, 3, 2, 9, tzinfo=UTC).timestamp()
MORNINGS = "0 9 * * 1-5"


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        (-1.0, 0.0, 0.0),
        (0.0, 1.0, None),
        (-1.0, 0.5, 0.0),
        (-60.0, -0.5, None),
        (-60.0, 86_399.0, 0.0),
        (-60.0, 86_400.0, 86_400.0),
    ],
)
def test_a_time_counts_once(since: float, until: float, found: float | None) -> None:
    at = last_due(MORNINGS, MONDAY_NINE + since, MONDAY_NINE + until)
    assert (None if at is None else at - MONDAY_NINE) == found


@given(st.lists(st.floats(0.1, 7_200.0), min_size=1, max_size=50))
def test_every_hour_is_found_once_however_one_looks(pauses: list[float]) -> None:
    now, found = MONDAY_NINE + 0.5, []
    for pause in pauses:
        at = last_due("0 * * * *", now, now + pause)
        found += [] if at is None else [at]
        now += pause
    assert found == sorted(set(found))
    assert all(at % 3_600 == 0 for at in found)
    hours = {int(MONDAY_NINE + 3_600 * number) for number in range(1, int((now - MONDAY_NINE) // 3_600) + 1)}
    if max(pauses) < 3_600:
        assert set(found) == hours


def test_playbooks_of_the_same_time_share_an_occasion() -> None:
    books = [book_of(note("a"), triggers=(ScheduleTrigger(MORNINGS),)) for _ in range(2)]
    (occasion,) = due([*books, book_of(note("a"))], MONDAY_NINE - 5, MONDAY_NINE + 5)
    assert occasion.key == f"schedule/{MORNINGS}/{MONDAY_NINE:.0f}"


def test_the_next_time() -> None:
    assert next_due(MORNINGS, MONDAY_NINE) == MONDAY_NINE + 86_400
    with pytest.raises(CronSimError):
        next_due("0 0 30 2 *", MONDAY_NINE)
