"""How incidents say that a component was."""

from mainstay.model.components import GATEWAY, Component
from mainstay.model.incident import Affected, Impact, IncidentStatus, Merged, Moved, Opened, Scoped
from mainstay.ops.status.course import Stretch, concerns, ended_at, joined, status_now, stretches
from tests.ops.status.samples import NOW, OUT, PART, SLOW, WELL, incident, open_incident, past_incident

SONNET = Component(model="sonnet")
NORTH = Component("north")


def test_parts_of_a_provider_concern_it_in_part_at_most() -> None:
    assert concerns(Affected("upstream:north", OUT), NORTH) == OUT
    assert concerns(Affected("upstream:north/sonnet", OUT), NORTH) == PART
    assert concerns(Affected("upstream:north#login", SLOW), NORTH) == SLOW
    assert concerns(Affected("upstream:south", OUT), NORTH) is None
    assert concerns(Affected("upstream:north", OUT), Component("north", "sonnet")) is None
    assert concerns(Affected("upstream:north", OUT), GATEWAY) is None
    assert concerns(Affected("model:sonnet", OUT), SONNET) == OUT
    assert concerns(Affected("nonsense", OUT), NORTH) is None


def test_an_incident_begins_when_the_trouble_did_and_goes_on_until_now() -> None:
    began = NOW - 1_800
    assert stretches(open_incident(), SONNET, NOW) == [
        Stretch(began, began + 600, PART),
        Stretch(began + 600, NOW, SLOW),
    ]


def test_a_component_is_well_again_before_the_incident_is_resolved() -> None:
    began = NOW - 5_000
    state = incident(
        "INC-1",
        (began, Opened("a", Impact.MAJOR, "hand", began, (Affected("model:sonnet", OUT),))),
        (began + 600, Scoped((Affected("model:sonnet", WELL),))),
        (began + 3_000, Moved(IncidentStatus.RESOLVED)),
    )
    assert stretches(state, SONNET, NOW) == [Stretch(began, began + 600, OUT)]


def test_what_comes_to_it_later_was_well_before() -> None:
    began = NOW - 5_000
    state = incident(
        "INC-1",
        (began + 60, Opened("a", Impact.MAJOR, "hand", began, (Affected("model:opus", OUT),))),
        (began + 3_000, Scoped((Affected("model:sonnet", OUT),))),
    )
    assert stretches(state, SONNET, NOW) == [Stretch(began + 3_000, NOW, OUT)]


def test_one_that_was_opened_again_was_not_ill_meanwhile() -> None:
    began = NOW - 5_000
    state = incident(
        "INC-1",
        (began, Opened("a", Impact.MAJOR, "hand", began, (Affected("model:sonnet", OUT),))),
        (began + 600, Scoped((Affected("model:sonnet", WELL),))),
        (began + 600, Moved(IncidentStatus.RESOLVED)),
        (began + 3_000, Moved(IncidentStatus.INVESTIGATING)),
        (began + 3_000, Scoped((Affected("model:sonnet", OUT),))),
    )
    assert stretches(state, SONNET, NOW) == [Stretch(began, began + 600, OUT), Stretch(began + 3_000, NOW, OUT)]


def test_one_that_became_part_of_another_ends_there() -> None:
    began = NOW - 5_000
    opened = Opened("a", Impact.MAJOR, "hand", began, (Affected("model:sonnet", OUT),))
    state = incident("INC-1", (began, opened), (began + 700, Merged("INC-2")))
    assert ended_at(state) == began + 700
    assert stretches(state, SONNET, NOW) == [Stretch(began, began + 700, OUT)]


def test_one_that_is_over_says_nothing_of_now() -> None:
    assert status_now(past_incident(), Component(model="opus"), NOW) is None
    assert status_now(open_incident(), SONNET, NOW) == Stretch(NOW - 1_200, NOW + 1, SLOW)
    assert status_now(open_incident(), GATEWAY, NOW) is None


def test_one_that_begins_now_is_seen_at_once() -> None:
    opened = Opened("a", Impact.MAJOR, "hand", NOW, (Affected("model:sonnet", OUT),))
    assert status_now(incident("INC-1", (NOW, opened)), SONNET, NOW) == Stretch(NOW, NOW + 1, OUT)


def test_of_stretches_at_the_same_time_the_worst_counts() -> None:
    assert list(joined([Stretch(0, 10, SLOW), Stretch(5, 8, OUT), Stretch(20, 30, PART)])) == [
        Stretch(0, 5, SLOW),
        Stretch(5, 8, OUT),
        Stretch(8, 10, SLOW),
        Stretch(20, 30, PART),
    ]
