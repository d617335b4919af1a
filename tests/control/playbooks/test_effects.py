"""Effects: what an action does through the ports."""

import msgspec
import pytest

from mainstay.control.playbooks.effects import Errand, perform
from mainstay.control.playbooks.ports import EffectError
from mainstay.model.incident import Affected, ComponentStatus, Impact, IncidentStatus, Moved, Noted, Opened, Posted
from mainstay.model.orders import OrderKind
from mainstay.model.playbook import (
    Action,
    Approve,
    EndOrders,
    GiveOrder,
    Note,
    Notify,
    OpenIncident,
    Probe,
    Publish,
    UpdateIncident,
    Wait,
    Webhook,
)
from mainstay.ops.playbooks.outcomes import Done, Failed
from mainstay.ops.playbooks.state import Deed
from tests.control.playbooks.world import World
from tests.ops.playbooks.drill import Drill, book_of, note

KEY = "RUN-1/5/a"


def errand(action: Action | None, incident: str = "INC-7", *, is_undo: bool = False) -> Errand:
    state = Drill(book_of(note("a")), incident=incident, component="upstream:anthropic").state
    return Errand(state, Deed("a", 1, 5.0, is_undo=is_undo, key=KEY, action=action), 30.0)


def done(world: World, action: Action, incident: str = "INC-7") -> Done:
    result = perform(errand(action, incident), world.ports())
    assert isinstance(result, Done), result
    return result


def test_an_order_is_given_under_the_id_of_its_key_and_linked_to_its_incident() -> None:
    world = World()
    for _ in range(2):
        result = done(world, GiveOrder(OrderKind.DRAIN, "anthropic"))
    (order,) = world.orders.values()
    assert result.results == (order.id,)
    assert order.given_at == 5.0
    assert [key for _, key in world.incident_events] == [f"{KEY}/link"]


def test_an_order_that_cannot_be_linked_is_given_all_the_same() -> None:
    world = World()
    world.refusals["incident"] = EffectError("it was merged", is_final=True)
    result = done(world, GiveOrder(OrderKind.DRAIN, "anthropic"))
    assert result.words == "drain anthropic; not linked to INC-7: it was merged"


def test_an_order_without_an_incident_is_linked_to_none() -> None:
    world = World()
    done(world, GiveOrder(OrderKind.DRAIN, "anthropic"), incident="")
    assert world.incident_events == {}


def test_orders_are_ended_by_id_and_by_upstream() -> None:
    world = World()
    done(world, GiveOrder(OrderKind.DRAIN, "anthropic"))
    (given,) = world.orders
    assert done(world, EndOrders("anthropic", (OrderKind.FORBID,))).words == "no order was in force"
    assert done(world, EndOrders("anthropic", (OrderKind.DRAIN,), ids=(given, "ORD-NONE"))).results == (given,)
    assert world.ended == {given}


def test_a_probe_that_is_not_served_has_failed() -> None:
    world = World()
    assert done(world, Probe("upstream:anthropic")).words == "upstream:anthropic: served, in 0.2 s"
    world.refusals["probe"] = EffectError("no")
    assert isinstance(perform(errand(Probe("upstream:anthropic")), world.ports()), Failed)


def test_a_webhook_is_the_same_bytes_each_time_and_carries_its_key() -> None:
    world = World()
    done(world, Webhook("https://h.example", body={"what": "x"}))
    ((webhook_id, body),) = world.posts
    assert webhook_id == KEY
    assert msgspec.json.decode(body) == {
        "type": "mainstay.playbook",
        "run": "RUN-1",
        "playbook": "help",
        "step": "a",
        "incident": "INC-7",
        "component": "upstream:anthropic",
        "data": {"what": "x"},
    }


def test_people_are_told_and_asked() -> None:
    world = World()
    done(world, Notify("title", "text", targets=("ops",), needs_acknowledgement=True))
    (notice,) = world.notices.values()
    assert (notice.key, notice.targets, notice.incident, notice.needs_acknowledgement) == (KEY, ("ops",), "INC-7", True)
    asked = World()
    done(asked, Approve("admin", 2, 600.0, text="Drain it"))
    (request,) = asked.notices.values()
    assert request.title == "RUN-1 asks for approval: help, a"
    assert "Drain it (a test)." in request.text
    assert "2 people with the role admin must agree within 10 minutes" in request.text
    assert "mainstay playbook refuse RUN-1" in request.text


def test_the_incident_is_told() -> None:
    world = World()
    done(world, Publish("words"))
    done(world, Publish("words", IncidentStatus.MONITORING))
    done(world, Note("a note"))
    assert list(world.incident_events.values()) == [
        Posted("words"),
        Moved(IncidentStatus.MONITORING, "words"),
        Noted("a note"),
    ]


def test_an_update_is_an_event_for_each_change_with_a_key_of_its_own() -> None:
    world = World()
    affected = (Affected("model:m", ComponentStatus.DEGRADED),)
    done(world, UpdateIncident(IncidentStatus.IDENTIFIED, Impact.MAJOR, "title", affected))
    keys = [key for _, key in world.incident_events]
    assert keys == [f"{KEY}/retitled", f"{KEY}/rated", f"{KEY}/scoped", f"{KEY}/moved"]


def test_an_incident_is_opened_once_and_names_the_run() -> None:
    world = World()
    for _ in range(2):
        assert done(world, OpenIncident("title", Impact.MAJOR, is_private=True), incident="").results == ("INC-9",)
    opened = next(event for event in world.incident_events.values() if isinstance(event, Opened))
    assert (opened.source, opened.is_private, opened.started_at) == ("playbook", True, 5.0)
    assert len(world.incident_events) == 2


@pytest.mark.parametrize("action", [Note("x"), Publish("x"), UpdateIncident(title="x")])
def test_without_an_incident_there_is_none_to_tell(action: Action) -> None:
    result = perform(errand(action, incident=""), World().ports())
    assert result == Failed("the run is about no incident", is_final=True)


def test_what_a_port_says_of_its_failure_is_kept() -> None:
    world = World()
    world.refusals["webhook"] = EffectError("no answer", may_have_acted=True)
    assert perform(errand(Webhook("https://h")), world.ports()) == Failed("no answer", may_have_acted=True)
    world.refusals["webhook"] = EffectError("gone", is_final=True)
    assert perform(errand(Webhook("https://h")), world.ports()) == Failed("gone", is_final=True)


def test_a_defect_of_a_port_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()

    def broken(_url: str, _key: str, _id: str, _body: bytes, _seconds: float) -> str:
        raise ZeroDivisionError("oh")

    ports = world.ports()
    monkeypatch.setattr(ports.webhooks, "post", broken)
    assert perform(errand(Webhook("https://h")), ports) == Failed("ZeroDivisionError: oh", may_have_acted=True)


@pytest.mark.parametrize("action", [None, Wait(5.0)])
def test_what_is_no_effect_cannot_be_performed(action: Action | None) -> None:
    result = perform(errand(action), World().ports())
    assert isinstance(result, Failed)
    assert result.is_final
