from mainstay.gateway.lag import BEAT_SECONDS, LagGuard, LagStatus
from tests.gateway.doubles import FakeClock


class Scene:
    def __init__(self) -> None:
        self.clock = FakeClock(100.0)
        self.windows: list[LagStatus] = []
        self.guard = LagGuard(self.clock, lambda: self.windows.append(self.guard.status))
        self.guard.start()

    def windows_pass(self, number: int, blocked_seconds: float) -> None:
        """So many windows, in each of which something blocks the loop for so long."""
        for _ in range(number):
            wanted = len(self.windows) + 1
            self.clock.call_at(self.clock.due[0] - 0.001, lambda: self.block(blocked_seconds))
            while len(self.windows) < wanted:
                self.clock.advance(BEAT_SECONDS)

    def block(self, seconds: float) -> None:
        self.clock.now += seconds


def test_a_loop_that_is_in_time_does_not_lag() -> None:
    scene = Scene()
    scene.windows_pass(5, 0.0)
    assert scene.windows[-1] == LagStatus(0.0, is_lagging=False)
    assert len(scene.windows) == 5


def test_three_late_windows_in_a_row_are_an_overload_and_one_good_one_ends_it() -> None:
    scene = Scene()
    scene.windows_pass(3, 0.15)
    assert [one.is_lagging for one in scene.windows] == [False, False, True]
    assert 0.14 < scene.windows[-1].p99_seconds < 0.16
    scene.windows_pass(1, 0.0)
    assert not scene.guard.status.is_lagging


def test_a_small_delay_is_none() -> None:
    scene = Scene()
    scene.windows_pass(10, 0.09)
    assert not any(one.is_lagging for one in scene.windows)
    assert scene.guard.status.p99_seconds > 0.08


def test_one_long_pause_is_no_overload() -> None:
    scene = Scene()
    scene.windows_pass(1, 0.0)
    scene.windows_pass(1, 5.0)
    scene.windows_pass(3, 0.0)
    assert [one.p99_seconds > 1.0 for one in scene.windows] == [False, True, False, False, False]
    assert not any(one.is_lagging for one in scene.windows)


def test_whoever_is_told_cannot_stop_the_heart() -> None:
    clock = FakeClock(0.0)

    def fails() -> None:
        raise RuntimeError

    guard = LagGuard(clock, fails)
    guard.start()
    for _ in range(200):
        try:
            clock.advance(BEAT_SECONDS)
        except RuntimeError:
            assert clock.due
            return
    raise AssertionError("nobody was told")


def test_after_its_end_it_beats_no_more() -> None:
    scene = Scene()
    scene.guard.close()
    assert scene.clock.due == []
    scene.guard.close()
