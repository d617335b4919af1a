"""The breaker: each transition of its docstring as a script, then anything that may happen, in any order."""

import msgspec
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from mainstay.engine.breaker import (
    CONSECUTIVE_FAILURES,
    HALF_WINDOW_SECONDS,
    OPEN_JITTER_SHARE,
    OPEN_SECONDS_MAX,
    OPEN_SECONDS_MIN,
    PROBE_SECONDS_MAX,
    RAMP_SECONDS,
    RAMP_SHARE_MIN,
    Breaker,
    BreakerState,
)

MIDDLE = 0.5
"""The chance that adds no jitter."""


def after_failures(count: int, breaker: Breaker | None = None, at: float = 0.0) -> Breaker:
    breaker = breaker or Breaker()
    for _ in range(count):
        breaker = breaker.failed(at, MIDDLE, started_at=at)
    return breaker


def opened(at: float = 0.0) -> Breaker:
    return after_failures(CONSECUTIVE_FAILURES, at=at)


def ramping(at: float) -> Breaker:
    """A breaker that was closed by its probe at this instant."""
    return opened(at - OPEN_SECONDS_MIN).started(at).succeeded(at, started_at=at)


# closed -> open


def test_a_new_breaker_admits_everything() -> None:
    assert Breaker().state is BreakerState.CLOSED
    assert Breaker().admits(0.0)
    assert Breaker().share(0.0) == 1.0


def test_four_failures_in_a_row_are_borne_and_the_fifth_opens_it() -> None:
    assert after_failures(4).admits(0.0)
    assert after_failures(5).state is BreakerState.OPEN
    assert not after_failures(5).admits(0.0)


def test_a_success_breaks_the_row() -> None:
    breaker = after_failures(4, after_failures(4).succeeded(0.0, started_at=0.0))
    assert breaker.state is BreakerState.CLOSED


@pytest.mark.parametrize(("successes", "state"), [(5, BreakerState.OPEN), (6, BreakerState.CLOSED)])
def test_half_of_ten_calls_within_a_minute_open_it(successes: int, state: BreakerState) -> None:
    breaker = after_failures(1)
    for _ in range(successes):
        breaker = breaker.succeeded(1.0, started_at=1.0)
    assert after_failures(4, breaker, at=2.0).state is state


def test_nine_calls_are_too_few_to_judge() -> None:
    breaker = after_failures(4).succeeded(1.0, started_at=1.0)
    assert after_failures(4, breaker, at=2.0).state is BreakerState.CLOSED


def test_failures_of_more_than_a_minute_ago_are_forgotten() -> None:
    breaker = after_failures(4)
    for at in (1.0, 2 * HALF_WINDOW_SECONDS + 1, 2 * HALF_WINDOW_SECONDS + 2):
        breaker = breaker.succeeded(at, started_at=at)
    assert after_failures(4, breaker, at=2 * HALF_WINDOW_SECONDS + 3).state is BreakerState.CLOSED


def test_failures_of_half_a_minute_ago_still_count() -> None:
    breaker = after_failures(4)
    for at in (1.0, HALF_WINDOW_SECONDS + 1):
        breaker = breaker.succeeded(at, started_at=at)
    assert after_failures(4, breaker, at=HALF_WINDOW_SECONDS + 2).state is BreakerState.OPEN


def told(breaker: Breaker, outcomes: str, at: float) -> Breaker:
    """The breaker after these outcomes: F for a failure, S for a success."""
    for outcome in outcomes:
        breaker = breaker.failed(at, MIDDLE, at) if outcome == "F" else breaker.succeeded(at, at)
    return breaker


@pytest.mark.parametrize(("pause", "state"), [(59.0, BreakerState.OPEN), (61.0, BreakerState.CLOSED)])
def test_a_pause_of_a_minute_ends_the_memory(pause: float, state: BreakerState) -> None:
    troubled = told(Breaker(window_at=100.0), "FFFFS", at=100.0)
    assert told(troubled, "SFFFF", at=100.0 + pause).state is state


