"""The usual: known after enough answers, fading, and forgotten when nothing is added."""

from math import inf

import pytest

from mainstay.engine.gray.baseline import FADE_SECONDS, FAST_ENOUGH, HEDGE_SAMPLES_MIN, SAMPLES_MIN, Baseline

DAY = 86_400.0


def fed(count: int, wait: float = 1.0, speed: float = 60.0) -> Baseline:
    baseline = Baseline(0.0)
    for second in range(count):
        baseline.feed(wait, speed, float(second))
    return baseline


def test_too_little_is_no_baseline() -> None:
    baseline = fed(int(SAMPLES_MIN) - 1)
    assert baseline.usual_wait == baseline.usual_speed == 0.0
    assert baseline.slow_above == baseline.sluggish_above == baseline.late_above == inf
    assert baseline.crawling_below == baseline.dull_below == 0.0


def test_enough_is_one() -> None:
    baseline = fed(int(SAMPLES_MIN))
    assert baseline.usual_wait == pytest.approx(1.0, rel=0.1)
    assert baseline.slow_above == pytest.approx(3.0, rel=0.1)
    assert baseline.sluggish_above == pytest.approx(1.5, rel=0.1)
    assert baseline.usual_speed == pytest.approx(60.0, rel=0.1)
    assert baseline.crawling_below == pytest.approx(20.0, rel=0.1)
    assert baseline.dull_below == pytest.approx(40.0, rel=0.1)


def test_slow_is_beyond_the_p95_as_well() -> None:
    baseline = Baseline(0.0)
    for number in range(100):
        baseline.feed(20.0 if number % 5 == 0 else 1.0, 0.0, float(number))
    assert baseline.slow_above > 18.0


def test_a_quarter_of_a_second_is_nothing() -> None:
    assert fed(100, wait=0.01).sluggish_above == pytest.approx(0.26, rel=0.05)


def test_what_writes_fast_enough_is_never_slow() -> None:
    assert fed(100, speed=3000.0).dull_below == FAST_ENOUGH


def test_waits_and_speeds_that_were_not_seen_teach_nothing() -> None:
    baseline = fed(100, wait=0.0)
    assert (baseline.waits.total, baseline.usual_wait) == (0.0, 0.0)
    assert baseline.usual_speed > 0.0
    assert fed(100, speed=0.0).usual_speed == 0.0


def test_patience_needs_a_hundred_answers() -> None:
    assert fed(int(HEDGE_SAMPLES_MIN) - 1).patience() is None
    assert fed(int(HEDGE_SAMPLES_MIN) + 10).patience() == pytest.approx(1.0, rel=0.1)


def test_half_of_it_is_gone_after_a_day() -> None:
    baseline = fed(1000)
    before = baseline.waits.total
    for number in range(300):
        baseline.feed(4.0, 60.0, DAY + number)
    assert baseline.waits.total == pytest.approx(before / 2 + 300, rel=0.05)


def test_it_follows_slowly_what_stays_different() -> None:
    baseline = fed(1000)
    for number in range(2000):
        baseline.feed(4.0, 60.0, FADE_SECONDS * (1 + number / 20))
    assert baseline.usual_wait == pytest.approx(4.0, rel=0.1)
