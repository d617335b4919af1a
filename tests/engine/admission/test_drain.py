import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.admission.drain import MEMORY_SECONDS, Drain


def drained(per_second: float, seconds: float, start: float = 100.0) -> Drain:
    drain = Drain()
    for number in range(int(per_second * seconds)):
        drain.add(start + number / per_second)
    return drain


@given(st.floats(2, 200), st.floats(10, 60))
def test_a_steady_rate_is_known_soon(per_second: float, seconds: float) -> None:
    known = drained(per_second, seconds).per_second(100.0 + seconds)
    assert known == pytest.approx(per_second, rel=0.25)


def test_before_anything_was_handed_out_nothing_is_known() -> None:
    assert Drain().per_second(5.0) == 0.0


def test_what_has_stopped_fades() -> None:
    drain = drained(50.0, 20.0)
    assert drain.per_second(120.0 + 3 * MEMORY_SECONDS) < 5.0


def test_a_clock_that_stands_still_does_no_harm() -> None:
    drain = Drain()
    drain.add(1.0)
    drain.add(1.0)
    assert drain.per_second(1.0) > 0.0
