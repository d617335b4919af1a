"""What providers tell of their own limits."""

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.capacity.quota import (
    AHEAD_SECONDS_MAX,
    BEHIND_SECONDS_MAX,
    BELIEVED_SECONDS,
    DISBELIEVED_SECONDS,
    NONSENSE_TOLD_SECONDS,
    ZEROS_MAX,
    Quota,
)
from mainstay.model.rates import Bucket, Told
from tests.engine.capacity.words import BATCH, CRITICAL, USUAL, WALL, demand, told


def quota(remaining: int, limit: int | None = 100, ahead: float = 60.0) -> Quota:
    made = Quota()
    made.told(told(remaining, limit, ahead), 0.0, WALL)
    return made


def open_to(one: Quota, at: float = 0.0) -> list[bool]:
    return [one.hold(who, at) is None for who in (CRITICAL, USUAL, BATCH)]


@pytest.mark.parametrize(
    ("remaining", "who"),
    [
        (100, [True, True, True]),
        (31, [True, True, True]),
        (30, [True, True, False]),
        (11, [True, True, False]),
        (10, [True, False, False]),
        (1, [True, False, False]),
        (0, [False, False, False]),
    ],
)
def test_each_class_leaves_something_to_those_before_it(remaining: int, who: list[bool]) -> None:
    assert open_to(quota(remaining)) == who


def test_what_was_started_since_is_taken_off() -> None:
    one = quota(50)
    for _ in range(20):
        one.take(BATCH)
    assert one.hold(BATCH, 0.0) is not None
    one.release(BATCH)
    assert one.hold(BATCH, 0.0) is None


def test_tokens_count_as_well() -> None:
    one = Quota()
    one.told(told(100, tokens=(10_000, 20_000)), 0.0, WALL)
    assert one.hold(demand(input_tokens=7_000), 0.0) is None
    hold = one.hold(demand(input_tokens=9_000), 0.0)
    assert hold is not None
    assert hold.reason == "the provider tells that 10000 of 20000 input tokens per minute are left"
    assert one.hold(demand(output_tokens=9_000), 0.0) is None


def test_where_both_kinds_share_one_bucket_both_are_taken_off() -> None:
    one = Quota()
    one.told(Told(tokens=Bucket(1000, 900, WALL + 60), output_tokens=Bucket(500, 500, WALL + 60)), 0.0, WALL)
    for _ in range(5):
        one.take(demand(input_tokens=80, output_tokens=60))
    hold = one.hold(demand(input_tokens=60, output_tokens=41), 0.0)
    assert hold is not None
    assert hold.reason == "the provider tells that 200 of 1000 tokens per minute are left"


def test_it_is_refilled_evenly_until_its_reset() -> None:
    one = quota(0)
    hold = one.hold(CRITICAL, 0.0)
    assert hold is not None
    assert hold.ready_at == pytest.approx(0.6)
    assert open_to(one, 0.61) == [True, False, False]
    assert open_to(one, 7.0) == [True, True, False]
    assert open_to(one, 20.0) == [True, True, True]
    assert one.hold(USUAL, 0.0).ready_at == pytest.approx(6.6)  # type: ignore[union-attr]


def test_what_never_fits_asks_for_a_full_bucket() -> None:
    one = Quota()
    one.told(told(100, tokens=(500, 1000)), 0.0, WALL)
    hold = one.hold(demand(input_tokens=1_000_000), 0.0)
    assert hold is not None
    assert hold.ready_at == pytest.approx(60.0)
    one.told(told(100, tokens=(1000, 1000)), 1.0, WALL + 1)
    assert one.hold(demand(input_tokens=1_000_000), 1.0) is None


def test_it_is_believed_until_its_reset_and_for_a_minute_at_the_longest() -> None:
    assert open_to(quota(0, ahead=5.0), 5.0) == [True, True, True]
    day = quota(0, ahead=80_000.0)
    assert open_to(day, BELIEVED_SECONDS - 0.1) == [False, False, False]
    hold = day.hold(CRITICAL, 0.0)
    assert hold is not None
    assert hold.ready_at <= BELIEVED_SECONDS
    assert open_to(day, BELIEVED_SECONDS) == [True, True, True]


def test_an_older_report_does_not_count() -> None:
    one = Quota()
    one.told(told(0), 5.0, WALL + 5)
    one.told(told(100), 4.0, WALL + 4)
    assert open_to(one, 5.0) == [False, False, False]


def test_without_a_limit_only_what_is_left_counts() -> None:
    assert open_to(quota(0, None)) == [False, False, False]
    assert open_to(quota(50, None)) == [True, True, True]


