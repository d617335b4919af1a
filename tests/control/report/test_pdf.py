"""The report as PDF."""

import re
import zlib

import pytest
from hypothesis import given, settings
from hypothesis.strategies import text
from msgspec.structs import replace

from mainstay.control.report.pdf import latin, pdf
from mainstay.ops.report.making import incident_report
from mainstay.ops.report.report import IncidentReport
from tests.ops.report.samples import sources

REPORT = incident_report(sources())


def drawn(report: IncidentReport) -> str:
    """All that is drawn on its pages, as PDF says it."""
    found = []
    for body in re.findall(rb"stream\n(.*?)\nendstream", pdf(report), re.DOTALL):
        try:
            found.append(zlib.decompress(body).decode("latin-1"))
        except zlib.error:
            continue
    return "\n".join(found)


def test_it_is_a_pdf_with_a_title_and_sections() -> None:
    content = pdf(REPORT)
    assert content.startswith(b"%PDF-")
    assert b"/Outlines" in content
    words = drawn(REPORT)
    for word in ("Summary", "Who", "Timeline", "300", "ORD-1"):
        assert word in words, word


def test_the_plots_are_drawings_and_no_pictures() -> None:
    assert b"/Subtype /Image" not in pdf(REPORT)
    with_plots, without = drawn(REPORT), drawn(replace(REPORT, points=(), phases=()))
    assert with_plots.count(" re") + with_plots.count(" l") > without.count(" re") + without.count(" l") + 20


def test_nothing_is_said_on_the_way(caplog: pytest.LogCaptureFixture) -> None:
    pdf(REPORT)
    assert caplog.records == []


def test_the_same_report_gives_the_same_file() -> None:
    assert pdf(REPORT) == pdf(REPORT)


def test_a_long_timeline_goes_over_many_pages() -> None:
    long = replace(REPORT, timeline=REPORT.timeline * 8)
    assert pdf(long).count(b"/Type /Page\n") > pdf(REPORT).count(b"/Type /Page\n")


@pytest.mark.parametrize(
    ("given_text", "written"),
    [
        ("plain", "plain"),
        ("naïve — “x” … → ≥", 'naïve - "x" ... -> >='),
        ("Łódź ş", "?ódz s"),
        ("日本", "??"),
        ("a\tb\nc\x1b", "a b c?"),
    ],
)
def test_letters_that_the_font_has_not(given_text: str, written: str) -> None:
    assert latin(given_text) == written


@settings(max_examples=8, deadline=None)
@given(text(max_size=80), text(max_size=80))
def test_any_words_can_be_written(title: str, words: str) -> None:
    odd = replace(REPORT, title=title, summary=(words,), components=((words, words),), timeline=REPORT.timeline[:2])
    assert pdf(odd).startswith(b"%PDF-")
