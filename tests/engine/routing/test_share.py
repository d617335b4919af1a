"""A session keeps its side while a share grows."""

from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.routing.share import point_of, share_of
from mainstay.model.orders import OrderKind
from tests.engine.routing.given import WALL, order

SHIFT = order(OrderKind.SHIFT, "beta", percent=40.0, ramp_seconds=600.0)


def test_the_share_grows_from_nothing_within_the_ramp() -> None:
    assert [share_of(SHIFT, WALL + seconds) for seconds in (-5, 0, 300, 600, 900)] == [0.0, 0.0, 0.2, 0.4, 0.4]


def test_without_a_ramp_it_is_there_at_once() -> None:
    assert share_of(order(OrderKind.SHIFT, "beta", percent=25.0), WALL) == 0.25


@given(first=st.floats(0, 700), second=st.floats(0, 700))
def test_it_only_grows(first: float, second: float) -> None:
    early, late = sorted((first, second))
    assert share_of(SHIFT, WALL + early) <= share_of(SHIFT, WALL + late)


def test_a_session_stands_where_it_stands() -> None:
    assert point_of("acme", "chat-1", "ex_1") == point_of("acme", "chat-1", "ex_2")
    assert point_of("acme", "chat-1", "") != point_of("other", "chat-1", "")


def test_requests_without_a_session_stand_each_for_itself() -> None:
    assert point_of("acme", "", "ex_1") != point_of("acme", "", "ex_2")


def test_sessions_are_spread_evenly() -> None:
    for text in ("chat-{}", "{}", "user_{}_session"):
        points = [point_of("acme", text.format(number), "") for number in range(10_000)]
        for share in (0.01, 0.25, 0.5, 0.9):
            moved = sum(point < share for point in points) / len(points)
            assert abs(moved - share) < 0.02
        assert all(0 <= point < 1 for point in points)
