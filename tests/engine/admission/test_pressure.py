from itertools import pairwise

import msgspec
import pytest

from mainstay.engine.admission.level import POSITIONS
from mainstay.engine.admission.pressure import CALM_SECONDS, LEVELS_MAX, OVER_SECONDS, AdmissionChange, Pressure
from mainstay.engine.admission.room import WaitingRoom
from mainstay.engine.admission.sessions import MARGIN
from mainstay.engine.demand import COHORTS
from mainstay.model.catalogue import Priority
from mainstay.model.fault import FaultKind
from tests.engine.admission.places import BATCH, CRITICAL, INTERACTIVE, Vacancies, demand, even, offers, waiter

BATCH_FROM, INTERACTIVE_FROM = 2 * COHORTS, COHORTS


class Scene:
    """A room before one full upstream, and a second after another."""

    def __init__(self, size_max: int = 1_000) -> None:
        self.room = WaitingRoom(Vacancies(up=0), size_max)
        self.pressure = Pressure(self.room)
        self.now = 0.0
        self.told: list[AdmissionChange] = []

    def waits(self, priority: Priority, model: str = "m") -> None:
        self.room.enter(waiter(priority, self.now, model=model), offers(), self.now, even)

    def asks(self, priority: Priority, model: str = "m", cohorts: range = range(COHORTS)) -> list[int]:
        """One request of each cohort; which were refused."""
        return [
            cohort
            for cohort in cohorts
            if self.pressure.refusal(demand(priority, cohort=cohort), model, self.now, even) is not None
        ]

    def calls(self, session: int, cohort: int, priority: Priority = INTERACTIVE) -> bool:
        """One call of a session; whether it was let in."""
        one = msgspec.structs.replace(demand(priority, cohort=cohort), session_hash=session)
        return self.pressure.refusal(one, "m", self.now, even) is None

    def second(self, *, lagging: bool = False, grows: Priority | None = None, model: str = "m") -> None:
        self.now += 1.0
        if grows is not None:
            self.waits(grows, model)
        self.told += self.pressure.tick(self.now, lagging=lagging)

    def pressed(self, seconds: int, grows: Priority, model: str = "m") -> None:
        """So many seconds in which more wait, and everybody goes on asking."""
        for _ in range(seconds):
            for priority in (CRITICAL, INTERACTIVE, BATCH):
                self.asks(priority, model)
            self.second(grows=grows, model=model)


def test_without_pressure_everybody_comes_in() -> None:
    scene = Scene()
    scene.second()
    assert not scene.pressure.binds
    assert scene.asks(BATCH) == []
    assert scene.told == []


def test_where_interactive_work_waits_too_long_batch_work_makes_way_whole_cohorts_at_once() -> None:
    scene = Scene()
    scene.pressed(7, INTERACTIVE)
    assert scene.pressure.binds
    refused = scene.asks(BATCH)
    assert refused == list(range(refused[0], COHORTS))
    assert scene.asks(BATCH) == refused
    assert scene.asks(INTERACTIVE) == scene.asks(CRITICAL) == []


def test_then_interactive_work_and_critical_work_never() -> None:
    scene = Scene()
    scene.pressed(200, CRITICAL)
    assert len(scene.asks(BATCH)) == len(scene.asks(INTERACTIVE)) == COHORTS
    assert scene.asks(CRITICAL) == []


def test_batch_work_that_waits_costs_nobody_else_a_place() -> None:
    scene = Scene()
    scene.pressed(200, BATCH)
    assert len(scene.asks(BATCH)) == COHORTS
    assert scene.asks(INTERACTIVE) == []


def test_a_queue_that_shrinks_holds_the_level_where_it_is() -> None:
    scene = Scene()
    scene.pressed(10, INTERACTIVE)
    before = scene.pressure.binding()
    scene.asks(INTERACTIVE)
    scene.second()
    assert scene.pressure.binding() == before


def test_when_only_batch_work_waits_any_more_interactive_work_comes_back() -> None:
    scene = Scene()
    scene.pressed(40, INTERACTIVE)
    assert scene.pressure.binding()["m"] < BATCH_FROM
    scene.room = WaitingRoom(Vacancies(up=0))
    scene.pressure._room = scene.room
    scene.pressed(100, BATCH)
    assert scene.pressure.binding() == {"m": BATCH_FROM}


