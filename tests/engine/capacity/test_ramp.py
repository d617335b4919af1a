"""The ramp after an outage."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.capacity.ramp import (
    BEYOND_FACTOR,
    DOUBLING_SECONDS,
    PEAK_FADE,
    RAMP_SECONDS_MAX,
    RATE_MIN,
    WINDOW_SECONDS,
    Ramp,
    StartRate,
    first_rate,
)


def started(ramp: Ramp, begin: float, seconds: float, step: float = 0.01) -> int:
    """How many start where somebody always wants to."""
    count, now = 0, begin
    while now < begin + seconds:
        while ramp.hold(now) is None:
            ramp.take(now)
            count += 1
        now += step
    return count


def succeed(ramp: Ramp, at: float) -> bool:
    return ramp.ended(at, at, well=True, badly=False)


def fail(ramp: Ramp, at: float) -> bool:
    return ramp.ended(at, at, well=False, badly=True)


def test_a_known_rate_is_the_best_of_the_last_minutes() -> None:
    rate = StartRate(0.0)
    for number in range(200):
        rate.count(number / 20)
    assert rate.peak(9.99) == pytest.approx(20, rel=0.01)
    rate.count(11.0)
    assert rate.peak(11.0) == pytest.approx(20 * PEAK_FADE)
    rate.count(70.0)
    assert rate.peak(70.0) == pytest.approx(20 * PEAK_FADE**6)


def test_a_rate_that_has_only_begun_counts_too() -> None:
    rate = StartRate(0.0)
    for number in range(50):
        rate.count(number / 10)
    assert rate.peak(1.0) == 0.0, "too short to say anything"
    assert rate.peak(5.0) == 10.0
    assert rate.peak(1e9) == 50 / WINDOW_SECONDS, "never less than what the window had"


def test_a_tenth_of_what_was_known_may_start_at_first() -> None:
    assert first_rate(200.0) == 20.0
    assert first_rate(2.0) == RATE_MIN
    assert started(Ramp(200.0, 0.0), 0.0, 1.0) == pytest.approx(20, abs=2)


def test_nobody_waits_longer_than_until_the_next_start() -> None:
    ramp = Ramp(20.0, 0.0)
    ramp.take(0.0)
    hold = ramp.hold(0.0)
    assert hold is not None
    assert hold.ready_at == pytest.approx(0.5)
    assert hold.reason == "returns from an outage: 2 of 20 starts per second"
    assert ramp.hold(hold.ready_at) is None


def test_the_rate_doubles_while_attempts_succeed_until_it_is_what_it_was() -> None:
    ramp = Ramp(200.0, 0.0)
    rates, now = [], 0.0
    while not succeed(ramp, now):
        rates.append(ramp.rate)
        now += 0.5
    assert sorted(set(rates)) == [20.0, 40.0, 80.0, 160.0]
    assert now == 4 * DOUBLING_SECONDS
    assert all(later >= earlier for earlier, later in pairwise(rates))


def test_without_a_success_it_stays() -> None:
    ramp = Ramp(200.0, 0.0)
    assert not ramp.ended(10.0, 5.0, well=False, badly=False)
    assert ramp.rate == 20.0


def test_a_failure_halves_it_once_a_second_and_never_below_the_first_rate() -> None:
    ramp = Ramp(1000.0, 0.0)
    for at in (2.0, 4.0, 6.0):
        succeed(ramp, at)
    assert ramp.rate == 800.0
    for at in (6.1, 6.2, 6.9):
        fail(ramp, at)
    assert ramp.rate == 400.0
    for second in range(10):
        fail(ramp, 8.0 + second)
    assert ramp.rate == first_rate(1000.0)


def test_after_a_failure_it_takes_another_success_to_go_on() -> None:
    ramp = Ramp(200.0, 0.0)
    succeed(ramp, 1.9)
    fail(ramp, 1.95)
    assert ramp.rate == 20.0
    succeed(ramp, 2.1)
    assert ramp.rate == 20.0, "two seconds from the failure on"
    succeed(ramp, 4.0)
    assert ramp.rate == 40.0


def test_attempts_from_before_the_return_say_nothing() -> None:
    ramp = Ramp(200.0, 100.0)
    assert not ramp.ended(103.0, 99.0, well=True, badly=False)
    ramp.ended(103.0, 99.0, well=False, badly=True)
    assert ramp.rate == 20.0
    assert not ramp._has_success


def test_a_ramp_that_nobody_uses_is_given_up() -> None:
    ramp = Ramp(200.0, 0.0)
    while ramp.hold(0.0) is None:
        ramp.take(0.0)
    assert ramp.hold(RAMP_SECONDS_MAX) is None
    assert ramp.ended(RAMP_SECONDS_MAX, 0.0, well=False, badly=False)


def test_what_does_not_start_may_be_started_by_another() -> None:
    ramp = Ramp(20.0, 0.0)
    ramp.take(0.0)
    assert ramp.hold(0.0) is not None
    ramp.release()
    assert ramp.hold(0.0) is None


def test_last_resorts_do_not_ask_and_cost_a_burst_at_most() -> None:
    ramp = Ramp(20.0, 0.0)
    for _ in range(1000):
        ramp.take(0.0)
    hold = ramp.hold(0.0)
    assert hold is not None
    assert hold.ready_at <= 1.0


def test_where_somebody_is_held_at_the_known_rate_it_goes_on_more_slowly() -> None:
    ramp = Ramp(20.0, 0.0)
    now = 0.0
    while ramp.rate < 20.0:
        now += DOUBLING_SECONDS
        ramp.hold(now)
        ramp.take(now)
        succeed(ramp, now)
    before = ramp.rate
    while ramp.hold(now) is None:
        ramp.take(now)
    assert not ramp.ended(now + DOUBLING_SECONDS - 0.01, now, well=True, badly=False)
    succeed(ramp, now + DOUBLING_SECONDS)
    assert ramp.rate == before * BEYOND_FACTOR
    assert succeed(ramp, now + 2 * DOUBLING_SECONDS), "nobody was held any more"


@given(st.lists(st.tuples(st.sampled_from(["good", "bad"]), st.floats(0.0, 3.0)), max_size=100), st.floats(10, 1000))
def test_only_failures_slow_it_down_and_never_below_its_first_rate(steps: list[tuple[str, float]], goal: float) -> None:
    ramp, now = Ramp(goal, 0.0), 0.0
    for what, seconds in steps:
        now += seconds
        before = ramp.rate
        over = succeed(ramp, now) if what == "good" else fail(ramp, now)
        if what == "good":
            assert before <= ramp.rate <= 2 * before
        else:
            assert before / 2 <= ramp.rate <= before
        assert ramp.rate >= first_rate(goal)
        if over:
            return
