"""The report as Markdown, read back by a reader of Markdown."""

import re

import pytest
from hypothesis import given, settings
from hypothesis.strategies import text
from msgspec.structs import replace

from mainstay.control.report.markdown import literal, markdown
from mainstay.ops.report.making import incident_report
from tests.ops.report.samples import sources

REPORT = incident_report(sources())
PAGE = markdown(REPORT).decode()


def test_it_begins_with_its_title_and_has_all_parts() -> None:
    assert PAGE.startswith("# INC-7: North \\| fails \\*again\\*\n")
    assert re.findall(r"^## (.*)$", PAGE, re.MULTILINE) == [
        "Summary",
        "Course",
        "Who knew first",
        "Impact",
        "What the gateway absorbed",
        "What may have contributed",
        "What is not known",
        "What people were told",
        "Actions",
        "Timeline",
    ]


def test_tables_are_whole() -> None:
    for line in PAGE.splitlines():
        if line.startswith("|"):
            assert line.endswith("|")
            assert len(re.findall(r"(?<!\\)\|", line)) in (3, 4, 5)


@pytest.mark.parametrize(
    ("given_text", "written"),
    [
        ("a|b", "a\\|b"),
        ("<script>", "\\<script\\>"),
        ("[x](y)", "\\[x\\](y)"),
        ("# x", "\\# x"),
        ("- x", "\\- x"),
        ("1. x", "1\\. x"),
        ("12) x", "12\\) x"),
        ("80.0 %", "80\\.0 %"),
        ("two\nlines", "two lines"),
        ("plain, words.", "plain, words."),
    ],
)
def test_signs_of_people_are_text(given_text: str, written: str) -> None:
    assert literal(given_text) == written


@settings(max_examples=30)
@given(text())
def test_any_title_is_one_line(title: str) -> None:
    page = markdown(replace(REPORT, title=title)).decode()
    assert page.splitlines()[2].startswith("From 2026-03-02") or page.split("\n")[2].startswith("From 2026-03-02")
