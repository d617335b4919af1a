from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.micros import to_micros


@given(st.floats(0, 1_000_000))
def test_it_is_the_nearest_microsecond(seconds: float) -> None:
    # Just between two of them either is the nearest.
    assert abs(to_micros(seconds) - seconds) <= 0.5000001e-6 + seconds * 1e-15


@given(st.integers(0, 10**12))
def test_whole_microseconds_stay_and_are_written_short(micros: int) -> None:
    seconds = micros / 1e6
    assert to_micros(seconds) == seconds == round(seconds, 6)
