import pytest

from mainstay.model.incident import ComponentStatus, Impact, IncidentStatus
from mainstay.ops.feeds.page import COMPONENTS_MAX, PageComponent
from mainstay.ops.feeds.words import component_status, components_of, impact_of, incident_status


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("operational", ComponentStatus.OPERATIONAL),
        ("UP", ComponentStatus.OPERATIONAL),
        ("degraded_performance", ComponentStatus.DEGRADED),
        ("DEGRADEDPERFORMANCE", ComponentStatus.DEGRADED),
        ("partial_outage", ComponentStatus.PARTIAL_OUTAGE),
        ("SERVICE_DISRUPTION", ComponentStatus.PARTIAL_OUTAGE),
        ("Major Outage", ComponentStatus.MAJOR_OUTAGE),
        ("downtime", ComponentStatus.MAJOR_OUTAGE),
        ("SERVICE_OUTAGE", ComponentStatus.MAJOR_OUTAGE),
        ("under_maintenance", ComponentStatus.MAINTENANCE),
        ("on fire", None),
        (None, None),
    ],
)
def test_the_same_state_is_known_in_every_spelling(word: str | None, status: ComponentStatus | None) -> None:
    assert component_status(word) is status


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("investigating", IncidentStatus.INVESTIGATING),
        ("IDENTIFIED", IncidentStatus.IDENTIFIED),
        ("monitoring", IncidentStatus.MONITORING),
        ("resolved", IncidentStatus.RESOLVED),
        ("postmortem", IncidentStatus.RESOLVED),
        ("unheard of", IncidentStatus.INVESTIGATING),
    ],
)
def test_an_incident_of_unknown_status_is_open(word: str, status: IncidentStatus) -> None:
    assert incident_status(word) is status


def test_an_unknown_impact_is_a_minor_one() -> None:
    assert impact_of("dreadful") is Impact.MINOR
    assert impact_of("critical") is Impact.CRITICAL


def test_components_without_a_name_or_a_known_state_are_left_out() -> None:
    pairs = [("API", "operational"), (None, "operational"), ("", "operational"), ("Odd", "on fire"), ("API", "down")]
    assert components_of(pairs) == (PageComponent("API", ComponentStatus.MAJOR_OUTAGE),)


def test_no_page_has_more_components_than_are_borne() -> None:
    assert len(components_of((f"c{number}", "operational") for number in range(2_000))) == COMPONENTS_MAX
