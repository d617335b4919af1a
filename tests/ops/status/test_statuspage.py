"""JSON of the Statuspage API v2: its shapes, and that readers of such pages read ours."""

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis.strategies import floats
from msgspec.structs import replace

from mainstay.model.settings import StatusPageSettings
from mainstay.ops.feeds.page import Page
from mainstay.ops.feeds.reading import read_page
from mainstay.ops.status.reading import status_view
from mainstay.ops.status.statuspage import documents, iso, update_event
from mainstay.ops.status.syndication import syndication
from tests.ops.status.samples import NOW, PART, sources

PAGE = {"id", "name", "url", "time_zone", "updated_at"}
COMPONENT = {
    "id",
    "name",
    "status",
    "created_at",
    "updated_at",
    "position",
    "description",
    "showcase",
    "start_date",
    "group_id",
    "page_id",
    "group",
    "only_show_if_degraded",
}
INCIDENT = {
    "id",
    "name",
    "status",
    "impact",
    "created_at",
    "updated_at",
    "started_at",
    "monitoring_at",
    "resolved_at",
    "shortlink",
    "page_id",
    "components",
    "incident_updates",
}
UPDATE = {
    "id",
    "incident_id",
    "status",
    "body",
    "created_at",
    "updated_at",
    "display_at",
    "deliver_notifications",
    "custom_tweet",
    "tweet_id",
    "affected_components",
}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class Found(msgspec.Struct):
    """Whatever a document holds, as loosely as a tool reads it."""

    page: dict[str, str]
    status: dict[str, str] = {}
    components: list[dict[str, object]] = []
    incidents: list[dict[str, object]] = []
    incident: dict[str, object] = {}
    scheduled_maintenances: list[object] | None = None
    generated_at: str = ""


VIEW = status_view(sources())
FOUND = {path: msgspec.json.decode(body, type=Found) for path, body in documents(VIEW).items()}


def test_every_document_is_there() -> None:
    names = {path.removeprefix("api/v2/").removesuffix(".json") for path in FOUND}
    assert names == {
        "summary",
        "status",
        "components",
        "incidents",
        "incidents/unresolved",
        "incidents/INC-1",
        "incidents/INC-2",
        "scheduled-maintenances",
        "scheduled-maintenances/active",
        "scheduled-maintenances/upcoming",
    }


@pytest.mark.parametrize("path", sorted(FOUND))
def test_every_document_says_which_page_it_is_of(path: str) -> None:
    page = FOUND[path].page
    assert page.keys() == PAGE
    assert (page["name"], page["url"]) == ("Acme AI", "https://status.acme.example")
    assert INSTANT.fullmatch(page["updated_at"])


def test_the_summary_has_the_fields_that_tools_know() -> None:
    summary = FOUND["api/v2/summary.json"]
    assert summary.status == {"indicator": "major", "description": "Partial outage"}
    assert summary.scheduled_maintenances == []
    assert summary.generated_at == iso(NOW)
    assert all(one.keys() >= COMPONENT for one in summary.components)
    assert [one["id"] for one in summary.incidents] == ["INC-2"]
    assert summary.incidents[0].keys() >= INCIDENT
    updates = summary.incidents[0]["incident_updates"]
    assert isinstance(updates, list)
    assert all(update.keys() == UPDATE for update in updates)


def test_providers_are_a_group_that_stands_after_ours() -> None:
    components = FOUND["api/v2/components.json"].components
    group = next(one for one in components if one["group"])
    members = [one for one in components if one["group_id"] == group["id"]]
    assert [one["name"] for one in members] == ["north", "south"]
    assert group["components"] == [one["id"] for one in members]
    assert group["status"] == "major_outage"
    assert [one["position"] for one in components] == list(range(1, len(components) + 1))


def test_without_providers_there_is_no_group() -> None:
    view = status_view(replace(sources(), settings=StatusPageSettings(providers=False)))
    found = msgspec.json.decode(documents(view)["api/v2/components.json"], type=Found)
    assert [one["name"] for one in found.components] == ["Gateway", "sonnet", "opus"]


def test_the_state_of_a_component_can_be_rebuilt_from_the_updates() -> None:
    updates = FOUND["api/v2/incidents/INC-1.json"].incident["incident_updates"]
    assert isinstance(updates, list)
    course = [
        (one["display_at"], change["old_status"], change["new_status"])
        for one in reversed(updates)
        for change in one["affected_components"] or []
    ]
    began = NOW - 3 * 86_400
    assert course == [
        (iso(began + 10), "operational", "major_outage"),
        (iso(began + 2_400), "major_outage", "partial_outage"),
        (iso(began + 3_600), "partial_outage", "operational"),
    ]


@pytest.mark.parametrize("path", ["api/v2/summary.json", "api/v2/incidents.json"])
def test_a_strict_reader_of_such_pages_reads_ours(path: str) -> None:
    page = read_page(documents(VIEW)[path], NOW)
    assert isinstance(page, Page)
    newest = next(one for one in page.incidents if one.id == "INC-2")
    assert newest.title == "Answers fail"
    assert [update.text for update in newest.updates] == [
        "Some answers fail. We look into it.",
        "A provider is down. Others serve for it.",
    ]
    assert ("sonnet", PART) in {(one.name, one.status) for one in newest.updates[0].touched}


def test_that_reader_reads_our_feeds_too() -> None:
    for feed in syndication(VIEW).values():
        page = read_page(feed, NOW)
        assert isinstance(page, Page)
        assert {one.title for one in page.incidents} == {"Answers fail", "No answers"}


def test_an_update_that_changes_nothing_has_null() -> None:
    (incident,) = FOUND["api/v2/incidents/unresolved.json"].incidents
    updates = incident["incident_updates"]
    assert isinstance(updates, list)
    assert updates[0]["affected_components"] is None


def test_an_incident_names_components_of_the_page_with_all_their_fields() -> None:
    (incident,) = FOUND["api/v2/incidents/unresolved.json"].incidents
    components = incident["components"]
    assert isinstance(components, list)
    assert [one["name"] for one in components] == ["sonnet"]
    assert incident["shortlink"] == "https://status.acme.example/incidents/INC-2.html"


def test_documents_of_old_incidents_stay_the_same_while_others_change() -> None:
    later = documents(status_view(replace(sources(), at=NOW + 60, incidents=sources().incidents[:1])))
    before = documents(VIEW)
    assert later["api/v2/incidents/INC-1.json"] == before["api/v2/incidents/INC-1.json"]
    assert later["api/v2/summary.json"] != before["api/v2/summary.json"]


def test_only_what_tells_its_age_changes_by_the_mere_passing_of_time() -> None:
    later = documents(status_view(replace(sources(), at=NOW + 60)))
    changed = [path for path, body in documents(VIEW).items() if later[path] != body]
    assert changed == ["api/v2/summary.json", "api/v2/status.json"]


def test_subscribers_are_sent_the_incident_and_its_update() -> None:
    incident = VIEW.incidents[0]
    event = msgspec.json.decode(update_event(VIEW, incident, incident.updates[0]))
    assert event["incident"]["id"] == "INC-2"
    assert event["incident_update"]["body"] == "A provider is down. Others serve for it."
    assert event["page"]["status_indicator"] == "major"


@given(floats())
def test_any_instant_can_be_written(at: float) -> None:
    assert INSTANT.fullmatch(iso(at)) or iso(at).startswith("1970")


def test_instants_have_milliseconds() -> None:
    assert iso(1_772_452_140.25) == "2026-03-02T11:49:00.250Z"
