from collections.abc import Iterator
from itertools import count

from mainstay.engine.admission.room import WaitingRoom
from mainstay.engine.demand import COHORTS
from mainstay.gateway.admission import Admission, AdmissionStatus
from mainstay.model.call import Call, CallKind
from mainstay.model.catalogue import Priority, Workload
from mainstay.model.fault import FaultKind
from mainstay.model.records import CapacityRecord, Record
from tests.engine.admission.places import INTERACTIVE, Vacancies, even, offers, waiter
from tests.gateway.doubles import FakeClock

BATCH = Workload("batch", Priority.BATCH)


class Kept:
    """A journal that is a list."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def write(self, record: Record) -> None:
        self.records.append(record)


class Scene:
    def __init__(self) -> None:
        self.clock = FakeClock(0.0)
        self.journal = Kept()
        self.room = WaitingRoom(Vacancies(up=0))
        ids: Iterator[int] = count()
        wall = lambda: 5_000.0 + self.clock.now  # noqa: E731 - a clock of one line
        self.admission = Admission(self.room, self.clock, wall, self.journal, lambda: f"ex_{next(ids)}")
        self.admission.start()

    def asks(self, session: str = "") -> bool:
        """Whether a batch request of this session comes in."""
        if not self.admission.pressure.binds:
            return True
        return self.admission.refusal(call(session), BATCH, "t", 1.0) is None

    def pressed(self, seconds: int) -> None:
        """So many seconds in which more interactive requests wait, and batch requests of all sessions come."""
        for _ in range(seconds):
            self.room.enter(waiter(INTERACTIVE, self.clock.now), offers(), self.clock.now, even)
            for number in range(COHORTS):
                self.asks(f"session {number}")
            self.clock.advance(1.0)


def call(session: str) -> Call:
    return Call("toy", CallKind.ANSWER, "/ask", "m", stream=False, headers=(), body=b"", session=session)


def test_without_pressure_nobody_is_asked() -> None:
    scene = Scene()
    scene.clock.advance(10.0)
    assert not scene.admission.pressure.binds
    assert scene.asks()
    assert scene.journal.records == []


def test_under_pressure_a_session_comes_in_always_or_never() -> None:
    scene = Scene()
    scene.pressed(10)
    answers = {number: {scene.asks(f"session {number}") for _ in range(5)} for number in range(200)}
    assert all(len(one) == 1 for one in answers.values())
    assert {True, False} == {value for one in answers.values() for value in one}


def test_requests_without_a_session_are_turned_away_one_by_one() -> None:
    scene = Scene()
    scene.pressed(10)
    answers = [scene.asks() for _ in range(300)]
    assert {True, False} == set(answers)


def test_a_refusal_is_ours_and_says_when_to_come_again() -> None:
    scene = Scene()
    scene.pressed(60)
    fault = scene.admission.refusal(call("session 1"), BATCH, "t", 1.0)
    assert fault is not None
    assert (fault.kind, fault.code) == (FaultKind.SHED, "shed")
    assert fault.wait_seconds is not None


def test_the_beginning_and_the_end_of_pressure_are_written_down() -> None:
    scene = Scene()
    scene.pressed(5)
    first = scene.journal.records[0]
    assert isinstance(first, CapacityRecord)
    assert (first.what, first.upstream, first.model, first.state) == ("admission", "", "m", "batch")
    assert first.at > 5_000.0
    assert first.id.endswith("-capacity-admission")
    assert len(scene.journal.records) == 1


def test_it_says_how_it_stands() -> None:
    scene = Scene()
    status = scene.admission.status()
    assert status == AdmissionStatus(
        {"critical": 0, "interactive": 0, "batch": 0}, {"critical": 0, "interactive": 0, "batch": 0}, {}, {}
    )
    assert status.trouble is None
    scene.pressed(60)
    pressed = scene.admission.status()
    assert pressed.waiting["interactive"] == 60
    assert pressed.shed["batch/shed"] > 0
    assert list(pressed.levels) == ["m"]
    assert pressed.trouble is not None
    assert "m" in pressed.trouble


def test_trouble_names_the_event_loop_first() -> None:
    status = AdmissionStatus({}, {}, {}, {"m": 300}, 0.2, is_lagging=True)
    assert status.trouble is not None
    assert "event loop" in status.trouble


def test_after_its_end_nothing_is_due() -> None:
    scene = Scene()
    scene.admission.close()
    scene.room.enter(waiter(), offers(), 0.0, even)
    assert scene.clock.due == []


def test_a_loop_that_lags_turns_batch_work_away_for_every_model() -> None:
    scene = Scene()

    def block() -> None:
        scene.clock.now += 0.5

    for _ in range(200):
        scene.clock.call_at(scene.clock.now, block)
        scene.asks(f"session {len(scene.clock.due)}")
        scene.asks()
        scene.clock.advance(0.1)
    assert list(scene.admission.status().levels) == ["*"]
    assert scene.admission.status().is_lagging
