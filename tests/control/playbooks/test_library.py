"""The playbooks that come with the product: each is good, and does what its name says."""

from importlib.resources import files

import pytest
from msgspec.structs import replace

from mainstay.config.playbook_schema import READY_PLAYBOOKS, PlaybookSection
from mainstay.control.playbooks.desk import Request
from mainstay.control.playbooks.library import (
    DamagedLibraryError,
    load_ready,
    playbooks_for,
    ready_playbooks,
    ready_text,
)
from mainstay.control.playbooks.writing import Author
from mainstay.model.incident import Affected, ComponentStatus, Impact, IncidentStatus, Moved, Opened
from mainstay.model.playbook import Approve, GiveOrder, Publish, Webhook
from mainstay.model.records import AlertRecord, IncidentRecord
from mainstay.ops.playbooks.approvals import Voter
from mainstay.ops.playbooks.facts import ComponentFact, Facts, IncidentFact
from mainstay.ops.playbooks.state import RunState
from tests.control.playbooks.world import BEGIN, World

ANN = Author("ann", "local")
ADMIN = Voter("ann", "admin")


def incident(
    impact: Impact,
    *components: str,
    status: IncidentStatus = IncidentStatus.INVESTIGATING,
    worst: ComponentStatus = ComponentStatus.PARTIAL_OUTAGE,
) -> IncidentFact:
    affected = tuple(Affected(name, worst) for name in components)
    return IncidentFact("INC-7", "It is down", status, impact, affected, source="detection")


def world_with(found: IncidentFact | None, **states: str) -> World:
    world = World(*ready_playbooks().values())
    known = {
        f"upstream:{name.replace('__', '#')}": ComponentFact(state, BEGIN - 5_000)  # type: ignore[arg-type] # words
        for name, state in states.items()
    }
    world.facts_now = Facts(known, {}, found)
    return world


def begun(found: IncidentFact, event: str = "opened") -> World:
    world = world_with(found)
    what = Opened("x", found.impact, "detection", BEGIN) if event == "opened" else Moved(found.status)
    runner = world.runner()
    runner.turn()
    world.tell_incident(IncidentRecord("i1", BEGIN, "INC-7", 1, "detection", what))
    runner.turn()
    return world


@pytest.mark.parametrize("name", READY_PLAYBOOKS)
def test_each_is_good_without_a_warning(name: str) -> None:
    loaded = load_ready(name)
    assert (loaded.mistakes, loaded.warnings) == ((), ())
    assert list(loaded.playbooks) == [name]
    assert loaded.playbooks[name].triggers


def test_there_are_no_others() -> None:
    folder = files("mainstay.control.playbooks") / "library"
    assert {one.name for one in folder.iterdir() if one.name.endswith(".yaml")} == {
        f"{name}.yaml" for name in READY_PLAYBOOKS
    }
    with pytest.raises(DamagedLibraryError):
        ready_text("none")


@pytest.mark.parametrize("name", READY_PLAYBOOKS)
def test_each_asks_before_it_gives_an_order_publishes_or_calls_others(name: str) -> None:
    is_asked = False
    for step in ready_playbooks()[name].steps:
        is_asked = is_asked or isinstance(step.action, Approve)
        assert is_asked or not isinstance(step.action, GiveOrder | Publish | Webhook), step.id


DOWN = incident(Impact.MAJOR, "upstream:anthropic", "model:sonnet")


@pytest.mark.parametrize(
    ("found", "names"),
    [
        (DOWN, ["provider-down"]),
        (incident(Impact.MAJOR, "upstream:anthropic#login"), ["login-down"]),
        (incident(Impact.MINOR, "upstream:anthropic"), ["brown-out"]),
        (incident(Impact.MINOR, "upstream:anthropic", worst=ComponentStatus.MAJOR_OUTAGE), ["provider-down"]),
        (incident(Impact.MINOR, "upstream:anthropic/claude", "model:sonnet"), ["model-failure"]),
        (incident(Impact.CRITICAL, "upstream:anthropic", "upstream:bedrock"), ["both-clouds-down"]),
        (incident(Impact.MAJOR, "model:sonnet"), []),
        (incident(Impact.NONE, "upstream:anthropic"), []),
    ],
)
def test_each_incident_begins_the_one_that_is_for_it(found: IncidentFact, names: list[str]) -> None:
    assert [run.playbook.name for run in begun(found).desk().runs()] == names


