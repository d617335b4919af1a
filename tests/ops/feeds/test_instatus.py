from mainstay.model.incident import Impact, IncidentStatus
from mainstay.ops.feeds.instatus import read_instatus
from mainstay.ops.feeds.page import FeedKind
from tests.ops.feeds.pages import PARTIAL, at

SUMMARY = b"""{
 "page": {"name": "Lab", "url": "https://lab.example", "status": "HASISSUES"},
 "activeIncidents": [{"id": "i1", "name": "Login fails", "started": "2026-03-02T11:00:00Z", "status": "MONITORING",
  "impact": "PARTIALOUTAGE", "url": "https://lab.example/incident/i1", "updatedAt": "2026-03-02T11:30:00Z"}],
 "activeMaintenances": []
}"""


def test_its_summary_is_read() -> None:
    page = read_instatus(SUMMARY, 0.0)
    assert (page.kind, page.name) == (FeedKind.INSTATUS, "Lab")
    (incident,) = page.incidents
    assert (incident.status, incident.impact, incident.started_at) == (
        IncidentStatus.MONITORING,
        Impact.MAJOR,
        at("11:00"),
    )
    assert incident.updates[0].told_at == at("11:30")


def test_its_components_stand_elsewhere() -> None:
    page = read_instatus(b'{"components": [{"id": "c", "name": "API", "status": "PARTIALOUTAGE"}]}', 0.0)
    assert page.published() == {"API": PARTIAL}


def test_where_all_is_well_it_says_little() -> None:
    assert read_instatus(b'{"page": {"name": "Lab", "status": "UP"}}', 0.0).incidents == ()
