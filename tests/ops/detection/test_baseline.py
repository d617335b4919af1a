import pytest

from mainstay.ops.detection.baseline import PRIOR_RATIO, RATIO_MAX, UsualErrors, UsualPace

HOUR = 3_600.0
NOW = 1_750_000_000.0 - 1_750_000_000.0 % HOUR


def test_without_knowledge_a_little_is_usual() -> None:
    assert UsualErrors().ratio(NOW) == pytest.approx(PRIOR_RATIO)


def test_a_week_teaches_what_is_usual() -> None:
    usual = UsualErrors()
    usual.add(NOW - 100 * HOUR, 10_000, 10)
    assert usual.ratio(NOW) == pytest.approx(0.001, rel=0.2)
    assert usual.ratio(NOW + 100 * HOUR) == pytest.approx(PRIOR_RATIO), "a week later it is forgotten"


def test_much_is_never_usual() -> None:
    usual = UsualErrors()
    usual.add(NOW - HOUR, 10_000, 5_000)
    assert usual.ratio(NOW) == RATIO_MAX


def test_it_is_reckoned_once_an_hour() -> None:
    usual = UsualErrors()
    before = usual.ratio(NOW)
    usual.add(NOW, 10_000, 300)
    assert usual.ratio(NOW + 60) == UsualErrors().ratio(NOW) == before
    assert usual.ratio(NOW + HOUR) > before


def fill(pace: UsualPace, hour: int, value: float, count: int = 200) -> None:
    for number in range(count):
        pace.add(NOW + hour * HOUR + number, value)


def test_the_current_hour_is_no_measure_for_itself() -> None:
    pace = UsualPace(high_is_bad=True)
    fill(pace, 0, 1.0)
    assert pace.usual(NOW + 600) is None
    usual = pace.usual(NOW + HOUR)
    assert usual is not None
    assert usual.median == pytest.approx(1.0, rel=0.2)


def test_few_values_are_no_baseline() -> None:
    pace = UsualPace(high_is_bad=True)
    fill(pace, 0, 1.0, count=99)
    assert pace.usual(NOW + HOUR) is None


@pytest.mark.parametrize(("high_is_bad", "expected"), [(True, 2.0), (False, 0.5)])
def test_of_the_last_hours_and_yesterday_the_more_lenient_counts(high_is_bad: bool, expected: float) -> None:  # noqa: FBT001 - an example
    pace = UsualPace(high_is_bad=high_is_bad)
    fill(pace, 0, 2.0)
    fill(pace, 23, 0.5)
    usual = pace.usual(NOW + 24 * HOUR)
    assert usual is not None
    assert usual.median == pytest.approx(expected, rel=0.2)


def test_what_is_learned_later_counts_at_once() -> None:
    pace = UsualPace(high_is_bad=True)
    assert pace.usual(NOW) is None
    pace.learn(NOW - HOUR, 1.5, 300)
    usual = pace.usual(NOW)
    assert usual is not None
    assert usual.low <= usual.median <= usual.high


def test_old_hours_are_let_go_of() -> None:
    pace = UsualPace(high_is_bad=True)
    for hour in range(200):
        pace.add(NOW + hour * HOUR, 1.0)
    assert len(pace._hours) <= 50
