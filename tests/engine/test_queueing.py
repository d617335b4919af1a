from collections.abc import Sequence

import pytest

from mainstay.engine.admission.room import WaitingRoom
from mainstay.engine.board import Board, Gate
from mainstay.engine.capacity.change import CapacityChange
from mainstay.engine.demand import Demand
from mainstay.engine.key import Key
from mainstay.engine.observation import Observation
from mainstay.model.catalogue import Candidate, Priority, Workload
from mainstay.model.events import Breakage
from mainstay.model.fault import Fault, FaultKind
from tests.engine.admission.places import Vacancies
from tests.engine.play import Play, candidate
from tests.engine.toy import ToyDialect

TOY = ToyDialect()
PATIENT = Workload(queue_seconds=10.0)


class Counted(Vacancies):
    """Vacancies whose attempts end, too."""

    def give_back(self, candidate: Candidate, key: Key, demand: Demand, seen: Observation) -> Sequence[CapacityChange]:
        self.free[key.upstream] += 1
        return ()


class Scene:
    """Exchanges before a board with so many places."""

    def __init__(self, **places: int) -> None:
        self.capacity = Counted(**places)
        self.board = Board(self.capacity, WaitingRoom(self.capacity, 10))

    def play(self, *names: str, workload: Workload = PATIENT, now: float = 1000.0, stream: bool = True) -> Play:
        return Play(
            TOY,
            *(candidate(name) for name in names or ("alpha",)),
            workload=workload,
            board=self.board,
            now=now,
            stream=stream,
        )


@pytest.fixture
def scene() -> Scene:
    return Scene(alpha=1, beta=0)


def served(play: Play) -> None:
    play.says("text:hello", "finish:", "end:")
    play.ends()
    assert play.over
    assert play.result is None


def shed(play: Play, code: str) -> Fault:
    assert play.over
    fault = play.result
    assert fault is not None
    assert (fault.kind, fault.code) == (FaultKind.SHED, code)
    return fault


def test_who_finds_room_does_not_wait(scene: Scene) -> None:
    play = scene.play()
    play.expect_open("alpha")
    served(play)
    assert play.exchange_record.queued_seconds == 0.0


def test_who_finds_none_waits_until_another_attempt_ends(scene: Scene) -> None:
    first, second = scene.play(), scene.play()
    second.expect_no_open()
    second.after(3.0)
    first.after(3.0)
    served(first)
    second.is_called()
    second.expect_open("alpha")
    assert scene.capacity.free["alpha"] == 0
    served(second)
    assert second.exchange_record.queued_seconds == pytest.approx(3.0)
    assert scene.capacity.free["alpha"] == 1


def test_patience_ends_with_a_fault_that_says_so(scene: Scene) -> None:
    scene.play()
    play = scene.play()
    play.after(9.9)
    assert not play.over
    play.after(0.2)
    fault = shed(play, "queue_timeout")
    assert "10.0 s" in fault.message
    assert play.exchange_record.fault_code == "queue_timeout"
    assert play.exchange_record.queued_seconds == pytest.approx(10.0)
    assert scene.board.room.size == 0


def test_who_may_not_wait_is_turned_away_at_once(scene: Scene) -> None:
    scene.play()
    shed(scene.play(workload=Workload(queue_seconds=0.0)), "queue_timeout")


def test_a_full_room_turns_away_at_once(scene: Scene) -> None:
    scene.board.room.size_max = 1
    scene.play()
    scene.play()
    shed(scene.play(), "queue_full")


def test_who_must_make_way_is_told(scene: Scene) -> None:
    scene.board.room.size_max = 1
    scene.play()
    batch = scene.play(workload=Workload(priority=Priority.BATCH))
    urgent = scene.play(workload=Workload(priority=Priority.CRITICAL))
    batch.is_called()
    shed(batch, "queue_full")
    assert not urgent.over


