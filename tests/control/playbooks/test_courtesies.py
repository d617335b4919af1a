"""What people hear of a run beside its steps."""

from mainstay.control.playbooks.courtesies import Courtesies
from mainstay.control.playbooks.ports import EffectError
from mainstay.model.incident import Linked, Noted
from mainstay.model.playbook import RunEnded
from tests.control.playbooks.world import World
from tests.ops.playbooks.drill import Drill, book_of, note

ABOUT = Drill(book_of(note("a")), incident="INC-7").state
ABOUT_NOTHING = Drill(book_of(note("a"))).state


def test_the_incident_names_the_run_once_and_says_how_it_ended() -> None:
    world = World()
    courtesies = Courtesies(world.ports(), world.lines.append)
    for _ in range(2):
        courtesies.begun(ABOUT)
        courtesies.ended(ABOUT, RunEnded("done"), 5.0)
    assert list(world.incident_events.values()) == [
        Linked("run", "RUN-1", "help"),
        Noted("RUN-1 (help) is over: done"),
    ]
    assert world.notices == {}


def test_a_failure_is_told_people_even_without_an_incident() -> None:
    world = World()
    Courtesies(world.ports(), world.lines.append).ended(ABOUT_NOTHING, RunEnded("failed", "step a failed"), 5.0)
    (notice,) = world.notices.values()
    assert notice.text == "RUN-1 (help) is over: failed; step a failed"
    assert world.incident_events == {}


def test_what_cannot_be_told_holds_nothing_up() -> None:
    world = World()
    world.refusals = {"incident": EffectError("it is merged"), "notice": EffectError("full")}
    courtesies = Courtesies(world.ports(), world.lines.append)
    courtesies.begun(ABOUT)
    courtesies.ended(ABOUT, RunEnded("failed"), 5.0)
    assert world.lines == [
        "playbooks: RUN-1 could not write to INC-7: it is merged",
        "playbooks: RUN-1 could not write to INC-7: it is merged",
        "playbooks: nobody could be told that RUN-1 failed: full",
    ]
