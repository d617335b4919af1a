from hypothesis import given
from hypothesis import strategies as st

from mainstay.gateway.series import OTHER, SERIES_MAX, Counts, Spread


def test_counts_add_up_by_labels() -> None:
    counts = Counts()
    counts.add(("a", "x"))
    counts.add(("a", "x"), 2)
    counts.add(("a", "y"))
    assert dict(counts.series()) == {("a", "x"): 3, ("a", "y"): 1}


def test_labels_beyond_the_bound_are_counted_together() -> None:
    counts = Counts()
    for number in range(SERIES_MAX + 5):
        counts.add((str(number), "x"))
    counts.add(("0", "x"))
    series = dict(counts.series())
    assert len(series) == SERIES_MAX + 1
    assert series[(OTHER, OTHER)] == 5
    assert series[("0", "x")] == 2


def test_a_duration_on_a_limit_belongs_below_it() -> None:
    spread = Spread((1.0, 2.0))
    for seconds in (0.0, 1.0, 1.5, 2.0, 3.0):
        spread.add("a", seconds)
    assert list(spread.series()) == [("a", [("1.0", 2), ("2.0", 4), ("+Inf", 5)], 7.5)]


def test_spreads_are_apart_by_label_and_bounded() -> None:
    spread = Spread((1.0,))
    for number in range(SERIES_MAX + 3):
        spread.add(str(number), 0.5)
    spread.add("0", 5.0)
    series = {label: (buckets, total) for label, buckets, total in spread.series()}
    assert len(series) == SERIES_MAX + 1
    assert [series["0"], series[OTHER]] == [
        ([("1.0", 1.0), ("+Inf", 2.0)], 5.5),
        ([("1.0", 3.0), ("+Inf", 3.0)], 1.5),
    ]


@given(durations=st.lists(st.floats(min_value=0, max_value=1_000), min_size=1))
def test_each_bucket_holds_what_is_not_longer_than_its_limit(durations: list[float]) -> None:
    bounds = (0.5, 5.0, 50.0)
    spread = Spread(bounds)
    for seconds in durations:
        spread.add("a", seconds)
    ((_, buckets, total),) = spread.series()
    expected = [(str(bound), sum(seconds <= bound for seconds in durations)) for bound in bounds]
    assert buckets == [*expected, ("+Inf", len(durations))]
    assert abs(total - sum(durations)) < 0.001
