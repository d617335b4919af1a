from mainstay.engine.admission.room import WaitingRoom
from mainstay.engine.admission.waiter import Waiter
from mainstay.gateway.queue_tick import TICK_SECONDS, QueueTick
from tests.engine.admission.places import Vacancies, even, offers, waiter
from tests.gateway.doubles import FakeClock


class Scene:
    def __init__(self) -> None:
        self.clock = FakeClock(100.0)
        self.capacity = Vacancies(up=0)
        self.room = WaitingRoom(self.capacity)
        self.tick = QueueTick(self.clock, self.room)

    def waits(self) -> Waiter:
        one = waiter(at=self.clock.now)
        self.room.enter(one, offers(), self.clock.now, even)
        return one


def test_while_nobody_waits_nothing_is_due() -> None:
    assert Scene().clock.due == []


def test_room_that_comes_with_time_is_noticed_within_a_tick() -> None:
    scene = Scene()
    one = scene.waits()
    scene.clock.advance(1.0)
    assert one.granted is None
    scene.capacity.free["up"] = 1
    scene.clock.advance(TICK_SECONDS)
    assert one.granted is not None


def test_it_rests_when_nobody_waits_any_more_and_begins_again() -> None:
    scene = Scene()
    scene.room.leave(scene.waits(), 100.0)
    scene.clock.advance(1.0)
    assert scene.clock.due == []
    scene.waits()
    scene.waits()
    assert len(scene.clock.due) == 1


def test_who_comes_before_the_last_tick_needs_no_second_one() -> None:
    scene = Scene()
    scene.room.leave(scene.waits(), 100.0)
    scene.waits()
    assert len(scene.clock.due) == 1


def test_after_its_end_nothing_is_due_whoever_waits() -> None:
    scene = Scene()
    scene.room.leave(scene.waits(), 100.0)
    scene.tick.close()
    scene.waits()
    assert scene.clock.due == []
