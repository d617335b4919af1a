"""What people ask of playbooks."""

from collections.abc import Callable

import pytest

from mainstay.control.playbooks.desk import PlaybookDesk, PlaybookError, Request
from mainstay.control.playbooks.ports import EffectError, OrderPreview
from mainstay.control.playbooks.writing import Author
from mainstay.model.orders import Order, OrderKind
from mainstay.model.playbook import Approve, Cancelled, GiveOrder, Wait
from mainstay.ops.playbooks.approvals import Voter
from mainstay.ops.playbooks.facts import Facts
from mainstay.ops.playbooks.state import RunState
from tests.control.playbooks.world import OrderWorld, World
from tests.ops.playbooks.drill import INCIDENT, book_of, drain, note, step_of

ANN = Author("ann", "local")
OPERATOR, ADMIN = Voter("ann", "operator"), Voter("bob", "admin")


def asking(count: int = 1) -> World:
    world = World(book_of(step_of("ask", Approve(count=count)), step_of("w", Wait(60.0))))
    world.facts_now = Facts(incident=INCIDENT)
    world.desk().run(Request("help", "INC-7"), ANN)
    world.runner().turn()
    return world


def test_a_run_by_hand_is_about_what_it_is_told() -> None:
    world = World(book_of(note("a")))
    world.facts_now = Facts(incident=INCIDENT)
    desk = world.desk()
    of_incident = desk.run(Request("help", "INC-7"), ANN)
    assert (of_incident.incident, of_incident.component) == ("INC-7", "upstream:anthropic")
    assert of_incident.began.cause == "by hand, for INC-7: Anthropic is down"
    assert (of_incident.by, of_incident.via) == ("ann", "local")
    of_component = desk.run(Request("help", component="model:m"), ANN)
    assert (of_component.incident, of_component.component) == ("", "model:m")
    assert [run.run for run in desk.runs()] == ["RUN-2", "RUN-1"]
    assert [run.run for run in desk.runs(before="RUN-2")] == ["RUN-1"]
    assert len(desk.runs(limit=1)) == 1


@pytest.mark.parametrize(
    ("request_made", "words"),
    [
        (Request("hlep"), "there is no playbook 'hlep'; there are help"),
        (Request("help", "INC-8"), "there is no incident 'INC-8'"),
        (Request("help", component="anthropic"), "'anthropic' is no component"),
    ],
)
def test_what_is_not_there_is_said(request_made: Request, words: str) -> None:
    world = World(book_of(note("a")))
    for act in (world.desk().plan, lambda one: world.desk().run(one, ANN)):
        with pytest.raises(PlaybookError, match=words):
            act(request_made)


def test_one_run_about_the_same_at_a_time() -> None:
    world = World(book_of(step_of("w", Wait(60.0))))
    world.desk().run(Request("help", component="model:m"), ANN)
    with pytest.raises(PlaybookError, match="RUN-1 of help about the same is under way"):
        world.desk().run(Request("help", component="model:m"), ANN)
    world.desk().run(Request("help", component="model:n"), ANN)


def test_a_run_is_read_however_it_is_written() -> None:
    world = asking()
    assert world.desk().read(" run-1").run == "RUN-1"
    for name in ("RUN-2", "INC-7", "", "RUN-x"):
        with pytest.raises(PlaybookError, match="there is no run"):
            world.desk().read(name)


def test_what_waits_for_people() -> None:
    world = asking()
    desk = world.desk()
    assert [run.run for run in desk.waiting()] == ["RUN-1"]
    after = desk.approve("RUN-1", OPERATOR, "local", comment="go\x1b on")
    assert after.deeds[0].votes[0].comment == "go on"
    world.runner().turn()
    assert desk.waiting() == ()


def race(desk: PlaybookDesk, meanwhile: Callable[[], RunState]) -> None:
    """Something else is written between this desk's look and its own word."""
    read = desk.read
    looks = [True]

    def slow_read(run: str) -> RunState:
        state = read(run)
        if looks:
            looks.clear()
            meanwhile()
        return state

    desk.read = slow_read  # type: ignore[method-assign] # the test stands between two moments


def test_of_two_who_approve_at_once_both_count_where_two_are_needed() -> None:
    world = asking(count=2)
    second = world.desk()
    race(second, lambda: world.desk().approve("RUN-1", OPERATOR, "local"))
    after = second.approve("RUN-1", ADMIN, "local")
    assert [vote.by for vote in after.deeds[0].votes] == ["ann", "bob"]


def test_of_two_who_approve_at_once_the_second_is_told_where_one_is_enough() -> None:
    world = asking()
    second = world.desk()
    race(second, lambda: world.desk().approve("RUN-1", OPERATOR, "local"))
    with pytest.raises(PlaybookError, match="was approved already, by ann"):
        second.approve("RUN-1", ADMIN, "local")
    assert [vote.by for vote in world.run().deeds[0].votes] == ["ann"]


def test_of_an_approval_and_a_refusal_at_once_the_first_counts() -> None:
    world = asking()
    second = world.desk()
    race(second, lambda: world.desk().refuse("RUN-1", OPERATOR, "local"))
    with pytest.raises(PlaybookError, match="was refused already"):
        second.approve("RUN-1", ADMIN, "local")


def test_a_run_is_cancelled_once() -> None:
    world = asking()
    after = world.desk().cancel("RUN-1", ANN, why="a mistake")
    assert after.cancelled == Cancelled("a mistake")
    with pytest.raises(PlaybookError, match="was cancelled by ann already"):
        world.desk().cancel("RUN-1", ANN)
    world.runner().turn()
    with pytest.raises(PlaybookError, match=r"is over \(cancelled\)"):
        world.desk().cancel("RUN-1", ANN)


def test_a_cancellation_finds_its_place_behind_what_was_written_meanwhile() -> None:
    world = asking(count=2)
    second = world.desk()
    race(second, lambda: world.desk().approve("RUN-1", OPERATOR, "local"))
    assert second.cancel("RUN-1", ANN).cancelled is not None


def test_a_plan_shows_what_orders_would_do_and_does_nothing() -> None:
    world = World(book_of(drain("a"), step_of("b", GiveOrder(OrderKind.PIN, "abroad"))))
    steps = world.desk().plan(Request("help")).steps
    assert steps[0].preview == ("would move all traffic of anthropic",)
    assert steps[1].problem == "it would be refused: residency forbids it"
    assert world.effects == {}
    assert world.store.events == []


def test_a_plan_without_a_preview_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_self: OrderWorld, _order: Order) -> OrderPreview:
        raise EffectError("the disk is gone")

    monkeypatch.setattr(OrderWorld, "preview", broken)
    steps = World(book_of(drain("a"))).desk().plan(Request("help")).steps
    assert steps[0].preview == ("no preview: the disk is gone",)


def test_all_playbooks() -> None:
    desk = World(book_of(note("a"))).desk()
    assert [one.name for one in desk.playbooks()] == ["help"]