@pytest.mark.parametrize("outcomes", ["FSFSFSFSF", "FSSFSSFSSF"], ids=["nine calls", "four of ten"])
def test_after_the_memory_has_ended_it_counts_from_nothing(outcomes: str) -> None:
    troubled = told(Breaker(), "FFFFS", at=0.0)
    assert told(troubled, outcomes, at=1000.0).state is BreakerState.CLOSED
    assert told(troubled, "FSFSFSFSFF", at=1000.0).state is BreakerState.OPEN


def test_a_breaker_without_trouble_remembers_nothing() -> None:
    assert Breaker().succeeded(1.0, started_at=1.0) == Breaker()


# open -> half-open


def test_nobody_is_admitted_before_the_open_time_is_over() -> None:
    breaker = opened(at=100.0)
    assert not breaker.admits(100.0 + OPEN_SECONDS_MIN - 0.001)
    assert breaker.admits(100.0 + OPEN_SECONDS_MIN)


def test_the_first_attempt_after_the_open_time_is_the_only_probe() -> None:
    probed = opened().started(OPEN_SECONDS_MIN)
    assert probed.state is BreakerState.HALF_OPEN
    assert not probed.admits(OPEN_SECONDS_MIN)
    assert not probed.admits(OPEN_SECONDS_MIN + PROBE_SECONDS_MAX - 1)
    assert probed.started(OPEN_SECONDS_MIN + 1) == probed


def test_a_probe_that_nobody_ends_is_given_up_at_last() -> None:
    forgotten = opened().started(OPEN_SECONDS_MIN)
    late = OPEN_SECONDS_MIN + PROBE_SECONDS_MAX
    assert forgotten.admits(late)
    second = forgotten.started(late)
    assert second.state is BreakerState.HALF_OPEN
    assert not second.admits(late)


def test_an_attempt_before_the_open_time_is_over_is_no_probe() -> None:
    assert opened().started(1.0) == opened()


@pytest.mark.parametrize(("chance", "share"), [(0.0, 1 - OPEN_JITTER_SHARE), (0.5, 1.0), (1.0, 1 + OPEN_JITTER_SHARE)])
def test_the_open_time_is_jittered_by_a_fifth(chance: float, share: float) -> None:
    breaker = after_failures(4).failed(0.0, chance, started_at=0.0)
    assert breaker.until == pytest.approx(OPEN_SECONDS_MIN * share)


def test_failures_while_open_do_not_lengthen_the_open_time() -> None:
    assert opened().failed(5.0, MIDDLE, started_at=4.0) == opened()


# half-open -> closed or open


def test_a_probe_that_ended_well_closes_it() -> None:
    breaker = opened().started(10.0).succeeded(12.0, started_at=10.0)
    assert breaker.state is BreakerState.CLOSED
    assert breaker.admits(12.0)


def test_a_probe_that_failed_opens_it_for_twice_as_long() -> None:
    breaker = opened().started(10.0).failed(12.0, MIDDLE, started_at=10.0)
    assert breaker.state is BreakerState.OPEN
    assert breaker.until == 12.0 + 2 * OPEN_SECONDS_MIN


def test_the_open_time_doubles_up_to_its_bound() -> None:
    breaker, seconds = opened(), []
    for _ in range(20):
        now = breaker.until
        breaker = breaker.started(now).failed(now, MIDDLE, started_at=now)
        seconds.append(breaker.until - now)
    assert seconds[:5] == [20.0, 40.0, 80.0, 160.0, 300.0]
    assert seconds[5:] == [OPEN_SECONDS_MAX] * 15


def test_a_probe_without_a_sample_is_free_again_at_once() -> None:
    breaker = opened().started(10.0).without_sample(started_at=10.0)
    assert breaker.state is BreakerState.OPEN
    assert breaker.admits(11.0)


