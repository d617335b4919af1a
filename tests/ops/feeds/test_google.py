import msgspec
import pytest

from mainstay.ops.feeds.google import read_google
from mainstay.ops.feeds.page import FeedKind
from tests.ops.feeds.pages import MAJOR, PARTIAL, WELL, at

LIST = b"""[
 {"id": "x1", "begin": "2026-03-02T10:00:00+00:00", "end": null, "external_desc": "Errors with Vertex",
  "status_impact": "SERVICE_DISRUPTION", "severity": "medium", "uri": "incidents/x1",
  "affected_products": [{"title": "Vertex Gemini API", "id": "p1"}],
  "updates": [
   {"created": "2026-03-02T10:40:00+00:00", "when": "2026-03-02T10:40:00+00:00", "text": "**Worse**",
    "status": "SERVICE_OUTAGE"},
   {"created": "2026-03-02T10:10:00+00:00", "when": "2026-03-02T10:10:00+00:00", "text": "Errors",
    "status": "SERVICE_DISRUPTION"}]},
 {"id": "x2", "begin": "2026-03-01T10:00:00+00:00", "end": "2026-03-01T12:00:00+00:00", "external_desc": "Past",
  "status_impact": "SERVICE_OUTAGE", "service_name": "Cloud DNS", "updates": []}
]"""


def test_its_list_is_read() -> None:
    page = read_google(LIST, at("12:00"))
    first, second = page.incidents
    assert page.kind is FeedKind.GOOGLE
    assert (first.is_open, first.components, first.url) == (
        True,
        ("Vertex Gemini API",),
        "https://status.cloud.google.com/incidents/x1",
    )
    assert [one.told_at for one in first.updates] == [at("10:10"), at("10:40")]
    assert first.says() == {"Vertex Gemini API": MAJOR}
    assert (second.is_open, second.components) == (False, ("Cloud DNS",))


def test_an_incident_goes_on_until_its_end_has_come() -> None:
    (incident,) = read_google(b'[{"id": "x", "end": "2026-03-02T12:00:00Z"}]', at("11:00")).incidents
    assert incident.is_open


def test_available_again_means_well_again() -> None:
    body = LIST.replace(b'"SERVICE_OUTAGE"},', b'"AVAILABLE"},')
    assert read_google(body, at("12:00")).incidents[0].says() == {"Vertex Gemini API": WELL}
    assert PARTIAL in {one.touched[0].status for one in read_google(body, at("12:00")).incidents[0].updates}


def test_another_shape_is_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        read_google(b'[{"id": 3}]', 0.0)
