import pytest
from defusedxml.common import DefusedXmlException

from mainstay.model.incident import Impact
from mainstay.ops.feeds.page import INCIDENTS_MAX, FeedKind, Page
from mainstay.ops.feeds.syndication import ELEMENTS_MAX, UNSTATED_OPEN_SECONDS, TooManyElementsError, read_syndication
from tests.ops.feeds.pages import at


def rss(*items: str) -> bytes:
    return (
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>Lab</title>{"".join(items)}</channel></rss>'.encode()
    )


def item(title: str, text: str = "", clock: str = "11:00", guid: str = "") -> str:
    hour = f"Mon, 02 Mar 2026 {clock}:00 GMT"
    body = f"<description><![CDATA[{text}]]></description><pubDate>{hour}</pubDate>"
    return (
        f"<item><title>{title}</title>{body}<guid>{guid or title}</guid><link>https://lab.example/{guid}</link></item>"
    )


ATOM = b"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Lab status</title>
 <entry><id>tag:1</id><published>2026-03-02T11:00:00Z</published><updated>2026-03-02T11:30:00Z</updated>
  <link rel="alternate" href="https://lab.example/1"/><title>Elevated errors</title>
  <content type="html">&lt;p&gt;&lt;strong&gt;Monitoring&lt;/strong&gt; - A fix is in.&lt;/p&gt;
   &lt;p&gt;&lt;strong&gt;Investigating&lt;/strong&gt; - We look.&lt;/p&gt;</content></entry>
</feed>"""


def read(body: bytes, clock: str = "12:00") -> Page:
    return read_syndication(body, at(clock))


def test_atom_is_read_and_the_newest_word_counts() -> None:
    page = read(ATOM)
    (incident,) = page.incidents
    assert (page.kind, page.name, incident.id, incident.title) == (
        FeedKind.ATOM,
        "Lab status",
        "tag:1",
        "Elevated errors",
    )
    assert (incident.status.value, incident.updates[0].told_at) == ("monitoring", at("11:30"))
    assert incident.updates[0].text == "Monitoring - A fix is in. Investigating - We look."
    assert incident.url == "https://lab.example/1"


def test_rss_is_read() -> None:
    page = read(rss(item("Outage of the API", "<b>Identified</b> - A cause was found", guid="7")))
    (incident,) = page.incidents
    assert (page.kind, page.name, incident.id, incident.impact) == (FeedKind.RSS, "Lab", "7", Impact.MAJOR)
    assert (incident.status.value, incident.started_at) == ("identified", at("11:00"))


@pytest.mark.parametrize(
    ("title", "text", "is_open"),
    [
        ("Service is operating normally: [RESOLVED] Increased error rates", "", False),
        ("Errors", "<b>Resolved</b> - All is well. <b>Investigating</b> - We look.", False),
        ("Errors", "<b>Investigating</b> - It was resolved, and came back.", True),
        ("[RESOLVED] Errors", "We were investigating.", False),
        ("Performance issues: increased latencies", "", True),
    ],
)
def test_the_first_word_about_it_says_how_it_stands(title: str, text: str, *, is_open: bool) -> None:
    (incident,) = read(rss(item(title, text))).incidents
    assert incident.is_open is is_open


def test_an_item_that_says_nothing_of_it_is_open_for_some_hours() -> None:
    body = rss(item("Something", clock="00:00"))
    assert read_syndication(body, at("00:00") + UNSTATED_OPEN_SECONDS).incidents[0].is_open
    assert not read_syndication(body, at("00:00") + UNSTATED_OPEN_SECONDS + 1).incidents[0].is_open


def test_announced_work_is_no_incident() -> None:
    assert read(rss(item("Scheduled maintenance of the database"), item("Errors"))).incidents[0].title == "Errors"


def test_a_feed_without_items_says_that_nothing_is_wrong() -> None:
    assert read(rss()).incidents == ()


def test_no_more_items_are_read_than_are_borne() -> None:
    assert len(read(rss(*(item(f"i{number}") for number in range(500)))).incidents) == INCIDENTS_MAX


def test_a_document_of_endless_elements_is_refused() -> None:
    with pytest.raises(TooManyElementsError):
        read(rss("<a/>" * (ELEMENTS_MAX + 1)))


@pytest.mark.parametrize("kind", [b"<!DOCTYPE rss>", b'<!DOCTYPE rss [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]>'])
def test_entities_and_document_types_are_refused(kind: bytes) -> None:
    with pytest.raises(DefusedXmlException):
        read(b'<?xml version="1.0"?>' + kind + b"<rss><channel/></rss>")


@pytest.mark.parametrize("body", [b"<html><body>no</body></html>", b"<rss"])
def test_what_is_no_feed_is_refused(body: bytes) -> None:
    with pytest.raises((ValueError, SyntaxError)):
        read(body)
