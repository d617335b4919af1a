import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mainstay.ops.feeds.page import FeedKind, Page
from mainstay.ops.feeds.reading import BYTES_MAX, OBJECTS_MAX, Unreadable, read_page
from tests.ops.feeds.test_betterstack import INDEX
from tests.ops.feeds.test_google import LIST
from tests.ops.feeds.test_instatus import SUMMARY as INSTATUS
from tests.ops.feeds.test_statuspage import SUMMARY as STATUSPAGE
from tests.ops.feeds.test_syndication import ATOM, item, rss

SAMPLES = {
    FeedKind.STATUSPAGE: STATUSPAGE,
    FeedKind.BETTER_STACK: INDEX,
    FeedKind.INSTATUS: INSTATUS,
    FeedKind.GOOGLE: LIST,
    FeedKind.ATOM: ATOM,
    FeedKind.RSS: rss(item("Errors")),
}


@pytest.mark.parametrize("kind", FeedKind)
def test_every_kind_is_told_by_its_answer(kind: FeedKind) -> None:
    page = read_page(SAMPLES[kind], 0.0)
    assert isinstance(page, Page)
    assert page.kind is kind


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"components": [{"name": "API", "status": "OPERATIONAL"}]}', FeedKind.STATUSPAGE),
        (b'{"page": {"name": "Lab", "status": "UP"}}', FeedKind.INSTATUS),
        (b'{"page": {"name": "Lab"}, "status": {"indicator": "none"}}', FeedKind.STATUSPAGE),
        (b"\xef\xbb\xbf  " + STATUSPAGE, FeedKind.STATUSPAGE),
    ],
)
def test_a_page_that_says_little_is_known_too(body: bytes, kind: FeedKind) -> None:
    page = read_page(body, 0.0)
    assert isinstance(page, Page)
    assert page.kind is kind


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "form"),
        (b'{"a": 1}', "no status page"),
        (b'{"incidents": {}}', "form"),
        (b"<html></html>", "form"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><rss/>', "document type"),
        (b"[" * 100_000, "form"),
        (b" " * (BYTES_MAX + 1), "larger"),
        (b'{"incidents": [' + b"{}," * OBJECTS_MAX + b"{}]}", "objects"),
    ],
)
def test_what_is_no_status_page_is_told_so_without_its_words(body: bytes, words: str) -> None:
    found = read_page(body, 0.0)
    assert isinstance(found, Unreadable)
    assert words in found.reason


@given(st.binary())
@example(b"<?xml version='1.0' encoding='what'?><rss/>")
@example(b"<?xml version='1.0' encoding='utf-16'?><rss/>")
@example(b'{"incidents": [{"incident_updates": [{"display_at": "\\ud800"}]}]}')
def test_no_bytes_raise(body: bytes) -> None:
    assert isinstance(read_page(body, 0.0), Page | Unreadable)


@given(st.sampled_from(list(SAMPLES.values())), st.integers(min_value=0), st.binary(max_size=8), st.integers(0, 8))
def test_no_damaged_page_raises(body: bytes, place: int, junk: bytes, cut: int) -> None:
    start = place % len(body)
    assert isinstance(read_page(body[:start] + junk + body[start + cut :], 0.0), Page | Unreadable)