def test_an_attempt_from_before_the_probe_neither_frees_nor_fails_the_probe() -> None:
    probed = opened().started(10.0)
    assert probed.without_sample(started_at=0.0) == probed
    assert probed.failed(12.0, MIDDLE, started_at=0.0) == probed


def test_a_last_resort_that_began_after_the_probe_may_fail_it_but_not_free_it() -> None:
    probed = opened().started(10.0)
    assert probed.without_sample(started_at=11.0) == probed
    assert probed.failed(12.0, MIDDLE, started_at=11.0).state is BreakerState.OPEN


def test_an_attempt_from_before_the_opening_that_ends_well_does_not_close_it() -> None:
    breaker = opened(at=100.0)
    assert breaker.succeeded(103.0, started_at=99.0) == breaker
    probed = breaker.started(110.0)
    assert probed.succeeded(111.0, started_at=99.0) == probed


def test_a_last_resort_that_ended_well_closes_it() -> None:
    assert opened().succeeded(3.0, started_at=3.0).state is BreakerState.CLOSED


def elsewhere(until: float) -> Breaker:
    """A breaker whose probe runs in another process, which is believed until this instant."""
    return msgspec.structs.replace(opened().started(10.0), elsewhere_until=until)


def test_a_probe_elsewhere_bars_ours_until_it_is_no_longer_believed() -> None:
    assert not elsewhere(25.0).admits(24.9)
    ours = elsewhere(25.0).started(25.0)
    assert not ours.admits(26.0)
    assert ours.without_sample(started_at=25.0).state is BreakerState.OPEN


def test_no_attempt_of_ours_frees_a_probe_elsewhere_by_saying_nothing() -> None:
    assert elsewhere(25.0).without_sample(started_at=10.0) == elsewhere(25.0)


def test_what_our_own_attempts_say_while_another_probes_is_evidence() -> None:
    assert elsewhere(25.0).succeeded(12.0, started_at=11.0).state is BreakerState.CLOSED
    assert elsewhere(25.0).failed(12.0, MIDDLE, started_at=11.0).state is BreakerState.OPEN


# closed, ramping up


@pytest.mark.parametrize(("elapsed", "share"), [(0, RAMP_SHARE_MIN), (RAMP_SECONDS / 2, 0.55), (RAMP_SECONDS, 1.0)])
def test_after_closing_the_share_grows_from_a_tenth_to_all(elapsed: float, share: float) -> None:
    assert ramping(at=100.0).share(100.0 + elapsed) == pytest.approx(share)


def test_an_open_breaker_has_no_ramp() -> None:
    assert opened().share(1.0) == 1.0


def test_trouble_during_the_ramp_opens_it_for_longer_than_before() -> None:
    breaker = after_failures(CONSECUTIVE_FAILURES, ramping(at=100.0), at=120.0)
    assert breaker.until == 120.0 + 2 * OPEN_SECONDS_MIN


@pytest.mark.parametrize("calm", [True, False], ids=["with a success in between", "without any call in between"])
def test_after_a_whole_ramp_the_open_time_starts_small_again(*, calm: bool) -> None:
    later = 100.0 + RAMP_SECONDS
    breaker = ramping(at=100.0)
    breaker = breaker.succeeded(later, started_at=later) if calm else breaker
    assert after_failures(CONSECUTIVE_FAILURES, breaker, at=later).until == later + OPEN_SECONDS_MIN


# Anything, in any order


