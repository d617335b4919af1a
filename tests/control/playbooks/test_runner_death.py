"""The runner may die at any point: no effect is repeated, and none is lost."""

from collections import Counter

import pytest
from msgspec.structs import replace

from mainstay.model.orders import OrderKind
from mainstay.model.playbook import GiveOrder
from tests.control.playbooks.lives import LONG, lived_through, opened, whole_life, with_incident
from tests.control.playbooks.world import World
from tests.ops.playbooks.drill import step_of


def test_an_incident_begins_a_run_that_does_all_its_steps() -> None:
    world = whole_life()
    run = world.run()
    assert (run.outcome, run.via, run.incident) == ("done", "trigger", "INC-7")
    assert [deed.outcome for deed in run.deeds] == ["done"] * len(LONG.steps)
    drained, cached = world.orders.values()
    assert (drained.kind, drained.upstream, drained.run, drained.incident) == ("drain", "anthropic", "RUN-1", "INC-7")
    assert cached.kind == "cache-first"
    assert world.lines == ["playbooks: RUN-1 of help began: INC-7 opened: Anthropic is down"]
    words = [type(event).__name__ for (incident, _), event in world.incident_events.items() if incident == "INC-7"]
    assert words == ["Linked", "Linked", "Moved", "Retitled", "Rated", "Linked", "Noted", "Noted"]


def happened(world: World) -> Counter[tuple[str, str]]:
    """How often what happened; without the instants that stand in keys."""
    return Counter((what, "" if what in {"order", "end"} else key.split("/", 2)[-1]) for what, key in world.effects)


POINTS = whole_life().points


@pytest.mark.parametrize("point", range(3, POINTS + 1))
def test_a_death_at_any_point_repeats_no_effect_and_loses_none(point: int) -> None:
    world = with_incident(LONG)
    world.tell_incident(opened())
    world.dies_at = point
    lived_through(world)
    assert world.has_died
    assert world.run().outcome == "done"
    assert happened(world) == happened(whole_life())
    assert set(world.effects.values()) == {1}
    assert [deed.outcome for deed in world.run().deeds] == ["done"] * len(LONG.steps)


def unwound_life(dies_at: int | None) -> World:
    bad = step_of("bad", GiveOrder(OrderKind.DRAIN, "{run.model}"), on_failure="undo")
    world = with_incident(replace(LONG, steps=(*LONG.steps[:-1], bad)))
    world.tell_incident(opened())
    world.dies_at = dies_at
    lived_through(world)
    return world


@pytest.mark.parametrize("point", range(3, unwound_life(None).points + 1))
def test_a_death_at_any_point_of_a_run_that_is_undone_leaves_no_order_behind(point: int) -> None:
    world = unwound_life(point)
    assert world.has_died
    assert (world.run().outcome, world.run().is_unwinding) == ("failed", True)
    assert len(world.orders) == 2
    assert world.ended == set(world.orders)
    assert happened(world) == happened(unwound_life(None))
    assert set(world.effects.values()) == {1}
