"""Quantiles on a logarithmic scale: as exact as a bin is wide, whatever the values."""

from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.gray.histogram import HIGHEST, LOWEST, Histogram

BIN = 2 ** (1 / 8)


def of(values: list[float]) -> Histogram:
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    return histogram


def test_an_empty_one_has_no_quantiles() -> None:
    assert Histogram().quantile(0.5) == 0.0


def test_it_counts() -> None:
    assert of([1.0, 2.0, 3.0]).total == 3.0


@given(st.lists(st.floats(0.001, 1000.0), min_size=1, max_size=200), st.sampled_from([0.5, 0.95]))
def test_a_quantile_is_off_by_a_bin_at_most(values: list[float], share: float) -> None:
    exact = sorted(values)[max(0, -int(-share * len(values) // 1) - 1)]
    found = of(values).quantile(share)
    assert exact / BIN <= found * 1.0001
    assert found <= exact * BIN * 1.0001


def test_values_beyond_the_scale_count_as_its_ends() -> None:
    assert of([0.0]).quantile(0.5) <= LOWEST * BIN
    assert of([1e12]).quantile(0.5) >= HIGHEST / BIN


def test_what_fades_counts_for_less() -> None:
    histogram = of([1.0] * 10)
    histogram.fade(0.1)
    for _ in range(3):
        histogram.add(100.0)
    assert histogram.total == 4.0
    assert histogram.quantile(0.5) > 90.0


def test_what_has_faded_away_takes_no_room() -> None:
    histogram = of([1.0, 2.0, 4.0])
    histogram.fade(1e-6)
    assert histogram.total == 0.0
    assert histogram.quantile(0.5) == 0.0


@given(st.lists(st.floats(1e-9, 1e12), max_size=500))
def test_it_is_bounded(values: list[float]) -> None:
    histogram = of(values)
    assert len(histogram._bins) <= 294
