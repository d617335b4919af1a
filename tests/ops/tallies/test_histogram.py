"""What histograms tell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.ops.tallies.histogram import count_of, quantile, share_within
from mainstay.ops.tallies.tally import bucket_of, seconds_of

DURATIONS = st.lists(st.floats(0.011, 3_000.0), min_size=1, max_size=60)


def histogram_of(durations: list[float]) -> dict[int, int]:
    found: dict[int, int] = {}
    for one in durations:
        found[bucket_of(one)] = found.get(bucket_of(one), 0) + 1
    return found


def test_an_empty_one_tells_nothing() -> None:
    assert count_of({}) == 0
    assert quantile({}, 0.5) is None
    assert share_within({}, 1.0) is None


@given(DURATIONS, st.sampled_from([0.0, 0.5, 0.9, 0.95, 0.99, 1.0]))
def test_a_quantile_is_in_the_bucket_of_the_true_one(durations: list[float], share: float) -> None:
    ordered = sorted(durations)
    needed = max(1, -int(-share * len(ordered) // 1))
    true = ordered[needed - 1]
    found = quantile(histogram_of(durations), share)
    assert found is not None
    assert seconds_of(bucket_of(true) - 1) <= found <= seconds_of(bucket_of(true)) * 1.000001


@given(DURATIONS)
def test_a_higher_share_takes_no_less_time(durations: list[float]) -> None:
    histogram = histogram_of(durations)
    found = [quantile(histogram, share / 20) or 0.0 for share in range(21)]
    assert found == sorted(found)


def test_it_is_interpolated_within_a_bucket() -> None:
    bucket = bucket_of(1.0)
    half = quantile({bucket: 100}, 0.5)
    assert half == pytest.approx((seconds_of(bucket) * seconds_of(bucket - 1)) ** 0.5)
    assert quantile({0: 4}, 0.5) == pytest.approx(0.005)


def test_the_share_that_was_quick_enough() -> None:
    histogram = histogram_of([0.1, 0.2, 0.4, 40.0])
    assert share_within(histogram, 1.0) == 0.75
    assert share_within(histogram, 1_000.0) == 1.0
    assert share_within(histogram, 0.01) == 0.0
