"""The rate learned from a provider that throttles and tells nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.capacity.learned_rate import (
    DECREASE,
    DECREASE_SECONDS,
    FIRST_SHARE,
    FORGET_SECONDS,
    GROWTH,
    LEAST_SHARE,
    PLATEAU_SECONDS,
    RATE_MIN,
    LearnedRate,
)


def filled(rate: LearnedRate, begin: float, seconds: float, step: float = 0.05) -> int:
    """How many start where somebody always wants to."""
    count = 0
    for turn in range(round(seconds / step)):
        now = begin + turn * step
        while rate.hold(now) is None:
            rate.take(now)
            count += 1
    return count


def test_it_begins_with_less_than_what_was_too_much() -> None:
    rate = LearnedRate(100.0, 0.0)
    assert rate.rate == FIRST_SHARE * 100.0
    assert filled(rate, 0.0, 10.0) == pytest.approx(700, rel=0.05)


def test_nobody_waits_longer_than_until_the_next_start() -> None:
    rate = LearnedRate(10.0 / FIRST_SHARE, 0.0)
    hold = rate.hold(0.0)
    assert hold is not None
    assert hold.ready_at == pytest.approx(0.1)
    assert hold.reason == "throttled: about 10 starts per second are borne"
    assert rate.hold(hold.ready_at) is None


def test_what_does_not_start_may_be_started_by_another() -> None:
    rate = LearnedRate(10.0, 0.0)
    rate.take(1.0)
    assert rate.hold(1.0) is not None
    rate.release()
    assert rate.hold(1.0) is None


def test_it_follows_what_is_accepted() -> None:
    rate = LearnedRate(100.0, 0.0)
    for turn in range(600):
        now = turn / 10
        for number in range(filled(rate, now, 0.1)):
            if number >= 4:
                rate.throttled(now)
    assert 30.0 < rate.rate < 50.0, "forty per second were accepted"


def test_one_shortage_is_one_decrease_and_no_large_one() -> None:
    rate = LearnedRate(100.0, 0.0)
    first = rate.rate
    for _ in range(50):
        rate.throttled(DECREASE_SECONDS)
    assert rate.rate == pytest.approx(DECREASE * LEAST_SHARE * first)


def test_a_little_more_is_asked_for_after_a_while() -> None:
    rate = LearnedRate(100.0, 0.0)
    first = rate.rate
    rate.succeeded(PLATEAU_SECONDS - 1.0)
    assert rate.rate == first
    rate.succeeded(PLATEAU_SECONDS)
    rate.succeeded(PLATEAU_SECONDS + 1.0)
    assert rate.rate == pytest.approx(GROWTH * first)


def test_it_is_forgotten_when_it_binds_no_more() -> None:
    rate = LearnedRate(100.0, 0.0)
    rate.take(10.0)
    assert not rate.is_forgotten(10.0 + FORGET_SECONDS - 1.0)
    assert rate.is_forgotten(10.0 + FORGET_SECONDS)
    grown, now = LearnedRate(100.0, 0.0), 0.0
    while not grown.is_forgotten(now):
        now += PLATEAU_SECONDS
        grown.take(now)
        grown.succeeded(now)
    assert grown.rate >= 200.0


@given(
    st.lists(st.tuples(st.sampled_from(["take", "throttled", "good", "release"]), st.floats(0.0, 30.0)), max_size=80)
)
def test_somebody_may_start_before_long_whatever_happened(steps: list[tuple[str, float]]) -> None:
    rate, now = LearnedRate(0.0, 0.0), 0.0
    for what, seconds in steps:
        now += seconds
        if what == "take":
            rate.take(now)
        elif what == "throttled":
            rate.throttled(now)
        elif what == "good":
            rate.succeeded(now)
        else:
            rate.release()
    hold = rate.hold(now)
    assert rate.rate >= RATE_MIN
    assert hold is None or hold.ready_at <= now + 2.0 / RATE_MIN + 1.0