@pytest.mark.parametrize(
    ("bucket", "state"),
    [
        (Bucket(100, -5, WALL + 60), "clamped"),
        (Bucket(100, 500, WALL + 60), "clamped"),
        (Bucket(0, 5, WALL + 60), "disbelieved"),
        (Bucket(-1, 5, WALL + 60), "disbelieved"),
        (Bucket(100, 50, WALL - BEHIND_SECONDS_MAX - 1), "disbelieved"),
        (Bucket(100, 50, WALL + AHEAD_SECONDS_MAX + 1), "disbelieved"),
        (Bucket(100, 50, nan), "disbelieved"),
        (Bucket(100, 50, inf), "disbelieved"),
    ],
)
def test_nonsense_is_put_right_or_left_aside_and_told_once_an_hour(bucket: Bucket, state: str) -> None:
    one = Quota()
    nonsense = one.told(Told(requests=bucket), 0.0, WALL)
    assert nonsense is not None
    assert nonsense.state == state
    assert one.is_disbelieved(1.0) is (state == "disbelieved")
    again = DISBELIEVED_SECONDS + 1
    moved = Bucket(bucket.limit, bucket.remaining, bucket.reset_at + again)
    assert one.told(Told(requests=moved), again, WALL + again) is None
    later = NONSENSE_TOLD_SECONDS + DISBELIEVED_SECONDS + 1
    moved = Bucket(bucket.limit, bucket.remaining, bucket.reset_at + later)
    assert one.told(Told(requests=moved), later, WALL + later) is not None


def test_who_is_not_believed_holds_nobody_for_ten_minutes() -> None:
    one = quota(50, ahead=-1000.0)
    one.told(told(0), 1.0, WALL)
    assert open_to(one, 1.0) == [True, True, True]
    one.told(told(0), DISBELIEVED_SECONDS, WALL)
    assert open_to(one, DISBELIEVED_SECONDS) == [False, False, False]


def test_a_full_bucket_may_have_been_reset_long_ago() -> None:
    assert Quota().told(Told(requests=Bucket(100, 100, WALL - 1e6)), 0.0, WALL) is None
    assert Quota().told(Told(requests=Bucket(100, 99, WALL - 1.0)), 0.0, WALL) is None, "clocks differ"


def test_nothing_left_while_requests_are_served_is_not_believed() -> None:
    one, found = Quota(), None
    for number in range(ZEROS_MAX + 1):
        at = 10.0 * number
        one.told(told(0), at, WALL)
        found = one.succeeded(at - 1.0, at) or found
    assert found is not None
    assert found.reason == "nothing is left, and yet requests are served"
    assert open_to(one, at) == [True, True, True]


@pytest.mark.parametrize("interruption", ["throttled", "something left"])
def test_a_limit_that_is_truly_used_up_stays_believed(interruption: str) -> None:
    one = Quota()
    for number in range(20):
        at = 10.0 * number
        one.told(told(0), at, WALL)
        assert one.succeeded(at - 1.0, at) is None
        if number % 2:
            if interruption == "throttled":
                one.throttled()
            else:
                one.told(told(1), at + 1.0, WALL)
    one.told(told(0), 1000.0, WALL)
    assert open_to(one, 1000.0) == [False, False, False]


def test_those_that_began_before_it_was_empty_say_nothing() -> None:
    one = quota(0)
    for _ in range(10):
        assert one.succeeded(-1.0, 1.0) is None


def test_how_much_is_left_is_shown() -> None:
    one = quota(50)
    one.take(USUAL)
    (level,) = one.left(0.0)
    assert (level.name, level.limit, level.remaining) == ("requests", 100, 49)
    assert one.left(60.0) == ()
    assert quota(50, ahead=5.0).left(6.0) == ()


@given(
    st.integers(-(10**9), 10**9) | st.none(),
    st.integers(-(10**9), 10**9),
    st.floats(),
    st.lists(st.tuples(st.sampled_from(["take", "release"]), st.sampled_from([CRITICAL, USUAL, BATCH])), max_size=30),
    st.floats(0, 100),
)
def test_no_report_holds_anybody_for_more_than_a_minute(
    limit: int | None, remaining: int, reset_at: float, steps: list[tuple[str, object]], now: float
) -> None:
    one = Quota()
    one.told(Told(Bucket(limit, remaining, reset_at), Bucket(limit, remaining, WALL + 60)), 0.0, WALL)
    for what, _ in steps:
        (one.take if what == "take" else one.release)(USUAL)
    for who in (CRITICAL, USUAL, BATCH):
        hold = one.hold(who, now)
        assert hold is None or now < hold.ready_at <= BELIEVED_SECONDS