def test_other_models_are_not_concerned() -> None:
    scene = Scene()
    scene.pressed(100, INTERACTIVE)
    assert scene.asks(BATCH, "other") == []


def test_a_lagging_event_loop_turns_away_for_every_model() -> None:
    scene = Scene()
    for _ in range(100):
        scene.asks(BATCH, "any")
        scene.second(lagging=True)
    assert len(scene.asks(BATCH, "another")) == COHORTS
    assert list(scene.pressure.binding()) == ["*"]


def test_it_opens_again_step_by_step_and_is_over_after_calm() -> None:
    scene = Scene()
    scene.pressed(20, INTERACTIVE)
    scene.room = WaitingRoom(Vacancies(up=0))
    scene.pressure._room = scene.room
    seen = []
    while scene.pressure.binding():
        scene.asks(BATCH)
        scene.asks(INTERACTIVE)
        scene.second()
        seen.append(scene.pressure.binding().get("m", POSITIONS))
    assert seen == sorted(seen)
    steps = [after - before for before, after in pairwise(seen)]
    assert max(steps[:3]) <= 4
    assert max(steps) > 2 * max(steps[:3])
    assert len(seen) > 8
    for _ in range(int(CALM_SECONDS) - 1):
        scene.second()
    assert scene.pressure.binds
    scene.second()
    assert not scene.pressure.binds


def test_records_are_worth_writing_when_it_begins_and_ends_not_with_each_step() -> None:
    scene = Scene()
    scene.pressed(50, INTERACTIVE)
    assert [(one.model, one.state) for one in scene.told] == [("m", "batch")]
    assert "waiting for more than 1 s" in scene.told[0].reason
    scene.room = WaitingRoom(Vacancies(up=0))
    scene.pressure._room = scene.room
    for _ in range(300):
        scene.second()
    assert [(one.model, one.state) for one in scene.told] == [("m", "batch"), ("m", "open")]


def test_a_moment_of_pressure_that_turned_nobody_away_leaves_no_record() -> None:
    scene = Scene()
    scene.second(grows=INTERACTIVE)
    scene.second()
    scene.room = WaitingRoom(Vacancies(up=0))
    scene.pressure._room = scene.room
    for _ in range(100):
        scene.second()
    assert scene.told == []


def test_a_refusal_is_a_fault_of_ours_that_says_when_to_come_again() -> None:
    scene = Scene()
    scene.pressed(60, INTERACTIVE)
    fault = scene.pressure.refusal(demand(BATCH, cohort=COHORTS - 1), "m", scene.now, even)
    assert fault is not None
    assert (fault.kind, fault.code) == (FaultKind.SHED, "shed")
    assert fault.wait_seconds is not None
    assert 1.0 <= fault.wait_seconds <= 60.0
    assert "batch" in fault.message
    assert scene.room.status().shed["batch", "shed"] > 0


def test_who_stands_nearer_to_the_level_may_come_back_sooner() -> None:
    scene = Scene()
    scene.pressed(20, INTERACTIVE)
    level = scene.pressure.binding()["m"] - BATCH_FROM
    faults = [
        scene.pressure.refusal(demand(BATCH, cohort=cohort), "m", scene.now, even) for cohort in (level, COHORTS - 1)
    ]
    near, far = (one.wait_seconds for one in faults if one is not None)
    assert near is not None
    assert far is not None
    assert near < far


def test_a_room_that_is_full_presses_at_once() -> None:
    scene = Scene(size_max=2)
    for _ in range(5):
        scene.waits(BATCH)
    scene.second()
    scene.asks(BATCH)
    for _ in range(5):
        scene.waits(BATCH)
    scene.second()
    assert scene.pressure.binding()["m"] < POSITIONS
    assert "no place left" in scene.told[0].reason


def test_a_step_is_a_share_of_those_who_came_lately_not_of_those_who_came_once() -> None:
    scene = Scene()
    scene.second(grows=INTERACTIVE)
    scene.second(grows=INTERACTIVE)
    for _ in range(100):
        scene.asks(INTERACTIVE)
    for _ in range(25):
        scene.second()
    assert scene.pressure.binds
    for _ in range(3):
        scene.asks(BATCH)
        scene.second(grows=INTERACTIVE)
    assert scene.pressure.binding()["m"] > BATCH_FROM + 0.6 * COHORTS