class AnyTraffic(RuleBasedStateMachine):
    """Attempts start and end as they like; the breaker keeps its promises."""

    running = Bundle("running")

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.breaker = Breaker()
        self.probe: float | None = None
        self.openings = 0
        self.opened_at = 0.0
        self.ramp_ends_at = 0.0
        self.share = 1.0

    @rule(seconds=st.one_of(st.floats(0.0, 30.0), st.floats(30.0, 400.0)))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        if self.breaker.state is BreakerState.CLOSED:
            assert self.share <= self.breaker.share(self.now) <= 1.0
            self.share = self.breaker.share(self.now)

    @rule(target=running)
    def an_attempt_starts(self) -> float:
        """Whether admitted or as a last resort. No two attempts start at the same instant."""
        self.now += 0.001
        is_probe = self.breaker.state is BreakerState.OPEN and self.breaker.admits(self.now)
        self.breaker = self.breaker.started(self.now)
        if is_probe:
            assert self.probe is None, "a second probe"
            self.probe = self.now
        return self.now

    @rule(started_at=consumes(running))
    def an_attempt_ends_well(self, started_at: float) -> None:
        was_probe = self.probe == started_at
        was_closed = self.breaker.state is BreakerState.CLOSED
        self.forget_after_the_ramp()
        is_old = not was_closed and not was_probe and started_at < self.opened_at
        self.breaker = self.breaker.succeeded(self.now, started_at)
        assert (self.breaker.state is BreakerState.CLOSED) is not is_old
        if not was_closed and not is_old:
            self.probe = None
            self.ramp_ends_at = self.now + RAMP_SECONDS
            self.share = RAMP_SHARE_MIN
            assert self.breaker.share(self.now) == pytest.approx(RAMP_SHARE_MIN)

    @rule(started_at=consumes(running))
    def an_attempt_fails(self, started_at: float) -> None:
        before, was_open = self.breaker, self.breaker.state is BreakerState.OPEN
        was_probe = self.free(started_at)
        self.forget_after_the_ramp()
        self.breaker = before.failed(self.now, MIDDLE, started_at)
        assert not was_probe or self.breaker.state is BreakerState.OPEN
        if was_open:
            assert self.breaker == before
        elif self.breaker.state is BreakerState.OPEN:
            expected = min(OPEN_SECONDS_MAX, OPEN_SECONDS_MIN * 2.0**self.openings)
            assert self.breaker.until - self.now == pytest.approx(expected)
            self.openings += 1
            self.opened_at = self.now
            self.probe = None

    @rule(started_at=consumes(running))
    def an_attempt_says_nothing(self, started_at: float) -> None:
        """The caller left, or the upstream throttled us."""
        before = self.breaker
        was_probe = self.free(started_at)
        self.breaker = before.without_sample(started_at)
        assert was_probe or self.breaker == before
        assert not was_probe or self.breaker.admits(self.now)

    @precondition(lambda self: self.breaker.state is BreakerState.CLOSED)
    @rule()
    def five_more_fail(self) -> None:
        """Random traffic alone would seldom open the breaker."""
        for _ in range(CONSECUTIVE_FAILURES):
            self.an_attempt_fails(self.an_attempt_starts())

    @precondition(lambda self: self.breaker.state is BreakerState.OPEN)
    @rule()
    def the_open_time_passes(self) -> None:
        self.now = max(self.now, self.breaker.until)

    @invariant()
    def nobody_is_admitted_while_open_or_probed(self) -> None:
        waits = self.breaker.state is BreakerState.OPEN and self.now < self.breaker.until
        if self.breaker.state is BreakerState.HALF_OPEN:
            waits = self.now < self.breaker.until + PROBE_SECONDS_MAX
        if waits:
            assert not self.breaker.admits(self.now)
        else:
            assert self.breaker.admits(self.now)

    @invariant()
    def it_is_half_open_as_long_as_its_probe_runs(self) -> None:
        assert (self.breaker.state is BreakerState.HALF_OPEN) is (self.probe is not None)

    def free(self, started_at: float) -> bool:
        was_probe = self.probe == started_at
        if was_probe:
            self.probe = None
        return was_probe

    def forget_after_the_ramp(self) -> None:
        if self.breaker.state is BreakerState.CLOSED and self.now >= self.ramp_ends_at:
            self.openings = 0


TestAnyTraffic = AnyTraffic.TestCase
