"""RSS and Atom."""

from email.utils import parsedate_to_datetime
from xml.etree.ElementTree import Element

from hypothesis import given
from hypothesis.strategies import text
from msgspec.structs import replace

from mainstay.model.incident import Impact, Opened, Posted
from mainstay.model.settings import StatusPageSettings
from mainstay.ops.status.reading import status_view
from mainstay.ops.status.syndication import ENTRIES_MAX, atom, entry_id, rfc_date, rss, syndication
from tests.ops.drawing.parsing import parsed
from tests.ops.status.samples import NOW, incident, past_incident, sources

ATOM = "{http://www.w3.org/2005/Atom}"
VIEW = status_view(sources())


def read(markup: str) -> Element:
    return parsed(markup.removeprefix('<?xml version="1.0" encoding="UTF-8"?>\n'))


def said(root: Element, path: str) -> list[str]:
    return [one.text or "" for one in root.findall(path)]


def test_atom_has_what_it_must_have() -> None:
    root = read(atom(VIEW))
    assert said(root, f"{ATOM}title") == ["Acme AI - incident history"]
    assert said(root, f"{ATOM}updated") == ["2026-05-28T20:10:00.000Z"]
    assert said(root, f"{ATOM}author/{ATOM}name") == ["Acme AI"]
    assert said(root, f"{ATOM}entry/{ATOM}title") == ["Answers fail", "No answers"]
    links = [one.get("href") for one in root.findall(f"{ATOM}entry/{ATOM}link")]
    assert links == [f"https://status.acme.example/incidents/INC-{number}.html" for number in (2, 1)]
    ids = said(root, f"{ATOM}entry/{ATOM}id")
    assert all(one.startswith("urn:uuid:") for one in ids)
    assert len({*ids, *said(root, f"{ATOM}id")}) == 3


def test_rss_has_what_it_must_have() -> None:
    channel = read(rss(VIEW))[0]
    assert said(channel, "link") == ["https://status.acme.example"]
    assert said(channel, "item/title") == ["Answers fail", "No answers"]
    assert parsedate_to_datetime(said(channel, "item/pubDate")[0]).timestamp() == NOW - 1_200
    assert {one.get("isPermaLink") for one in channel.findall("item/guid")} == {"false"}
    (newest, _) = said(channel, "item/description")
    assert "<strong>Identified</strong> - A provider is down." in newest


def test_an_entry_keeps_its_id_when_it_changes_and_no_two_share_one() -> None:
    moved = status_view(replace(sources(), settings=StatusPageSettings("Other", "https://other.example")))
    assert [entry_id(one) for one in moved.incidents] == [entry_id(one) for one in VIEW.incidents]
    ours, theirs = VIEW.incidents[0], replace(VIEW.incidents[0], created_at=NOW - 5)
    assert entry_id(ours) != entry_id(theirs)


def test_feeds_do_not_change_by_the_mere_passing_of_time() -> None:
    assert syndication(status_view(replace(sources(), at=NOW + 60))) == syndication(VIEW)


def test_a_page_without_an_address_has_feeds_too() -> None:
    view = status_view(replace(sources(), settings=StatusPageSettings()))
    assert read(atom(view)).findall(f"{ATOM}entry/{ATOM}link") == []
    assert read(rss(view)).findall("channel/item/link") == []


def test_feeds_are_bounded() -> None:
    many = tuple(past_incident(f"INC-{number}", NOW - 9_000 - number) for number in range(ENTRIES_MAX + 9))
    view = status_view(replace(sources(), incidents=many))
    assert len(read(atom(view)).findall(f"{ATOM}entry")) == ENTRIES_MAX


@given(text(), text())
def test_any_words_give_feeds_that_can_be_read(title: str, words: str) -> None:
    state = incident("INC-1", (NOW, Opened(title, Impact.MINOR, "hand", NOW)), (NOW, Posted(words)))
    for feed in syndication(status_view(replace(sources(), incidents=(state,)))).values():
        read(feed.decode())


def test_markup_in_an_update_stays_text_in_the_html_of_the_entry() -> None:
    state = incident("INC-1", (NOW, Opened("t", Impact.MINOR, "hand", NOW)), (NOW, Posted("<script>x</script>")))
    feed = syndication(status_view(replace(sources(), incidents=(state,))))["history.atom"]
    (html,) = said(read(feed.decode()), f"{ATOM}entry/{ATOM}content")
    assert "&lt;script&gt;x&lt;/script&gt;" in html


def test_dates_are_those_of_rss() -> None:
    assert rfc_date(1_772_452_140) == "Mon, 02 Mar 2026 11:49:00 +0000"