def test_levels_are_bounded_and_the_rest_is_under_that_of_the_whole_gateway() -> None:
    scene = Scene()
    for number in range(LEVELS_MAX + 20):
        scene.waits(INTERACTIVE, f"m{number}")
    scene.second()
    scene.second()
    assert len(scene.pressure._levels) <= LEVELS_MAX + 1
    assert "*" in scene.pressure._levels


@pytest.mark.parametrize("model", ["m", "other"])
def test_nothing_is_counted_while_no_level_is_in_force(model: str) -> None:
    scene = Scene()
    assert scene.pressure.refusal(demand(BATCH), model, 0.0, even) is None
    assert scene.room.status().shed == {}


def pressed_to(scene: Scene, cohort: int) -> None:
    """Until this cohort of interactive work is the first that is turned away."""
    while scene.pressure.binding().get("m", POSITIONS) > INTERACTIVE_FROM + cohort:
        scene.pressed(1, INTERACTIVE)


def test_a_session_that_was_let_in_is_not_turned_away_by_a_level_that_swings() -> None:
    scene = Scene()
    pressed_to(scene, 120)
    level = scene.pressure.binding()["m"] - INTERACTIVE_FROM
    assert scene.calls(session=7, cohort=level - 1)
    assert not scene.calls(session=8, cohort=level)
    pressed_to(scene, level - 5)
    assert scene.calls(session=7, cohort=level - 1)
    assert not scene.calls(session=9, cohort=level - 1)


def test_a_session_gives_way_at_last_when_the_level_falls_far_below_it() -> None:
    scene = Scene()
    pressed_to(scene, 120)
    cohort = scene.pressure.binding()["m"] - INTERACTIVE_FROM - 1
    assert scene.calls(session=7, cohort=cohort)
    pressed_to(scene, cohort - MARGIN)
    assert not scene.calls(session=7, cohort=cohort)


def test_sessions_that_asked_before_the_level_bound_are_known_to_it() -> None:
    scene = Scene()
    scene.second(grows=INTERACTIVE)
    assert scene.pressure.binds
    assert scene.pressure.binding() == {}
    assert scene.calls(session=7, cohort=COHORTS - 1, priority=BATCH)
    scene.pressed(1, INTERACTIVE)
    assert scene.calls(session=7, cohort=COHORTS - 1, priority=BATCH)
    assert not scene.calls(session=8, cohort=COHORTS - 1, priority=BATCH)


class Service:
    """A place that serves so many in a second before a room that more come to."""

    def __init__(self, per_second: int, offered: int) -> None:
        self.vacancies = Vacancies(up=0)
        self.scene = Scene()
        self.scene.room = WaitingRoom(self.vacancies, 10_000)
        self.scene.pressure = Pressure(self.scene.room)
        self.per_second = per_second
        self.offered = offered
        self.cohort = 0

    def second(self) -> int:
        """Everybody asks, in turn by cohorts; how many were let in."""
        now, let_in = self.scene.now, 0
        self.vacancies.free["up"] = self.per_second
        self.scene.room.call(now)
        for _ in range(self.offered):
            self.cohort = (self.cohort + 37) % COHORTS
            one = waiter(INTERACTIVE, now + 0.5, cohort=self.cohort)
            if self.scene.pressure.refusal(one.demand, "m", now, even) is None:
                let_in += 1
                if self.vacancies.free["up"]:
                    self.vacancies.free["up"] -= 1
                else:
                    self.scene.room.enter(one, offers(), now + 0.5, even)
        self.scene.second()
        return let_in


def test_as_many_are_let_in_as_are_served() -> None:
    service = Service(per_second=100, offered=200)
    for _ in range(20):
        service.second()
    seconds = [service.second() for _ in range(60)]
    assert 92 <= sum(seconds) / len(seconds) <= 102
    assert max(seconds) - min(seconds) <= 40
    assert 0 < service.scene.room.size < 1_000


def test_half_too_much_is_turned_away_within_two_seconds() -> None:
    service = Service(per_second=100, offered=200)
    service.second()
    service.second()
    service.second()
    assert service.second() <= 105


def test_when_it_is_over_everybody_is_let_in_again_soon() -> None:
    service = Service(per_second=100, offered=200)
    for _ in range(20):
        service.second()
    service.per_second = 1_000
    seconds = next(number for number in range(100) if service.second() == service.offered)
    assert OVER_SECONDS < seconds < OVER_SECONDS + 15
