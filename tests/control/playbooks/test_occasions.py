"""What happened, as triggers see it."""

import pytest

from mainstay.control.playbooks.occasions import OCCASION_SECONDS_MAX, occasion_of
from mainstay.model.incident import Impact, IncidentEvent, Linked, Noted, Opened, Posted, Rated
from mainstay.model.records import AlertRecord, BreakerRecord, DetectionRecord, IncidentRecord
from mainstay.ops.playbooks.facts import Facts
from mainstay.ops.playbooks.triggers import AlertOccasion, EvidenceOccasion, IncidentOccasion
from tests.control.playbooks.world import BEGIN, FactsWorld, World
from tests.ops.playbooks.drill import INCIDENT


def facts() -> FactsWorld:
    world = World()
    world.facts_now = Facts(incident=INCIDENT)
    return FactsWorld(world)


def of_incident(event: IncidentEvent, by: str = "ann", incident: str = "INC-7") -> IncidentOccasion | None:
    found = occasion_of(IncidentRecord("i", BEGIN, incident, 3, by, event), facts(), BEGIN)
    assert found is None or isinstance(found, IncidentOccasion)
    return found


OPENED = Opened("x", Impact.MINOR, "hand", BEGIN)


def test_an_incident_was_opened_or_updated() -> None:
    assert of_incident(OPENED) == IncidentOccasion("INC-7/3", BEGIN, "opened", INCIDENT)
    updated = of_incident(Rated(Impact.MAJOR), by="playbook RUN-1")
    assert updated == IncidentOccasion("INC-7/3", BEGIN, "updated", INCIDENT, by_playbook=True)


@pytest.mark.parametrize("event", [Noted("x"), Posted("x"), Linked("run", "RUN-1")])
def test_words_alone_are_no_occasion(event: IncidentEvent) -> None:
    assert of_incident(event) is None


def test_an_incident_that_is_not_known_is_none() -> None:
    assert of_incident(OPENED, incident="INC-8") is None


def test_detection_and_alerts() -> None:
    ill = DetectionRecord("d", BEGIN, "upstream:a", "ill", "why", cause="cdn")
    assert occasion_of(ill, facts(), BEGIN) == EvidenceOccasion("d", BEGIN, "upstream:a", "ill", "cdn")
    odd = DetectionRecord("d", BEGIN, "upstream:a", "puzzled", "why")
    assert occasion_of(odd, facts(), BEGIN) is None
    alert = AlertRecord("a", BEGIN, "auth", "a", "m", "main", "refused")
    assert occasion_of(alert, facts(), BEGIN) == AlertOccasion("a", BEGIN, "auth", "a", "main")


def test_what_is_old_or_something_else_is_none() -> None:
    alert = AlertRecord("a", BEGIN, "auth", "a", "m", "main", "refused")
    assert occasion_of(alert, facts(), BEGIN + OCCASION_SECONDS_MAX) is not None
    assert occasion_of(alert, facts(), BEGIN + OCCASION_SECONDS_MAX + 1) is None
    assert occasion_of(BreakerRecord("b", BEGIN, "a", "m", "c", "open", "x"), facts(), BEGIN) is None