def test_failing_back_is_suggested_when_an_incident_is_watched() -> None:
    world = begun(replace(DOWN, status=IncidentStatus.MONITORING), event="moved")
    assert world.desk().runs() == ()
    assert ["mainstay playbook run fail-back --incident INC-7" in one.text for one in world.notices.values()] == [True]


@pytest.mark.parametrize(("kind", "name"), [("auth", "credential-revoked"), ("billing", "spend-limit")])
def test_alerts_begin_theirs(kind: str, name: str) -> None:
    world = world_with(None)
    runner = world.runner()
    runner.hear(AlertRecord("a1", BEGIN, kind, "anthropic", "m", "main", "refused"))
    runner.turn()
    (run,) = world.desk().runs()
    assert run.playbook.name == name
    assert world.orders == {}
    world.desk().approve("RUN-1", ADMIN, "local")
    runner.turn()
    (order,) = world.orders.values()
    assert (order.upstream, order.credential) == ("anthropic", "main" if kind == "auth" else "")


def carried(world: World, *, seconds: float = 60.0, turns: int = 2_000) -> RunState:
    """Carry on, approving whatever is asked, until the run is over."""
    runner = world.runner()
    for _ in range(turns):
        runner.turn()
        for run in world.desk().waiting():
            world.desk().approve(run.run, ADMIN, "local")
        if world.run().is_over:
            return world.run()
        world.now += seconds
    raise AssertionError(world.run())


def test_a_provider_is_drained_after_somebody_agreed() -> None:
    world = begun(DOWN)
    run = world.run()
    assert run.asks is not None
    assert world.orders == {}
    world.desk().approve("RUN-1", ADMIN, "local")
    world.runner().turn()
    (order,) = world.orders.values()
    assert (order.kind, order.upstream) == ("drain", "anthropic")
    world.facts_now = Facts({"upstream:anthropic": ComponentFact("well", world.now)}, {}, DOWN)
    assert carried(world).outcome == "done"
    assert "anthropic is well again" in [notice.title for notice in world.notices.values()]


def test_all_of_them_come_to_a_good_end_when_all_goes_well() -> None:
    for name in READY_PLAYBOOKS:
        world = world_with(replace(DOWN, status=IncidentStatus.MONITORING), anthropic="well")
        if name == "brown-out":
            world = world_with(DOWN, anthropic="ill")
            world.facts_now.components["model:sonnet"] = ComponentFact("well", BEGIN)
        component = "upstream:anthropic/claude" if name == "model-failure" else "upstream:anthropic"
        world.facts_now.components.setdefault(component, ComponentFact("well", BEGIN - 5_000))
        world.desk().run(Request(name, "INC-7", component, "main"), ANN)
        assert (name, carried(world).outcome) == (name, "done")


def test_failing_back_is_taken_back_when_the_provider_falls_ill_again() -> None:
    world = world_with(DOWN, anthropic="well")
    world.desk().run(Request("fail-back", "INC-7"), ANN)
    runner = world.runner()
    runner.turn()
    world.desk().approve("RUN-1", ADMIN, "local")
    runner.turn()
    world.facts_now = Facts({"upstream:anthropic": ComponentFact("ill", world.now)}, {}, DOWN)
    run = carried(world)
    assert (run.outcome, run.is_unwinding) == ("failed", True)
    assert [order.kind for order in world.orders.values()] == ["drain"]


def test_a_word_in_the_configuration_is_the_mode_of_a_ready_one() -> None:
    found = playbooks_for({"provider-down": "off", "brown-out": "suggest"})
    assert (found["provider-down"].mode, found["brown-out"].mode, found["login-down"].mode) == (
        "off",
        "suggest",
        "automatic",
    )
    assert list(found) == sorted(READY_PLAYBOOKS)


def test_a_playbook_of_the_configuration_stands_in_the_place_of_a_ready_one() -> None:
    mine = PlaybookSection(steps=(), description="mine")
    found = playbooks_for({"provider-down": mine, "other": mine})
    assert found["provider-down"].description == "mine"
    assert "other" in found
