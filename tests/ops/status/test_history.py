"""Ninety days of a component."""

import pytest
from hypothesis import given
from hypothesis.strategies import builds, floats, integers, just, lists, sampled_from

from mainstay.model.incident import ComponentStatus
from mainstay.ops.status.course import Stretch, joined
from mainstay.ops.status.history import DAYS, History
from mainstay.ops.status.sources import TrafficDay
from mainstay.ops.status.traffic import DAY_SECONDS
from mainstay.ops.status.view import DayView
from tests.ops.status.samples import NOW, OUT, PART, SLOW, TODAY, WELL, traffic

YESTERDAY = TODAY - DAY_SECONDS


def test_there_are_ninety_days_and_the_last_is_today() -> None:
    days = History((), (), NOW).days
    assert len(days) == DAYS
    assert days[-1].start == TODAY
    assert days[0].start == TODAY - 89 * DAY_SECONDS


def test_without_data_there_is_no_uptime() -> None:
    history = History((), (), NOW)
    assert history.uptime_percent is None
    assert {day.status for day in history.days} == {None}
    assert history.days_known == 0


def test_good_days_are_all_of_the_days_that_are_known() -> None:
    history = History(traffic(days=60), (), NOW)
    assert history.uptime_percent == 100.0
    assert history.days_known == 60


def test_traffic_that_failed_is_time_down() -> None:
    day = TrafficDay(YESTERDAY, 1_000, 100, 864.0, DAY_SECONDS, PART)
    history = History((day,), (), NOW)
    assert history.days[-2] == DayView(YESTERDAY, PART, 864.0)
    assert history.uptime_percent == 99.0


def test_a_major_outage_counts_in_full_and_a_partial_one_by_three_tenths() -> None:
    parts = (Stretch(YESTERDAY, YESTERDAY + 1_000, OUT), Stretch(YESTERDAY + 5_000, YESTERDAY + 6_000, PART))
    history = History(traffic(), parts, NOW)
    assert history.days[-2] == DayView(YESTERDAY, OUT, 1_300.0)


def test_degraded_is_told_and_not_down() -> None:
    history = History(traffic(), (Stretch(YESTERDAY, YESTERDAY + 1_000, SLOW),), NOW)
    assert history.days[-2] == DayView(YESTERDAY, SLOW, 0.0)
    assert history.uptime_percent == 100.0


def test_the_same_trouble_is_not_counted_twice() -> None:
    day = TrafficDay(YESTERDAY, 1_000, 100, 864.0, DAY_SECONDS, PART)
    history = History((day,), (Stretch(YESTERDAY, YESTERDAY + 1_000, OUT),), NOW)
    assert history.days[-2] == DayView(YESTERDAY, OUT, 1_000.0)


def test_an_outage_over_midnight_is_parted() -> None:
    history = History(traffic(), (Stretch(TODAY - 600, TODAY + 300, OUT),), NOW)
    assert [day.down_seconds for day in history.days[-2:]] == [600.0, 300.0]


def test_one_that_began_before_the_ninety_days_is_cut() -> None:
    first = TODAY - 89 * DAY_SECONDS
    history = History((), (Stretch(first - 9e6, first + 60, OUT),), NOW)
    assert history.days[0] == DayView(first, OUT, 60.0)
    assert history.uptime_percent == 0.0


def test_an_incident_without_traffic_is_still_downtime() -> None:
    history = History((), (Stretch(YESTERDAY, YESTERDAY + 1_000, OUT),), NOW)
    assert history.uptime_percent == 0.0
    assert history.days_known == 1


def test_almost_all_is_not_all() -> None:
    day = TrafficDay(YESTERDAY, 10**6, 1, 0.5, DAY_SECONDS, SLOW)
    assert History((day,), (), NOW).uptime_percent == 99.99


DAY = builds(
    TrafficDay,
    integers(0, 95).map(lambda number: TODAY - number * DAY_SECONDS),
    just(100),
    just(0),
    floats(0, 3_000),
    floats(3_000, DAY_SECONDS),
    sampled_from(ComponentStatus),
)
PART_OF_TIME = builds(
    lambda start, seconds, status: Stretch(start, min(start + seconds, NOW), status),
    floats(NOW - 100 * DAY_SECONDS, NOW - 1),
    floats(1, 10 * DAY_SECONDS),
    sampled_from(ComponentStatus),
)


@given(lists(DAY, max_size=20), lists(PART_OF_TIME, max_size=6))
def test_uptime_is_a_percentage_and_no_day_is_longer_than_it_is(days: list[TrafficDay], parts: list[Stretch]) -> None:
    history = History(days, tuple(joined(parts)), NOW)
    if history.uptime_percent is not None:
        assert 0 <= history.uptime_percent <= 100
    assert all(0 <= day.down_seconds <= DAY_SECONDS + 1e-6 for day in history.days)
    assert (history.uptime_percent is None) == (history.days_known == 0)


@pytest.mark.parametrize("status", [WELL, SLOW])
def test_a_day_is_as_bad_as_its_worst_source(status: ComponentStatus) -> None:
    day = TrafficDay(YESTERDAY, 100, 0, 0.0, DAY_SECONDS, status)
    assert History((day,), (Stretch(YESTERDAY, YESTERDAY + 9, PART),), NOW).days[-2].status == PART
