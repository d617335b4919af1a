from math import exp, factorial

import pytest

from mainstay.ops.detection.ring import Count
from mainstay.ops.detection.surprise import Recovery, change_point, surprise


@pytest.mark.parametrize(("failures", "expected"), [(3, 0.15), (10, 2.0), (50, 20.0), (5, 4.9)])
def test_the_bound_is_never_below_the_chance(failures: int, expected: float) -> None:
    chance = 1 - sum(exp(-expected) * expected**n / factorial(n) for n in range(failures))
    assert exp(-surprise(failures, expected)) >= chance


def test_what_is_expected_is_no_surprise() -> None:
    assert surprise(3, 3.0) == 0.0
    assert surprise(0, 0.0) == 0.0
    assert surprise(1, 0.0) == float("inf")
    assert surprise(20, 1.0) > surprise(10, 1.0) > surprise(10, 2.0) > 0


def slots(*counts: tuple[int, int]) -> list[tuple[float, Count]]:
    return [(float(number * 5), Count(*count)) for number, count in enumerate(counts)]


def test_a_change_is_found_where_it_was() -> None:
    assert change_point(slots((50, 0), (50, 1), (50, 0), (50, 12), (50, 14)), 0.005, 0.25) == 15.0
    assert change_point(slots((50, 0), (50, 0)), 0.005, 0.25) is None
    assert change_point(slots((50, 0), (50, 25), (50, 0), (900, 0)), 0.005, 0.25) is None, "it is over"
    assert change_point(slots((0, 0), (0, 0), (5, 5)), 0.005, 0.9) == 10.0
    assert change_point([], 0.005, 0.5) is None


def test_after_a_total_outage_few_successes_convince_and_after_a_small_one_many() -> None:
    def needed(bad: float) -> int:
        recovery = Recovery(0.005, bad, 6.9)
        count = 0
        while not recovery.is_convincing:
            count += 1
            recovery.add(float(count), failed=False)
        return count

    assert needed(0.5) == 11
    assert needed(0.1) > 60


def test_a_setback_begins_it_anew() -> None:
    recovery = Recovery(0.005, 0.5, 6.9)
    instants = []
    for at in range(7):
        recovery.add(float(at), failed=at == 5)
        instants.append(recovery.since)
    assert instants == [0.0] * 5 + [None, 6.0]
    assert not recovery.is_convincing


def test_a_single_failure_long_after_does_not_undo_it() -> None:
    recovery = Recovery(0.005, 0.5, 6.9)
    for at in range(100):
        recovery.add(float(at), failed=False)
    recovery.add(100.0, failed=True)
    assert recovery.is_convincing
    assert recovery.since == 0.0


def test_what_a_part_knows_counts_from_when_the_last_part_went_well() -> None:
    whole, first, second = (Recovery(0.005, 0.5, 6.9) for _ in range(3))
    for at in range(20):
        first.add(100.0 + at, failed=False)
    second.add(500.0, failed=False)
    instants = []
    for part in (first, second, Recovery(0.005, 0.5, 6.9)):
        whole.adopt(part)
        instants.append(whole.since)
    assert whole.is_convincing
    assert instants == [100.0, 500.0, 500.0]
