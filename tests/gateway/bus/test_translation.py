"""From one event loop's time to another's."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.board import BreakerChange, Gate, GateChange
from mainstay.engine.breaker import BreakerState
from mainstay.engine.hearsay import on_grid
from mainstay.gateway.bus.translation import FUTURE_SECONDS_MAX, SKEW_SECONDS_MAX, Translation
from mainstay.model.news import BreakerNews
from tests.gateway.bus.rig import ALPHA, TwoClocks

NOW = 1000.0
CHANGE = BreakerChange(ALPHA, BreakerState.OPEN, 2, until=NOW + 20, window_at=NOW - 1, changed_at=NOW)
LOOPS = st.floats(0.0, 1e7)


@given(LOOPS, LOOPS, st.floats(-30, 30), st.integers(-10_000, 10_000))
def test_an_instant_comes_back_exactly_as_it_was_told(ours: float, theirs: float, skew: float, since: int) -> None:
    us, them = Translation(TwoClocks(ours)), Translation(TwoClocks(theirs, skew))
    changed_at = on_grid(ours + since / 1000)
    told = us.breaker_news(BreakerChange(ALPHA, BreakerState.OPEN, 2, changed_at + 20, changed_at, changed_at))
    heard = them.breaker(told, 0.0)
    assert heard is not None
    breaker = heard.breaker
    again = BreakerChange(
        heard.key, breaker.state, breaker.openings, breaker.until, breaker.window_at, heard.changed_at
    )
    assert them.breaker_news(again) == told
    back = us.breaker(told, 0.0)
    assert back is not None
    assert back.changed_at == changed_at


def test_a_breaker_keeps_its_distances() -> None:
    heard = Translation(TwoClocks(5.0)).breaker(Translation(TwoClocks(NOW)).breaker_news(CHANGE), 0.0)
    assert heard is not None
    assert (heard.key, heard.breaker.state, heard.breaker.openings) == (ALPHA, BreakerState.OPEN, 2)
    assert (heard.breaker.until, heard.breaker.window_at, heard.changed_at) == (25.0, 4.0, 5.0)


def test_a_gate_keeps_its_distance() -> None:
    told = Translation(TwoClocks(NOW)).gate_news(GateChange(ALPHA, Gate(NOW + 7, strict=True, reason="throttled")))
    heard = Translation(TwoClocks(5.0)).gate(told, 0.0)
    assert heard == GateChange(ALPHA, Gate(12.0, strict=True, reason="throttled"))


@pytest.mark.parametrize("skew", [-59.0, -1.0, 0.0, 1.0, 59.0])
def test_a_small_difference_between_clocks_is_left_alone(skew: float) -> None:
    sent_at = Translation(TwoClocks(NOW, skew)).now()
    assert Translation(TwoClocks(5.0)).correction(sent_at) == 0.0


@pytest.mark.parametrize("skew", [-1e6, -61.0, 61.0, 1e6])
def test_instants_of_a_clock_that_is_far_off_are_moved_by_the_difference(skew: float) -> None:
    far = Translation(TwoClocks(NOW, skew))
    here = Translation(TwoClocks(5.0))
    heard = here.breaker(far.breaker_news(CHANGE), here.correction(far.now()))
    assert heard is not None
    assert heard.breaker.until == pytest.approx(25.0, abs=0.002)


def test_a_wall_clock_that_is_set_moves_nothing() -> None:
    clock = TwoClocks(NOW)
    translation = Translation(clock)
    told = translation.breaker_news(CHANGE)
    clock._offset += 3600.0
    assert translation.breaker_news(CHANGE) == told
    assert translation.now() == told.changed_at


@pytest.mark.parametrize(
    "change",
    [
        msgspec.structs.replace(CHANGE, until=NOW + 360 + FUTURE_SECONDS_MAX + 1),
        msgspec.structs.replace(CHANGE, changed_at=NOW + FUTURE_SECONDS_MAX + 1),
        msgspec.structs.replace(CHANGE, window_at=NOW + FUTURE_SECONDS_MAX + 1),
        msgspec.structs.replace(CHANGE, openings=17),
        msgspec.structs.replace(CHANGE, openings=-1),
    ],
)
def test_what_cannot_be_true_is_not_believed(change: BreakerChange) -> None:
    translation = Translation(TwoClocks(NOW))
    assert translation.breaker(translation.breaker_news(change), 0.0) is None


def test_an_unknown_state_is_not_believed() -> None:
    news = BreakerNews("a", "m", "c", "ajar", 1, 0.0, 0.0, 0.0)
    assert Translation(TwoClocks(NOW)).breaker(news, 0.0) is None


def test_a_gate_for_ever_is_not_believed() -> None:
    translation = Translation(TwoClocks(NOW))
    for seconds, is_believed in ((4000.0, True), (5000.0, False)):
        told = translation.gate_news(GateChange(ALPHA, Gate(NOW + seconds, strict=True, reason="")))
        assert (translation.gate(told, 0.0) is not None) is is_believed


def test_the_bound_of_what_is_believed_covers_the_skew_that_is_left_alone() -> None:
    assert FUTURE_SECONDS_MAX > SKEW_SECONDS_MAX
