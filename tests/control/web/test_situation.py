import asyncio

from mainstay.control.gateway_glance import GatewayState, Glance
from mainstay.control.playbooks.desk import Request
from mainstay.control.playbooks.writing import Author
from mainstay.control.web.asking import Asker
from mainstay.control.web.situation import SUSPICIONS_MAX, Situation, situation, suspicions
from mainstay.model.components import Component
from mainstay.model.orders import Draft, OrderKind
from tests.control.office import ANN, Office, standing

WELL = Glance("here", GatewayState("ready", "1", {"alpha": "closed"}))


def found(office: Office, glance: Glance = WELL) -> Situation:
    return asyncio.run(situation(office.desks(), Asker(), glance, office.wall()))


def test_a_quiet_hour_is_quiet(office: Office) -> None:
    office.standing = (standing(Component("alpha")),)
    seen = found(office)
    assert seen.is_quiet
    assert (seen.incidents, seen.waiting, seen.orders, seen.unknown) == ((), (), (), ())
    assert seen.hour is not None
    assert seen.hour.exchanges == 0


def test_everything_that_is_wrong_is_there(office: Office) -> None:
    name = office.incident().id
    office.desk_of_playbooks.run(Request("help", name), Author("ann", "local"))
    office.runner.turn()
    office.orders.give(Draft(OrderKind.DRAIN, "ann", "slow", "alpha"))
    office.standing = (standing(Component("alpha"), "ill"),)
    office.troubles = ("detection is blind",)
    seen = found(office)
    assert not seen.is_quiet
    assert seen.incidents is not None
    assert seen.waiting is not None
    assert seen.incidents[0].incident.id == name
    assert seen.incidents[0].due is not None
    assert seen.incidents[0].due.clock == "next-update"
    assert (seen.waiting[0].run, seen.waiting[0].asks, seen.waiting[0].role) == ("RUN-1", "Drain alpha?", "operator")
    assert seen.map.upstreams[0].order.startswith("drain")
    assert ANN.by == "ann"


def test_an_open_breaker_alone_is_not_quiet(office: Office) -> None:
    seen = found(office, Glance("here", GatewayState("ready", "1", {"alpha": "open"})))
    assert [one.name for one in seen.breakers] == ["alpha"]
    assert not seen.is_quiet


def test_a_store_that_does_not_answer_leaves_what_is_known(office: Office) -> None:
    office.store.is_down = True
    office.standing = (standing(Component("alpha"), "suspected"),)
    seen = found(office)
    assert (seen.incidents, seen.hour) == (None, None)
    assert any(words.startswith("Incidents cannot be shown") for words in seen.unknown)
    assert [one.component for one in seen.suspicions] == ["upstream:alpha"]


def test_the_worst_come_first_and_not_without_end() -> None:
    many = tuple(standing(Component(f"u{number}"), "suspected", 100.0) for number in range(50))
    seen = suspicions((*many, standing(Component("x"), "ill", 200.0), standing(Component("y"))))
    assert len(seen) == SUSPICIONS_MAX
    assert seen[0].component == "upstream:x"
