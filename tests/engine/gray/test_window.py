"""The recent past: a minute or twenty samples, whichever is more, and never more than its bound."""

from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.gray.window import (
    SAMPLES_MAX,
    SAMPLES_MIN,
    STALE_SECONDS,
    THINNED_SECONDS,
    WINDOW_SECONDS,
    Sample,
    Window,
)


def sample(at: float, marks: int = 1) -> Sample:
    return Sample(at, 0, 1.0, 50.0, marks)


def filled(count: int, every: float) -> Window:
    window = Window()
    for number in range(count):
        window.add(sample(number * every))
    return window


def leavers(window: Window, now: float) -> int:
    return len(window.leavers(now))


def test_samples_leave_after_a_minute() -> None:
    window = filled(100, every=1.0)
    assert leavers(window, now=WINDOW_SECONDS + 9.5) == 10


def test_twenty_stay_however_old_until_they_are_stale() -> None:
    window = filled(30, every=0.1)
    assert leavers(window, now=WINDOW_SECONDS * 2) == 30 - SAMPLES_MIN
    assert leavers(window, now=STALE_SECONDS + 1.05) == 1
    assert leavers(window, now=STALE_SECONDS + 5.0) == SAMPLES_MIN - 1
    assert leavers(window, now=STALE_SECONDS + 5.0) == 0


def test_a_full_window_takes_a_sample_only_now_and_then() -> None:
    window = filled(SAMPLES_MAX - 1, every=0.001)
    last = (SAMPLES_MAX - 2) * 0.001
    assert window.takes(last)
    window.add(sample(last))
    assert not window.takes(last + THINNED_SECONDS / 2)
    assert window.takes(last + THINNED_SECONDS)
    window.add(sample(last + THINNED_SECONDS))
    assert leavers(window, now=last + THINNED_SECONDS) == 1


def test_marks_are_counted_one_by_one_and_together() -> None:
    window = Window()
    for marks in (1, 2, 3, 3):
        window.add(sample(0.0, marks))
    assert [window.count(mark) for mark in (1, 2, 3, 4)] == [3, 3, 4, 0]


def test_a_cleared_window_is_empty() -> None:
    window = filled(50, every=1.0)
    window.clear()
    assert (window.count(1), window.leavers(1000.0)) == (0, [])


@given(st.lists(st.tuples(st.floats(0.0, 100.0), st.integers(1, 7)), max_size=800))
def test_counts_are_those_of_the_samples_and_bounded(steps: list[tuple[float, int]]) -> None:
    window, now = Window(), 0.0
    for wait, marks in steps:
        now += wait / 100.0
        if window.takes(now):
            window.add(sample(now, marks))
            leavers(window, now)
        assert len(window.samples) <= SAMPLES_MAX
    assert sum(window.counts.values()) == len(window.samples)
    for mark in (1, 2, 4):
        assert window.count(mark) == sum(bool(one.marks & mark) for one in window.samples)
