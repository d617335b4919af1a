"""The report as a whole."""

from hypothesis import given, settings
from hypothesis.strategies import floats, integers, lists, sampled_from
from msgspec.structs import replace

from mainstay.model.incident import Impact, IncidentStatus
from mainstay.ops.report.making import incident_report
from mainstay.ops.report.report import Action, Milestone
from tests.ops.report.samples import BEGAN, NOW, records, sources, spans

REPORT = incident_report(sources())


def test_its_head_says_what_it_is_about() -> None:
    assert (REPORT.id, REPORT.title, REPORT.made_at) == ("INC-7", "North | fails *again*", NOW)
    assert (REPORT.status, REPORT.impact, REPORT.is_open) == (IncidentStatus.RESOLVED, Impact.MAJOR, False)
    assert REPORT.roles == (("commander", "ada"),)


def test_components_are_told_as_they_were_at_worst() -> None:
    assert dict(REPORT.components) == {"model:sonnet": "partial outage", "upstream:north": "major outage"}


def test_the_summary_has_the_figures_that_matter() -> None:
    assert REPORT.summary == (
        "It lasted 1 h.",
        "300 of 6,000 requests failed, 5.0 % (before: 0.00 %).",
        "1 of 2 tenants met a failure.",
        "The gateway answered 1,200 requests in spite of it, 80.0 % of those that met a fault.",
        "The answers cost $2.70 more than they did before.",
        "Our own requests showed it 12 min before the page of north told.",
    )


def test_an_open_one_says_so() -> None:
    report = incident_report(sources(is_open=True))
    assert report.is_open
    assert report.summary[0] == "It lasts for 20 min so far."
    assert report.milestones[-1] == Milestone("Resolved", None, "")


def test_milestones_say_how_long_after_the_beginning() -> None:
    found = {one.name: one.after for one in REPORT.milestones}
    assert found["Began"] == ""
    assert found["First evidence"] == "20 s"
    assert found["Resolved"] == "1 h"


def test_actions_come_from_notes_and_links() -> None:
    assert REPORT.actions == (
        Action("raise the quota at south", "ada", BEGAN + 2_000),
        Action("test the fail-back", "ada", BEGAN + 2_000),
        Action("Linked playbook run RUN-1: provider down", "", BEGAN + 600),
    )


def test_no_tenant_is_named() -> None:
    assert "secret-tenant" not in repr(REPORT)
    assert "acme" not in repr(REPORT)


@settings(max_examples=40, deadline=None)
@given(
    lists(sampled_from(records()), max_size=12),
    lists(sampled_from(spans()), max_size=12, unique_by=lambda span: span.start),
    integers(1, len(sources().incident.timeline)),
    floats(BEGAN, NOW),
)
def test_any_part_of_the_record_gives_a_report(some: list[object], few: list[object], events: int, at: float) -> None:
    whole = sources()
    incident = replace(whole.incident, timeline=whole.incident.timeline[:events])
    given_records = tuple(one for one in records() if one in some)
    given_spans = tuple(one for one in spans() if one in few)
    report = incident_report(replace(whole, incident=incident, records=given_records, spans=given_spans, at=at))
    assert report.summary
    assert report.timeline
