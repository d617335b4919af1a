import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.ops.trouble.usual import CHANCE_MAX, HOUR_SECONDS, WEEK_SECONDS, UsualLevel, unusual_from

START = 1_000 * WEEK_SECONDS


def level(*weeks: int, at: float = 1_800.0) -> UsualLevel:
    """Reports in the same hour, so many in each week before `START`, the last one last."""
    usual = UsualLevel()
    usual.note(START - len(weeks) * WEEK_SECONDS - 36_000)
    for number, count in enumerate(weeks):
        for _ in range(count):
            usual.note(START - (len(weeks) - number) * WEEK_SECONDS + at)
    return usual


def test_before_anything_is_known_nothing_is_usual() -> None:
    assert UsualLevel().expected(START, START + 900) == 0.0
    young = UsualLevel()
    young.note(START - 86_400)
    assert young.expected(START, START + 900) == 0.0


def test_the_usual_level_is_that_of_this_hour_in_the_weeks_before() -> None:
    usual = level(8, 16, 12)
    assert usual.expected(START, START + HOUR_SECONDS) == 12.0 / 2
    assert usual.expected(START, START + 900) == 12.0 / 2 / 4
    assert usual.expected(START + 5 * HOUR_SECONDS, START + 6 * HOUR_SECONDS) == 0.0


def test_the_hours_beside_count_half() -> None:
    usual = level(8)
    assert usual.expected(START + HOUR_SECONDS, START + 2 * HOUR_SECONDS) == 2.0


def test_weeks_without_a_report_count_as_well() -> None:
    assert level(8, 0, 0, 0).expected(START, START + HOUR_SECONDS) == 1.0


def test_what_is_older_than_eight_weeks_counts_no_more() -> None:
    assert level(*[80, *[0] * 8]).expected(START, START + HOUR_SECONDS) == 0.0


def test_memory_is_bounded() -> None:
    usual = UsualLevel()
    for hour in range(168 * 12):
        usual.note(hour * HOUR_SECONDS)
    assert len(usual._hours) <= 168 * 9 + 1


@pytest.mark.parametrize(("expected", "unusual"), [(0.0, 5), (0.1, 5), (1.0, 7), (10.0, 25), (100.0, 140)])
def test_so_many_are_unusual(expected: float, unusual: int) -> None:
    assert unusual_from(expected, 5) == unusual


@given(st.floats(0.01, 400.0))
def test_chance_alone_nearly_never_reaches_it(expected: float) -> None:
    count = unusual_from(expected, 1)
    logs = [-expected + k * math.log(expected) - math.lgamma(k + 1) for k in range(count)]
    below = sum(math.exp(one) for one in logs)
    assert 1.0 - below < CHANCE_MAX * 1.001
    assert 1.0 - (below - math.exp(logs[-1])) >= CHANCE_MAX * 0.999 or count == 1


@given(st.floats(0.0, 5_000.0), st.floats(0.0, 5_000.0))
def test_the_more_are_usual_the_more_it_takes(one: float, other: float) -> None:
    less, more = sorted((one, other))
    # Where one formula hands over to another, they differ by less than they may be wrong.
    assert unusual_from(less, 3) <= unusual_from(more, 3) + 1
