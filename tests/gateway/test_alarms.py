from mainstay.gateway.alarms import GLANCE_SECONDS, Alarms
from tests.gateway.doubles import FakeClock


class Light:
    """A sleeper who notes when it is rung."""

    def __init__(self, clock: FakeClock, until: float) -> None:
        self.until = until
        self.rung: list[float] = []
        self.drained = False
        self._clock = clock

    def ring(self) -> None:
        self.rung.append(self._clock.now)

    def drain(self) -> None:
        self.drained = True


def test_a_sleeper_is_rung_at_most_one_glance_before_its_time_and_never_after_it() -> None:
    clock = FakeClock(0.0)
    alarms = Alarms(clock)
    sleepers = [Light(clock, tenth / 10) for tenth in range(4, 100)]
    for sleeper in sleepers:
        alarms.add(sleeper)
    clock.advance_to(20.0)
    for sleeper in sleepers:
        assert sleeper.until - GLANCE_SECONDS <= sleeper.rung[0] <= sleeper.until


def test_a_thousand_sleepers_cost_one_timer() -> None:
    clock = FakeClock(0.0)
    alarms = Alarms(clock)
    for _ in range(1000):
        alarms.add(Light(clock, 60.0))
    assert len(clock.due) == 1
    clock.advance_to(10.0)
    assert len(clock.due) == 1


def test_one_who_sleeps_no_more_is_not_rung() -> None:
    clock = FakeClock(0.0)
    alarms = Alarms(clock)
    sleeper = Light(clock, 1.0)
    alarms.add(sleeper)
    alarms.discard(sleeper)
    clock.advance_to(5.0)
    assert sleeper.rung == []


def test_without_sleepers_nothing_is_due_and_the_next_one_wakes_the_alarms_again() -> None:
    clock = FakeClock(0.0)
    alarms = Alarms(clock)
    first = Light(clock, 1.0)
    alarms.add(first)
    alarms.discard(first)
    clock.advance_to(5.0)
    assert clock.due == []
    second = Light(clock, 6.0)
    alarms.add(second)
    clock.advance_to(6.0)
    assert second.rung


def test_a_sleeper_whose_time_comes_nearer_is_rung_in_time() -> None:
    clock = FakeClock(0.0)
    alarms = Alarms(clock)
    sleeper = Light(clock, 60.0)
    alarms.add(sleeper)
    clock.advance_to(2.0)
    sleeper.until = 3.0
    clock.advance_to(3.0)
    assert 3.0 - GLANCE_SECONDS <= sleeper.rung[0] <= 3.0


def test_the_end_of_the_process_is_told_to_everybody_who_sleeps() -> None:
    clock = FakeClock(0.0)
    alarms = Alarms(clock)
    gone, here, there = (Light(clock, 60.0) for _ in range(3))
    for sleeper in (gone, here, there):
        alarms.add(sleeper)
    alarms.discard(gone)
    alarms.drain()
    assert [one.drained for one in (gone, here, there)] == [False, True, True]
