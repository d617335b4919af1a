"""Pauses before a process is started again."""

from mainstay.gateway.supervisor.pause import PAUSE_SECONDS_MAX, PAUSE_SECONDS_MIN, STEADY_SECONDS, GrowingPause


def test_pauses_double_up_to_a_bound() -> None:
    pause = GrowingPause()
    assert [pause.after(1.0) for _ in range(9)] == [0.5, 1, 2, 4, 8, 16, 30, 30, PAUSE_SECONDS_MAX]


def test_a_steady_life_begins_with_the_shortest_again() -> None:
    pause = GrowingPause()
    assert [pause.after(seconds) for seconds in (1, 1, STEADY_SECONDS, 1)] == [
        PAUSE_SECONDS_MIN,
        1,
        PAUSE_SECONDS_MIN,
        1,
    ]
