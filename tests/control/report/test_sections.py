"""One order of parts for all formats."""

from msgspec.structs import replace

from mainstay.control.report.sections import Section, sections
from mainstay.ops.report.making import incident_report
from tests.ops.report.samples import sources

REPORT = incident_report(sources())


def part(title: str, **changes: object) -> Section:
    report = replace(REPORT, **changes)
    return next(one for one in sections(report) if one.title == title)


def test_all_parts_are_there_in_their_order() -> None:
    assert [one.title for one in sections(REPORT)] == [
        "",
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


def test_all_rows_are_as_wide_as_their_head() -> None:
    for section in sections(REPORT):
        if section.table is not None:
            assert {len(row) for row in section.table.rows} == {len(section.table.head)}
            assert len(section.table.widths) == len(section.table.head)


def test_what_is_empty_says_so() -> None:
    assert part("Actions", actions=()).paragraphs[0].startswith("None.")
    assert part("What may have contributed", factors=()).paragraphs == ("Nothing was found.",)
    assert part("What is not known", unknowns=()).items == ("Nothing that this report would need.",)
    assert part("Who knew first", leads=()).items == ("No provider is known to be concerned.",)


def test_figures_that_are_not_known_are_not_zero() -> None:
    felt = replace(
        REPORT.figures, cost_nanodollars=None, extra_nanodollars=None, usual_failed_share=None, span_seconds=0
    )
    table = part("Impact", figures=felt).table
    assert table is not None
    rows = {row[0]: row[1] for row in table.rows}
    assert rows["Cost of the answers"] == "not known"
    assert rows["Of that more than in the time before"] == "not known"
    assert rows["Failed requests"].endswith("in the time before: not known)")


def test_setbacks_are_told() -> None:
    assert part("Course", regressions=2, reopenings=1).paragraphs == (
        "Its status went backwards 2 times.",
        "It was opened again 1 time after it had been resolved.",
    )
