import msgspec
import pytest

from mainstay.model.incident import Impact, IncidentStatus
from mainstay.ops.feeds.page import FeedKind, PageComponent
from mainstay.ops.feeds.statuspage import read_statuspage
from tests.ops.feeds.pages import DEGRADED, WELL, at

SUMMARY = b"""{
 "page": {"id": "p", "name": "Lab", "url": "https://status.lab.example", "time_zone": "Etc/UTC"},
 "status": {"indicator": "minor", "description": "Minor"},
 "components": [
  {"id": "g", "name": "Everything", "status": "operational", "group": true},
  {"id": "a", "name": "API", "status": "degraded_performance", "group": false, "position": 1},
  {"id": "b", "name": "Console", "status": "operational", "group": false}],
 "incidents": [{
  "id": "abc", "name": "Elevated errors on <b>Opus 4.6</b>", "status": "identified", "impact": "minor",
  "created_at": "2026-03-02T14:35:06.001Z", "updated_at": "2026-08-14T00:00:00Z",
  "started_at": "2026-03-02T14:35:06.001Z", "shortlink": "https://stspg.io/abc",
  "components": [{"id": "a", "name": "API", "status": "degraded_performance"}],
  "incident_updates": [
   {"id": "u2", "status": "identified", "body": "A fix is being implemented.", "incident_id": "abc",
    "created_at": "2026-03-02T14:42:44Z", "updated_at": "2026-08-14T00:00:00Z", "display_at": "2026-03-02T14:42:44Z",
    "affected_components": null},
   {"id": "u1", "status": "investigating", "body": "We see errors.", "incident_id": "abc",
    "created_at": "2026-03-02T14:36:00Z", "updated_at": "2026-08-14T00:00:00Z", "display_at": "2026-03-02T14:35:19Z",
    "affected_components": [
     {"code": "a", "name": "API", "old_status": "operational", "new_status": "degraded_performance"}]}]}],
 "scheduled_maintenances": [{"id": "m", "name": "Work", "status": "in_progress", "impact": "maintenance"}]
}"""


def test_a_summary_is_read() -> None:
    page = read_statuspage(SUMMARY, 0.0)
    assert (page.kind, page.name) == (FeedKind.STATUSPAGE, "Lab")
    assert page.published() == {"API": DEGRADED, "Console": WELL}
    (incident,) = page.incidents
    assert (incident.id, incident.title) == ("abc", "Elevated errors on Opus 4.6")
    assert (incident.status, incident.impact) == (IncidentStatus.IDENTIFIED, Impact.MINOR)
    assert incident.components == ("API",)
    assert incident.url == "https://stspg.io/abc"


def test_updates_are_dated_by_display_at_and_never_by_what_is_touched_months_later() -> None:
    first, second = read_statuspage(SUMMARY, 0.0).incidents[0].updates
    assert (first.told_at, first.touched) == (at("14:35:19"), (PageComponent("API", DEGRADED),))
    assert (second.told_at, second.touched) == (at("14:42:44"), ())


def test_maintenance_that_was_announced_is_no_incident() -> None:
    assert [one.id for one in read_statuspage(SUMMARY, 0.0).incidents] == ["abc"]


def test_what_imitates_it_may_leave_out_nearly_everything() -> None:
    page = read_statuspage(b'{"page": null, "incidents": [{"name": "Errors"}], "components": null}', 0.0)
    (incident,) = page.incidents
    assert (incident.id, incident.is_open, incident.started_at, incident.updates) == ("Errors", True, None, ())


def test_a_status_that_nobody_knows_is_no_evidence() -> None:
    assert read_statuspage(b'{"components": [{"name": "API", "status": "purple"}]}', 0.0).components == ()


@pytest.mark.parametrize("body", [b'{"incidents": 3}', b'{"components": [{"name": 7}]}', b"[]", b'{"incidents": ['])
def test_another_shape_is_refused(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        read_statuspage(body, 0.0)
