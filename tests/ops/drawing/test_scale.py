"""Places, ticks, and fewer points that look like all of them."""

import math

import pytest
from hypothesis import given
from hypothesis.strategies import floats, integers, lists, none, one_of, tuples

from mainstay.ops.drawing.scale import Point, Scale, round_ticks, thinned, time_label, time_ticks

MIDNIGHT = 1_767_225_600.0
"""2026-01-01."""


def test_a_value_has_its_place_and_none_lies_beyond_the_edges() -> None:
    scale = Scale(0, 10, 100, 0)
    assert [scale.place(value) for value in (0, 5, 10, 99, -3)] == [100, 50, 0, 0, 100]
    assert Scale(3, 3, 7, 9).place(3) == 7
    assert Scale(0, 10, 7, 9).place(math.nan) == Scale(-math.inf, 0, 7, 9).place(0) == 7


@pytest.mark.parametrize(
    ("high", "ticks"),
    [
        (0, (0, 1)),
        (math.inf, (0, 1)),
        (5e-324, (0, 1)),
        (1e300, (0, 1e300)),
        (4, (0, 1, 2, 3, 4)),
        (87, (0, 25, 50, 75, 100)),
        (0.3, (0, 0.1, 0.2, 0.3)),
    ],
)
def test_ticks_are_round(high: float, ticks: tuple[float, ...]) -> None:
    assert round_ticks(high) == pytest.approx(ticks)


@given(floats(1e-12, 1e308))
def test_ticks_reach_the_highest_value_and_are_few(high: float) -> None:
    ticks = round_ticks(high)
    assert ticks[0] == 0
    assert ticks[-1] >= high * 0.999_999
    assert len(ticks) <= 6


@pytest.mark.parametrize(
    ("seconds", "labels"),
    [
        (10, ["00:00:00", "00:00:05", "00:00:10"]),
        (3_600, ["Jan 01 00:00", "00:15", "00:30", "00:45", "01:00"]),
        (3 * 86_400, ["Jan 01 00:00", "12:00", "Jan 02 00:00", "12:00", "Jan 03 00:00", "12:00", "Jan 04 00:00"]),
        (14 * 86_400, ["Jan 01", "Jan 08", "Jan 15"]),
    ],
)
def test_instants_are_labelled_as_finely_as_needed(seconds: float, labels: list[str]) -> None:
    found = [label for _, label in time_ticks(MIDNIGHT, MIDNIGHT + seconds)]
    assert found == labels


@given(integers(-(10**10), 10**10), integers(1, 10**10))
def test_any_time_has_few_ticks_within(since: int, seconds: int) -> None:
    ticks = time_ticks(since, since + seconds)
    assert len(ticks) <= 7
    assert all(since <= at <= since + seconds for at, _ in ticks)


def test_no_time_has_no_ticks() -> None:
    assert time_ticks(5, 5) == ()
    assert time_ticks(0, math.nan) == ()
    assert time_label(1e30, 60) == "?"


POINTS = lists(tuples(integers(0, 10**6).map(float), one_of(none(), floats(-1e6, 1e6))), max_size=300)


@given(POINTS, integers(4, 60))
def test_fewer_points_keep_their_ends_and_their_extremes(points: list[Point], count: int) -> None:
    points.sort(key=lambda point: point[0])
    found = thinned(points, count)
    assert len(found) <= max(count, 2)
    if points:
        assert (found[0], found[-1]) == (points[0], points[-1])
        known = [value for _, value in points if value is not None]
        kept = [value for _, value in found if value is not None]
        assert (min(known, default=0), max(known, default=0)) == (min(kept, default=0), max(kept, default=0))


def test_a_hole_stays_a_hole() -> None:
    points: list[Point] = [(float(place), None if 100 <= place < 200 else 1.0) for place in range(300)]
    assert any(value is None and 100 <= at < 200 for at, value in thinned(points, 30))
