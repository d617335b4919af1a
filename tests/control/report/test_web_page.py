"""The report as one HTML file."""

import re
from html.parser import HTMLParser

from msgspec.structs import replace

from mainstay.control.report.web_page import web_page
from mainstay.ops.report.making import incident_report
from tests.ops.report.samples import sources

REPORT = incident_report(sources())


class Reader(HTMLParser):
    """Collects tags and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action")]


def test_it_is_one_file_that_loads_nothing() -> None:
    page = web_page(REPORT).decode()
    reader = Reader(page)
    assert "script" not in reader.tags
    assert reader.addresses == ["data:,"]
    assert "url(" not in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page


def test_the_plots_are_in_it() -> None:
    page = web_page(REPORT).decode()
    assert page.count("<svg ") == 2
    assert "<style>" not in page.split("</head>")[1]
    assert len(set(re.findall(r'id="([^"]+)"', page))) == len(re.findall(r'id="([^"]+)"', page))


def test_words_of_people_are_text() -> None:
    hostile = "<script>alert(1)</script><img src=x>"
    page = web_page(replace(REPORT, title=hostile, summary=(hostile,))).decode()
    reader = Reader(page)
    assert "script" not in reader.tags
    assert "img" not in reader.tags


def test_light_and_dark_and_paper() -> None:
    page = web_page(REPORT).decode()
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page
