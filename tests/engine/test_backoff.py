"""Waits between attempts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.backoff import BASE_SECONDS, CAP_SECONDS, FLOOR_JITTER_SHARE, backoff_seconds

chances = st.floats(0.0, 1.0, exclude_max=True)


@pytest.mark.parametrize(("repetition", "seconds"), [(1, 0.5), (2, 1.0), (3, 2.0), (6, 16.0), (7, 20.0), (16, 20.0)])
def test_the_longest_wait_doubles_up_to_its_cap(repetition: int, seconds: float) -> None:
    assert backoff_seconds(repetition, None, lambda: 1.0) == seconds


@given(repetition=st.integers(1, 16), chance=chances)
def test_the_jitter_is_full(repetition: int, chance: float) -> None:
    longest = backoff_seconds(repetition, None, lambda: 1.0)
    assert backoff_seconds(repetition, None, lambda: chance) == pytest.approx(longest * chance)
    assert BASE_SECONDS <= longest <= CAP_SECONDS


@given(repetition=st.integers(1, 16), floor=st.floats(0.001, 3600.0), chance=chances)
def test_what_the_provider_asked_for_is_a_floor_with_a_little_jitter_above(
    repetition: int, floor: float, chance: float
) -> None:
    assert floor <= backoff_seconds(repetition, floor, lambda: chance) <= floor * (1 + FLOOR_JITTER_SHARE)


def test_two_callers_told_the_same_wait_do_not_return_together() -> None:
    assert backoff_seconds(1, 4.0, lambda: 0.1) != backoff_seconds(1, 4.0, lambda: 0.9)


@pytest.mark.parametrize("floor", [0.0, -1.0])
def test_a_floor_of_nothing_is_no_floor(floor: float) -> None:
    assert backoff_seconds(2, floor, lambda: 0.5) == 0.5
