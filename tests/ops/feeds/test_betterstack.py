from mainstay.ops.feeds.betterstack import read_better_stack
from mainstay.ops.feeds.page import FeedKind
from tests.ops.feeds.pages import MAJOR, WELL, at

INDEX = b"""{
 "data": {"id": "1", "type": "status_page", "attributes": {"company_name": "Lab", "aggregate_state": "downtime"}},
 "included": [
  {"id": "11", "type": "status_page_section", "attributes": {"name": "All"}},
  {"id": "21", "type": "status_page_resource", "attributes": {"public_name": "API", "status": "downtime"}},
  {"id": "22", "type": "status_page_resource", "attributes": {"public_name": "Login", "status": "operational"}},
  {"id": "31", "type": "status_report", "attributes": {"title": "API is down", "report_type": "manual",
   "aggregate_state": "downtime", "starts_at": "2026-03-02T11:00:00Z", "ends_at": null,
   "affected_resources": [{"status_page_resource_id": "21", "status": "downtime"}]}},
  {"id": "32", "type": "status_report", "attributes": {"title": "Past", "report_type": "manual",
   "aggregate_state": "degraded", "starts_at": "2026-03-01T11:00:00Z", "ends_at": "2026-03-01T12:00:00Z",
   "affected_resources": [{"status_page_resource_id": "22", "status": "degraded"}]}},
  {"id": "33", "type": "status_report", "attributes": {"title": "Planned", "report_type": "maintenance"}},
  {"id": "41", "type": "status_update", "attributes": {"message": "<p>It is down</p>",
   "published_at": "2026-03-02T11:05:00Z", "status_report_id": 31,
   "affected_resources": [{"status_page_resource_id": 21, "status": "downtime"}]}}]
}"""


def test_its_document_is_read() -> None:
    page = read_better_stack(INDEX, at("12:00"))
    assert (page.kind, page.name) == (FeedKind.BETTER_STACK, "Lab")
    assert page.published() == {"API": MAJOR, "Login": WELL}
    assert [(one.title, one.is_open, one.components) for one in page.incidents] == [
        ("API is down", True, ("API",)),
        ("Past", False, ("Login",)),
    ]
    (update,) = page.incidents[0].updates
    assert (update.text, update.told_at, page.effective()["API"]) == ("It is down", at("11:05"), MAJOR)


def test_an_empty_document_says_that_nothing_is_wrong() -> None:
    page = read_better_stack(b'{"data": {"id": "1", "type": "status_page"}}', 0.0)
    assert (page.components, page.incidents) == ((), ())