def test_a_caller_who_leaves_gives_up_its_place(scene: Scene) -> None:
    first, second = scene.play(), scene.play()
    second.leaves()
    assert second.result is not None
    assert second.result.kind is FaultKind.CALLER_LEFT
    served(first)
    assert (scene.board.room.size, scene.capacity.free["alpha"]) == (0, 1)


def test_a_caller_who_leaves_when_called_gives_the_room_to_the_next(scene: Scene) -> None:
    first, second, third = scene.play(), scene.play(), scene.play()
    served(first)
    called, other = (second, third) if second.rings else (third, second)
    called.leaves()
    other.is_called()
    other.expect_open("alpha")


def test_an_exchange_that_is_closed_while_it_waits_loses_no_room(scene: Scene) -> None:
    first, second = scene.play(), scene.play()
    served(first)
    assert second.rings
    second.closes()
    assert (scene.board.room.size, scene.capacity.free["alpha"]) == (0, 1)


def test_a_gateway_that_stops_ends_the_wait(scene: Scene) -> None:
    scene.play()
    play = scene.play()
    play.drains()
    assert play.result is not None
    assert play.result.kind is FaultKind.DRAINED


def test_whoever_has_room_first_is_taken(scene: Scene) -> None:
    scene.play()
    play = scene.play("alpha", "beta")
    scene.capacity.free["beta"] = 1
    scene.board.room.call_due(play.now)
    play.is_called()
    play.expect_open("beta")


def test_when_something_else_becomes_possible_the_plan_is_asked_again(scene: Scene) -> None:
    scene.play()
    scene.capacity.free["beta"] = 1
    scene.board.close_gate(Key("beta", "m", ""), Gate(1004.0, strict=True, reason="throttled"))
    play = scene.play("alpha", "beta")
    play.expect_no_open()
    play.after(4.1)
    play.expect_open("beta")
    assert scene.board.room.size == 0


def test_a_candidate_that_fell_ill_meanwhile_is_not_taken(scene: Scene) -> None:
    first = scene.play()
    play = scene.play("alpha", workload=Workload(queue_seconds=100.0))
    scene.board.close_gate(Key("alpha", "m", ""), Gate(1005.0, strict=True, reason="throttled"))
    first.breaks(Breakage.CUT)
    play.is_called()
    play.expect_no_open()
    assert not play.over
    assert scene.capacity.free["alpha"] == 1
    play.after(5.1)
    play.expect_open("alpha")


def test_a_streaming_caller_hears_something_while_it_waits(scene: Scene) -> None:
    scene.play()
    play = scene.play(workload=Workload(queue_seconds=60.0))
    play.after(20.0)
    assert play.status == 200
    assert play.heard
    play.after(50.0)
    assert play.finished
    assert shed(play, "queue_timeout").wait_seconds is not None


def test_all_waits_of_an_exchange_share_one_patience(scene: Scene) -> None:
    scene.play()
    scene.board.close_gate(Key("beta", "m", ""), Gate(1004.0, strict=True, reason="throttled"))
    play = scene.play("alpha", "beta")
    play.after(4.1)
    assert scene.board.room.awaits("beta")
    play.after(5.8)
    assert not play.over
    play.after(0.2)
    shed(play, "queue_timeout")


def test_who_is_planned_again_keeps_its_turn(scene: Scene) -> None:
    batch = Workload(priority=Priority.BATCH, queue_seconds=100.0)
    first = scene.play()
    scene.board.close_gate(Key("beta", "m", ""), Gate(1004.0, strict=True, reason="throttled"))
    old = scene.play("alpha", "beta", workload=batch)
    young = scene.play("alpha", workload=batch, now=1002.0)
    old.after(4.1)
    first.after(5.0)
    served(first)
    assert (old.rings, young.rings) == (1, 0)


def test_nobody_waits_beyond_the_deadline_of_the_exchange(scene: Scene) -> None:
    scene.play()
    play = scene.play(workload=Workload(queue_seconds=100.0, deadline_seconds=5.0))
    play.after(5.1)
    shed(play, "queue_timeout")
