import pytest

from bench.figure import Figure, Verdict, measured, percentile


@pytest.mark.parametrize(
    ("percent", "expected"), [(50, 50), (99, 99), (100, 100), (1, 1)], ids=["median", "p99", "highest", "lowest"]
)
def test_a_percentile_is_the_nearest_rank(percent: float, expected: float) -> None:
    assert percentile([float(value) for value in range(100, 0, -1)], percent) == expected


def test_a_percentile_of_few_values_is_the_worst_of_them() -> None:
    assert percentile([1.0, 9.0, 2.0], 99) == 9.0


@pytest.mark.parametrize(
    ("value", "verdict"), [(0.31, Verdict.AIM), (0.30, Verdict.AIM), (0.25, Verdict.MUST), (0.19, Verdict.MISSED)]
)
def test_where_more_is_better_a_figure_has_to_rise_above_its_bounds(value: float, verdict: Verdict) -> None:
    figure = Figure("rate", "of nginx", measured([value]), must=0.20, aim=0.30, higher_is_better=True)
    assert figure.verdict is verdict


@pytest.mark.parametrize(("value", "verdict"), [(1.9, Verdict.AIM), (2.4, Verdict.MUST), (2.6, Verdict.MISSED)])
def test_where_less_is_better_a_figure_has_to_stay_below_its_bounds(value: float, verdict: Verdict) -> None:
    assert Figure("cost", "times nginx", measured([value]), must=2.5, aim=2.0).verdict is verdict


def test_the_median_of_the_repeats_is_judged_and_their_spread_is_kept() -> None:
    value = measured([5.0, 1.0, 2.0])
    assert (value.median, value.low, value.high) == (2.0, 1.0, 5.0)


def test_a_figure_without_bound_is_information() -> None:
    assert Figure("start", "s", measured([1.0])).verdict is Verdict.INFORMATION
