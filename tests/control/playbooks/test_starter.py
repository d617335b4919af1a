"""Begins runs, or tells people that they could. More of it is in `test_runner.py`."""

from mainstay.control.playbooks.index import RunIndex
from mainstay.control.playbooks.ports import EffectError
from mainstay.control.playbooks.starter import Starter, command, with_start
from mainstay.control.playbooks.writing import Pen
from mainstay.model.playbook import START_STEP, Approve, EvidenceTrigger, Mode, Playbook
from mainstay.ops.playbooks.triggers import OPEN_RUNS_MAX, EvidenceOccasion, Subject
from tests.control.playbooks.world import BEGIN, World
from tests.ops.playbooks.drill import book_of, note


def starter_of(world: World) -> Starter:
    index = RunIndex(world.new_book())
    index.refresh(BEGIN)
    pen = Pen(world.new_book(), index, lambda: world.now, world.next_id)
    return Starter(lambda: world.playbooks, index, pen, world.ports(), world.lines.append)


def ill(number: int) -> EvidenceOccasion:
    return EvidenceOccasion(f"d{number}", BEGIN, f"upstream:u{number}", "ill")


def on_evidence(mode: Mode = "automatic") -> Playbook:
    return book_of(note("a"), triggers=(EvidenceTrigger(("*",)),), mode=mode)


def test_a_storm_of_triggers_begins_a_bounded_number_of_runs() -> None:
    world = World(on_evidence())
    starter = starter_of(world)
    for number in range(OPEN_RUNS_MAX + 5):
        starter.consider(ill(number), BEGIN)
    assert len(world.desk().runs(limit=1_000)) == OPEN_RUNS_MAX
    assert world.lines[-1] == "playbooks: help was not begun (upstream:u54 is ill): 50 runs are open"


def test_a_playbook_that_is_off_begins_nothing() -> None:
    world = World(on_evidence("off"))
    starter_of(world).consider(ill(1), BEGIN)
    assert world.desk().runs() == ()


def test_a_suggestion_is_made_once() -> None:
    world = World(on_evidence("suggest"))
    starter = starter_of(world)
    starter.consider(ill(1), BEGIN)
    before = world.points
    starter.consider(ill(1), BEGIN)
    assert world.points == before > 0


def test_a_suggestion_that_cannot_be_told_is_told_the_operator() -> None:
    world = World(on_evidence("suggest"))
    world.refusals["notice"] = EffectError("the queue is full")
    starter_of(world).consider(ill(1), BEGIN)
    assert world.lines == ["playbooks: help could not be suggested: the queue is full"]


def test_the_question_comes_first() -> None:
    start, *rest = with_start(on_evidence()).steps
    assert start.id == START_STEP
    assert isinstance(start.action, Approve)
    assert start.action.text == "help wants to begin. It helps."
    assert rest == list(on_evidence().steps)


def test_the_command_by_hand() -> None:
    assert command(on_evidence(), Subject("x")) == "mainstay playbook run help"
    assert command(on_evidence(), Subject("x", "INC-1", "model:m")).endswith(
        "help --incident INC-1 --component model:m"
    )
