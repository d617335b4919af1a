"""Capacity as exchanges and the waiting room see it."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.board import Board, Verdict
from mainstay.engine.breaker import CONSECUTIVE_FAILURES, Breaker, BreakerState
from mainstay.engine.capacity.capacity import TOLD_PAUSE_SECONDS, Capacity
from mainstay.engine.meters import Meters
from mainstay.engine.upstream_rates import UpstreamRates
from mainstay.model.catalogue import UNLIMITED, Limits
from mainstay.model.rates import Bucket, Told
from tests.engine.boards import end, start
from tests.engine.capacity.words import (
    BATCH,
    CRITICAL,
    HAIKU,
    KEY,
    OVERLOAD,
    SERVER,
    SPARE,
    THROTTLE,
    USUAL,
    WALL,
    Use,
    demand,
    seen,
    told,
)

FULL = Limits(
    concurrency=5, requests_per_minute=50, input_tokens_per_minute=50_000, reserved=(("agents", 0.4), ("nightly", 0.2))
)


def rated(limits: Limits = UNLIMITED) -> Use:
    rates = UpstreamRates(Meters("a/0", 1))
    return Use(Capacity(rates=rates, wall_of=lambda now: WALL + now), limits)


def test_who_is_overloaded_copes_until_its_breaker_opens() -> None:
    use = Use(Capacity())
    use.fill(most=10)
    assert not use.capacity.copes(KEY, 1.0), "there is no sign of overload"
    use.end(OVERLOAD)
    assert use.capacity.copes(KEY, 1.0)
    use.capacity.outage(KEY, 1.0)
    assert not use.capacity.copes(KEY, 1.0)


def test_without_limits_there_is_room_for_everybody() -> None:
    use = Use(Capacity())
    assert use.fill(most=10_000) == 10_000
    while use.under_way:
        assert use.end() == ()
    assert use.capacity.standing(0.0).upstreams[0].running == 0


def test_a_new_configuration_counts_at_once() -> None:
    use = Use(Capacity())
    use.fill(most=10)
    bound = Use(use.capacity, Limits(concurrency=10))
    assert bound.ready_at() == inf
    assert Use(use.capacity).may_start()
    use.end()
    assert bound.start()


def test_credentials_of_one_upstream_share_its_places() -> None:
    main = Use(Capacity(), Limits(concurrency=3))
    spare = Use(main.capacity, Limits(concurrency=3), SPARE)
    assert main.fill(most=2) == 2
    assert spare.fill() == 1


def test_what_was_learned_of_one_model_binds_no_other() -> None:
    use = Use(Capacity())
    use.fill(most=10)
    use.end(OVERLOAD)
    assert not use.may_start()
    assert not Use(use.capacity, key=SPARE).may_start()
    assert Use(use.capacity, key=HAIKU).may_start()


def test_rates_bind_until_the_minute_is_over() -> None:
    use = rated(Limits(requests_per_minute=3))
    assert use.fill() == 3
    ready_at = use.ready_at()
    assert ready_at is not None
    assert 0 < ready_at <= 120
    assert use.reason() == "the upstream's limits per minute are used up"
    assert use.may_start(at=ready_at)


def test_rates_are_corrected_by_what_was_used() -> None:
    use = rated(Limits(input_tokens_per_minute=1000))
    big = demand(input_tokens=900)
    assert use.start(big)
    assert not use.may_start(big)
    use.end(SERVER)
    assert use.may_start(big), "it used nothing"


def test_without_somebody_who_counts_rates_do_not_bind() -> None:
    assert Use(Capacity(), Limits(requests_per_minute=3)).fill(most=10) == 10


def test_of_all_that_holds_the_longest_is_told() -> None:
    use = rated(Limits(concurrency=1, requests_per_minute=1))
    use.start()
    assert use.ready_at() == inf
    use.end(at=1.0)
    ready_at = use.ready_at(at=1.0)
    assert ready_at is not None
    assert ready_at < 1e9


def test_what_was_promised_and_not_used_is_given_back() -> None:
    use = rated(Limits(concurrency=1, requests_per_minute=1))
    use.capacity.told(KEY, told(2, limit=2), 0.0, WALL)
    for _ in range(5):
        assert use.start()
        use.capacity.release(use.candidate, KEY, use.under_way.pop(), 0.0)
    assert use.capacity.standing(0.0).quotas[0].remaining == 2


def test_a_promise_on_the_way_back_that_is_not_used_is_another_ones() -> None:
    use = Use(Capacity())
    for number in range(200):
        use.force(at=number / 20)
    use.capacity.outage(KEY, 10.0)
    use.capacity.recovered(KEY, 30.0)
    use.under_way.clear()
    assert use.fill(at=30.0) == 1
    use.capacity.release(use.candidate, KEY, use.under_way.pop(), 30.0)
    assert use.fill(at=30.0) == 1


def test_a_promise_to_who_throttles_that_is_not_used_is_another_ones() -> None:
    use = Use(Capacity())
    for number in range(200):
        use.force(at=number / 20)
    use.end(THROTTLE, at=9.9)
    use.under_way.clear()
    assert use.fill(at=10.0) == 1
    use.capacity.release(use.candidate, KEY, use.under_way.pop(), 10.0)
    assert use.fill(at=10.0) == 1


def test_while_critical_work_waits_nobody_else_fills_what_gets_free() -> None:
    use = Use(Capacity())
    use.fill(most=21)
    use.end(OVERLOAD)
    learned = use.capacity._places.known[KEY].line.learned
    assert learned is not None
    learned.limit, learned.ceiling = 14.5, 12.0
    while len(use.under_way) > 13:
        use.end(SERVER)
    assert use.may_start(BATCH, at=2.0)
    assert not use.may_start(CRITICAL, at=2.0)
    assert not use.may_start(BATCH, at=2.0)
    use.end(SERVER)
    assert use.start(CRITICAL, at=2.0)
    assert use.may_start(BATCH, at=2.0), "nobody critical waits any more"


def test_giving_back_what_nobody_has_changes_nothing() -> None:
    use = Use(Capacity(), FULL)
    use.capacity.release(use.candidate, KEY, USUAL, 0.0)
    assert use.capacity.give_back(use.candidate, KEY, USUAL, seen()) == ()
    use.start()
    use.end()
    use.capacity.release(use.candidate, KEY, USUAL, 0.0)
    use.capacity.give_back(use.candidate, KEY, USUAL, seen(SERVER))
    assert use.capacity.standing(0.0).upstreams[0].running == 0
    assert use.fill() == 2


def test_a_quota_decides_who_may_go_on() -> None:
    use = Use(Capacity())
    use.capacity.told(KEY, told(20), 0.0, WALL)
    assert [use.may_start(one) for one in (CRITICAL, USUAL, BATCH)] == [True, True, False]
    assert Use(use.capacity, key=SPARE).may_start(BATCH), "another credential has limits of its own"
    assert use.fill(USUAL) == 10
    assert use.fill(CRITICAL) == 10


def test_nonsense_of_a_provider_is_worth_a_record() -> None:
    capacity = Capacity()
    (change,) = capacity.told(KEY, told(500), 0.0, WALL)
    assert (change.what, change.state, change.reason) == ("quota", "clamped", "500 of 100 requests are said to be left")
    assert capacity.told(KEY, Told(Bucket(100, 500, WALL + 60)), 1.0, WALL + 1) == ()


def test_what_providers_tell_is_read_a_few_times_a_second() -> None:
    capacity = Capacity()
    assert capacity.wants_told(KEY, 0.0)
    assert capacity.told(KEY, None, 0.0, WALL) == ()
    assert not capacity.wants_told(KEY, TOLD_PAUSE_SECONDS / 2)
    assert capacity.wants_told(SPARE, TOLD_PAUSE_SECONDS / 2)
    assert capacity.wants_told(KEY, TOLD_PAUSE_SECONDS)


@pytest.mark.parametrize("by_hearsay", [False, True])
def test_a_board_tells_it_of_outages_and_returns(*, by_hearsay: bool) -> None:
    board = Board()
    use = Use(board.capacity)
    for number in range(1000):
        use.force(at=number / 100)
    if by_hearsay:
        opened = Breaker(state=BreakerState.OPEN, openings=1, until=20.0, window_at=10.0)
        board.adopt_breaker(KEY, opened, 10.0, 10.0)
        board.adopt_breaker(KEY, Breaker(openings=1, until=80.0, window_at=20.0), 20.0, 20.0)
    else:
        for _ in range(CONSECUTIVE_FAILURES):
            end(board, Verdict.BAD, KEY, 10.0)
        start(board, KEY, 25.0)
        end(board, Verdict.GOOD, KEY, 25.0)
    (ramp,) = board.capacity.standing(25.0).ramps
    assert ramp.goal == pytest.approx(100, rel=0.02)
    assert use.end(at=25.0)[0].what == "ramp"


def test_an_outage_of_somebody_unknown_is_no_matter() -> None:
    capacity = Capacity()
    capacity.outage(KEY, 0.0)
    capacity.recovered(KEY, 1.0)
    assert capacity.standing(1.0).ramps == ()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["start", "good", "overload", "release", "outage", "recovered", "told"]),
        st.sampled_from(["default", "agents", "nightly"]),
        st.floats(0.0, 3.0),
    ),
    max_size=80,
)


@given(STEPS)
def test_no_history_exceeds_the_limit_or_leaves_anything_behind(steps: list[tuple[str, str, float]]) -> None:
    use, now = rated(FULL), 0.0
    for what, workload, seconds in steps:
        now += seconds
        if what == "start":
            use.start(demand(workload), now)
        elif what == "outage":
            use.capacity.outage(KEY, now)
        elif what == "recovered":
            use.capacity.recovered(KEY, now)
        elif what == "told":
            use.capacity.told(KEY, told(int(30 * seconds)), now, WALL + now)
        elif use.under_way and what == "release":
            use.capacity.release(use.candidate, KEY, use.under_way.pop(0), now)
        elif use.under_way:
            use.end(OVERLOAD if what == "overload" else None, at=now, started_at=now)
        assert len(use.under_way) <= 5
    while use.under_way:
        use.end(at=now, started_at=now)
    place = use.capacity._places.known.get(KEY)
    if place is not None:
        assert (place.line.running, place.pool.running) == (0, 0)
        assert (place.line.running_by, place.pool.running_by) == ({}, {})


@given(STEPS)
def test_who_is_told_when_to_come_again_is_never_told_now(steps: list[tuple[str, str, float]]) -> None:
    use, now = rated(FULL), 0.0
    for what, workload, seconds in steps:
        now += seconds
        if what == "told":
            use.capacity.told(KEY, told(int(30 * seconds)), now, WALL + now)
        else:
            use.start(demand(workload), now)
        ready_at = use.ready_at(demand(workload), now)
        assert ready_at is None or ready_at > now


@pytest.mark.parametrize(
    ("limits", "room"), [(UNLIMITED, 20), (Limits(concurrency=3), 3), (Limits(requests_per_minute=4), 4)]
)
def test_what_is_told_takes_nothing_from_what_is_configured(limits: Limits, room: int) -> None:
    use = Use(Capacity(None, UpstreamRates(Meters("a", 1)), lambda now: WALL + now), limits)
    use.capacity.told(KEY, told(20, limit=20), 0.0, WALL)
    assert use.fill() <= room
    assert len(use.under_way) >= min(room, 18), "a floor is kept for critical work"
