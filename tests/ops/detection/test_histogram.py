from hypothesis import given
from hypothesis import strategies as st

from mainstay.ops.detection.histogram import BUCKETS, bucket_of, empty, exact_quantile, merged, quantile


@given(st.floats(0, 1e9, allow_nan=False))
def test_every_value_has_a_bucket(value: float) -> None:
    assert 0 <= bucket_of(value) < BUCKETS


@given(st.lists(st.floats(0.02, 1_000), min_size=20, max_size=200), st.sampled_from([0.1, 0.5, 0.9]))
def test_a_quantile_is_right_to_a_fifth(values: list[float], share: float) -> None:
    histogram = empty()
    for value in values:
        histogram[bucket_of(value)] += 1
    ordered = sorted(values)
    rank = share * len(ordered)
    low, high = ordered[max(0, int(rank) - 1)], ordered[min(len(ordered) - 1, int(rank))]
    assert low / 1.2 <= quantile(list(histogram), share) <= high * 1.2


def test_the_quantile_of_nothing_is_nothing() -> None:
    assert quantile([0] * BUCKETS, 0.5) == 0.0


def test_histograms_are_merged() -> None:
    one, two = empty(), empty()
    one[3], two[3], two[5] = 1, 2, 4
    assert merged([one, two])[3] == 3
    assert merged([one, two])[5] == 4
    assert sum(merged([])) == 0


def test_exact_quantiles() -> None:
    assert exact_quantile([1.0, 2.0, 3.0, 4.0], 0.5) == 3.0
    assert exact_quantile([1.0], 1.0) == 1.0
