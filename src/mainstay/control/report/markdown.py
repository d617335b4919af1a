"""The report as Markdown (CommonMark with tables): to be read as it stands, and to be kept beside code."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from mainstay.control.report.sections import Section, Table, sections
from mainstay.ops.report.report import IncidentReport

_SIGNS: Final = re.compile(r"([\\`*_{}\[\]<>#|~&!])")
# What would begin a list, a heading, a quotation or a code block at the start of a line.
_LINE_BEGINNING: Final = re.compile(r"^([-+=]|[0-9]+(?=[.)]))")


def markdown(report: IncidentReport) -> bytes:
    """The whole report. What people wrote stands in it as text: no sign of theirs is taken for Markdown."""
    return "\n".join(_lines(report)).encode()


def literal(text: str) -> str:
    """Text in one line that means itself."""
    flat = " ".join(text.split())
    escaped = _SIGNS.sub(r"\\\1", flat)
    beginning = _LINE_BEGINNING.match(escaped)
    if beginning is None:
        return escaped
    # Only signs can be escaped: of `1.` it is the point.
    place = beginning.end() if beginning[1].isdigit() else 0
    return f"{escaped[:place]}\\{escaped[place:]}"


def _lines(report: IncidentReport) -> Iterator[str]:
    yield f"# {literal(report.id)}: {literal(report.title)}"
    yield ""
    for section in sections(report):
        yield from _section(section)


def _section(section: Section) -> Iterator[str]:
    if section.title:
        yield f"## {section.title}"
        yield ""
    for paragraph in section.paragraphs:
        yield literal(paragraph)
        yield ""
    for line in section.items:
        yield f"- {literal(line)}"
    if section.items:
        yield ""
    if section.table is not None:
        yield from _table(section.table)


def _table(table: Table) -> Iterator[str]:
    yield _row(table.head)
    yield _row(["---"] * len(table.head), is_literal=False)
    for row in table.rows:
        yield _row(row)
    yield ""


def _row(cells: Sequence[str], *, is_literal: bool = True) -> str:
    return f"| {' | '.join(_cells(cells) if is_literal else cells)} |"


def _cells(cells: Iterable[str]) -> Iterator[str]:
    # An empty cell would let some readers join its neighbours.
    return (literal(cell) or " " for cell in cells)
