"""Concurrency learned from overload."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.capacity.learned import (
    COPING_SECONDS,
    DECREASE_SECONDS,
    EPISODE_SECONDS,
    FORGET_SECONDS,
    KNOWN_SHARE,
    LIMIT_MIN,
    TOLD_SECONDS,
    LearnedLimit,
)
from mainstay.model.catalogue import Priority
from tests.engine.capacity.hidden import HiddenCapacity

CRITICAL, INTERACTIVE, BATCH = Priority.CRITICAL, Priority.INTERACTIVE, Priority.BATCH


def test_the_first_sign_leaves_seven_tenths() -> None:
    assert LearnedLimit(100, 0.0).places == 70
    assert LearnedLimit(1, 0.0).places == LIMIT_MIN


def test_one_overload_that_shows_in_many_attempts_is_one_decrease() -> None:
    limit = LearnedLimit(100, 0.0)
    for second in range(5):
        limit.overloaded(90, second * 0.9, refused=False)
    assert limit.places == 70
    limit.overloaded(70, DECREASE_SECONDS, refused=False)
    assert limit.places == 49


def test_a_refusal_shows_how_many_are_too_many() -> None:
    limit = LearnedLimit(100, 0.0)
    limit.overloaded(11, 0.1, refused=True)
    assert (limit.places, limit.ceiling) == (10, 10)


def test_it_grows_back_fast_to_what_is_known_and_slowly_beyond() -> None:
    limit = LearnedLimit(101, 0.0)
    for _ in range(25):
        limit.succeeded(70, 1.0)
    assert limit.limit == pytest.approx(KNOWN_SHARE * 100)
    for _ in range(95):
        limit.succeeded(95, 1.0)
    assert limit.limit == pytest.approx(96, abs=0.1)


def test_who_serves_others_copes_with_less() -> None:
    limit = LearnedLimit(100, 0.0)
    assert limit.copes(COPING_SECONDS - 0.1)
    assert not limit.copes(COPING_SECONDS)
    limit.succeeded(50, 4.0)
    assert limit.copes(4.0 + COPING_SECONDS - 0.1)
    limit.overloaded(2, 4.0, refused=True)
    assert not limit.copes(4.0), "there is nothing left to take from it"


@pytest.mark.parametrize(("running", "grows"), [(34, False), (36, True)])
def test_it_grows_only_while_half_of_it_is_used(running: int, *, grows: bool) -> None:
    limit = LearnedLimit(101, 0.0)
    limit.succeeded(running, 1.0)
    assert (limit.limit > 70.71) is grows


def test_beyond_what_was_refused_it_grows_only_where_it_is_felt_for() -> None:
    limit = LearnedLimit(11, 0.0)
    limit.limit = 12.0
    limit.succeeded(8, 1.0)
    assert limit.limit == 12.0
    limit.succeeded(11, 1.0)
    assert limit.limit > 12.0


def test_twice_what_was_refused_without_a_refusal_means_that_it_is_over() -> None:
    limit = LearnedLimit(11, 0.0)
    successes = 0
    while not (why := limit.why_forgotten(1.0)):
        limit.succeeded(limit.places, 1.0)
        successes += 1
    assert why == "20 attempts at once are borne, twice as many as were refused before"
    assert 50 < successes < 500


def test_a_limit_that_nobody_needs_is_forgotten() -> None:
    limit = LearnedLimit(11, 0.0)
    assert limit.why_forgotten(FORGET_SECONDS - 1) == ""
    assert limit.why_forgotten(FORGET_SECONDS) == "not needed for 300 s"
    limit.succeeded(1, 200.0)
    assert limit.why_forgotten(FORGET_SECONDS) == ""


def test_critical_work_stays_where_nobody_was_refused() -> None:
    limit = LearnedLimit(101, 0.0)
    assert [limit.open_to(one, 1.0) for one in (CRITICAL, INTERACTIVE, BATCH)] == [70, 70, 70]
    limit.limit = 105.0
    assert [limit.open_to(one, 1.0) for one in (CRITICAL, INTERACTIVE, BATCH)] == [100, 105, 105]
    limit.limit = 150.0
    assert limit.open_to(CRITICAL, 1.0) == 135, "a tenth from the edge, far beyond"


def test_while_critical_work_waits_nobody_fills_the_edge() -> None:
    limit = LearnedLimit(11, 0.0)
    limit.limit = 11.0
    limit.critical_waits(1.0)
    assert limit.open_to(BATCH, 1.1) == 10
    assert limit.open_to(BATCH, 1.3) == 11
    limit.critical_waits(2.0)
    limit.critical_started()
    assert limit.open_to(BATCH, 2.0) == 11


def test_what_an_outage_seemed_to_teach_is_taken_back_but_for_the_first_step() -> None:
    limit = LearnedLimit(101, 0.0)
    for running in range(50, 1, -1):
        limit.overloaded(running, 1.0, refused=True)
    assert limit.places == LIMIT_MIN
    limit.outage(2.0)
    assert (limit.places, limit.ceiling) == (70, 100)


def test_what_was_learned_long_before_an_outage_stays() -> None:
    limit = LearnedLimit(101, 0.0)
    limit.overloaded(11, 1.0, refused=True)
    limit.outage(EPISODE_SECONDS)
    assert limit.places == 10


def test_moves_are_told_once_a_minute() -> None:
    limit = LearnedLimit(1000, 0.0)
    told = [limit.overloaded(limit.places, at, refused=False) for at in (10.0, 20.0, TOLD_SECONDS, TOLD_SECONDS + 10)]
    assert told == [False, False, True, False]


@given(st.lists(st.tuples(st.integers(1, 200), st.sampled_from(["good", "refused", "late"])), max_size=200))
def test_it_is_never_below_the_least_nor_above_what_a_refusal_showed(events: list[tuple[int, str]]) -> None:
    limit, now = LearnedLimit(50, 0.0), 0.0
    for running, event in events:
        now += 0.3
        if event == "good":
            limit.succeeded(running, now)
            continue
        before = limit.limit
        limit.overloaded(running, now, refused=event == "refused")
        assert LIMIT_MIN <= limit.limit <= before
        if event == "refused":
            assert limit.limit <= max(LIMIT_MIN, running - 1)


@pytest.mark.parametrize("capacity", [5, 20, 100])
def test_most_of_a_hidden_capacity_is_used_and_few_are_refused_none_of_them_critical(capacity: int) -> None:
    world = HiddenCapacity(capacity, seconds=120.0)
    world.run()
    assert world.used_share > 0.93
    assert world.refused_share < 0.15 if capacity == 5 else world.refused_share < 0.06
    assert world.refused[CRITICAL] <= 5, "but for the first of all"
    assert world.waited_seconds_max < 10.0, "of critical work, which goes first"


def test_a_smaller_capacity_is_followed() -> None:
    world = HiddenCapacity(100, seconds=60.0)
    world.run()
    world.shrink(40)
    levels = world.run(until=90.0)
    assert all(later <= 60 for _, later in pairwise(levels[20:]))
    assert world.refused_share < 0.06
