"""A run of many kinds of effects, begun by an incident, and how it is lived through."""

from mainstay.model.incident import Impact, IncidentStatus, Opened
from mainstay.model.orders import OrderKind
from mainstay.model.playbook import (
    GiveOrder,
    IncidentTrigger,
    Note,
    Notify,
    OpenIncident,
    Playbook,
    Publish,
    UpdateIncident,
    Webhook,
)
from mainstay.model.records import IncidentRecord
from mainstay.ops.playbooks.facts import Facts
from tests.control.playbooks.world import BEGIN, Killed, World
from tests.ops.playbooks.drill import INCIDENT, book_of, step_of

LONG = book_of(
    step_of("tell", Notify("{incident.title}", "x"), attempts=2),
    step_of("drain", GiveOrder(OrderKind.DRAIN, "{run.upstream}")),
    step_of("hook", Webhook("https://hook.example", body={"a": "{run.id}"})),
    step_of("publish", Publish("we work on it", IncidentStatus.IDENTIFIED)),
    step_of("rate", UpdateIncident(impact=Impact.MINOR, title="a title")),
    step_of("second", GiveOrder(OrderKind.CACHE_FIRST)),
    step_of("open", OpenIncident("another")),
    step_of("last", Note("done"), on_failure="undo"),
    triggers=(IncidentTrigger(components=("upstream:*",)),),
)


def opened(number: int = 1, at: float = BEGIN, incident: str = "INC-7") -> IncidentRecord:
    event = Opened("Anthropic is down", Impact.MAJOR, "detection", at)
    return IncidentRecord(f"i{number}", at, incident, number, "detection", event)


def with_incident(*playbooks: Playbook) -> World:
    world = World(*playbooks)
    world.facts_now = Facts(incident=INCIDENT)
    return world


def lived_through(world: World) -> None:
    """Run until nothing is left to do, with a new process after a death."""
    runner = world.runner()
    for _ in range(10):
        try:
            runner.turn()
        except Killed:
            runner = world.runner()
        world.now += 1


def whole_life() -> World:
    world = with_incident(LONG)
    world.tell_incident(opened())
    lived_through(world)
    return world
