"""The report as PDF, with the plots as drawings. Fonts are those that every reader has, so text is that of Latin-1."""

import io
import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from fpdf import FPDF
from fpdf.enums import TableBordersLayout, TextEmphasis, XPos, YPos
from fpdf.fonts import FontFace
from fpdf.table import Row

from mainstay.control.report.sections import Section, Table, sections
from mainstay.ops.report.plots import Plot, plots
from mainstay.ops.report.report import IncidentReport

FONT: Final = "Helvetica"
_LINE: Final = 5.0
_UNDRAWN: Final = re.compile(r"<(title|desc|style)\b[^>]*>.*?</\1>", re.DOTALL)
_LAST_INSTANT: Final = 253_402_300_799.0
"""The end of the year 9999."""
_SUBSTITUTES: Final = str.maketrans(
    {
        "\N{HORIZONTAL ELLIPSIS}": "...",
        "\N{EN DASH}": "-",
        "\N{EM DASH}": "-",
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{LEFT DOUBLE QUOTATION MARK}": '"',
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
        "\N{DOUBLE LOW-9 QUOTATION MARK}": '"',
        "\N{RIGHTWARDS ARROW}": "->",
        "\N{LEFTWARDS ARROW}": "<-",
        "\N{BULLET}": "-",
        "\N{GREATER-THAN OR EQUAL TO}": ">=",
        "\N{LESS-THAN OR EQUAL TO}": "<=",
    }
)


def pdf(report: IncidentReport) -> bytes:
    """The whole report; the same report gives the same bytes. Letters beyond Latin-1 lose their marks or become `?`."""
    paper = _Paper(latin(f"{report.id}: {report.title}"))
    made_at = datetime.fromtimestamp(min(max(report.made_at, 0.0), _LAST_INSTANT), UTC)
    paper.set_creation_date(made_at)
    paper.set_title(latin(f"{report.id}: {report.title}"))
    paper.set_lang("en")
    paper.set_creator("Mainstay")
    paper.add_page()
    paper.heading(latin(f"{report.id}: {report.title}"), 0)
    drawings = {plot.name: plot for plot in plots(report)}
    for section in sections(report):
        _write(paper, section, drawings.get(section.plot))
    return bytes(paper.output())


def latin(text: str) -> str:
    """Text in letters that the usual fonts have."""
    flat = " ".join(text.translate(_SUBSTITUTES).split())
    found = []
    for sign in flat:
        if _is_latin(sign):
            found.append(sign)
            continue
        plain = "".join(one for one in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(one))
        found.append(plain if plain and all(_is_latin(one) for one in plain) else "?")
    return "".join(found)


def _is_latin(sign: str) -> bool:
    return " " <= sign <= "~" or "\xa0" <= sign <= "\xff"


class _Paper(FPDF):
    """A4 with page numbers, and links to the sections."""

    def __init__(self, title: str) -> None:
        super().__init__(format="A4")
        self._running_title = title
        self.set_auto_page_break(auto=True, margin=18)
        self.set_margins(16, 16)

    def footer(self) -> None:
        """Title and number at the foot of each page."""
        self.set_y(-12)
        self.set_font(FONT, size=8)
        self.set_text_color(90)
        self.cell(0, 5, self._running_title[:90])
        self.set_x(self.l_margin)
        self.cell(0, 5, f"{self.page_no()}/{{nb}}", align="R")
        self.set_text_color(0)

    def heading(self, text: str, level: int) -> None:
        """A title that the reader's table of contents lists."""
        self.set_font(FONT, style=TextEmphasis.B, size=16 if level == 0 else 12)
        self.ln(0 if level == 0 else 3)
        self.start_section(text[:200] or "-", level=level)
        self.multi_cell(0, 7, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(1)

    def paragraph(self, text: str) -> None:
        """A paragraph."""
        self.set_font(FONT, size=10)
        self.multi_cell(0, _LINE, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(1)


def _write(paper: _Paper, section: Section, plot: Plot | None) -> None:
    if section.title:
        paper.heading(latin(section.title), 1)
    for paragraph in section.paragraphs:
        paper.paragraph(latin(paragraph))
    for item in section.items:
        paper.paragraph(f"- {latin(item)}")
    if plot is not None:
        # Labels and style are for readers of SVG; the library would complain of each.
        bare = latin(_UNDRAWN.sub("", plot.svg))
        paper.image(io.BytesIO(bare.encode()), w=paper.epw, alt_text=latin(plot.title))
        paper.ln(3)
    if section.table is not None and section.table.rows:
        _table(paper, section.table)


def _table(paper: _Paper, table: Table) -> None:
    paper.set_font(FONT, size=8.5)
    paper.set_draw_color(200)
    paper.set_line_width(0.2)
    head = FontFace(emphasis=TextEmphasis.B, fill_color=(240, 242, 240))
    with paper.table(
        col_widths=table.widths,
        line_height=4.2,
        headings_style=head,
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        text_align="LEFT",
        padding=0.8,
    ) as drawn:
        for cells in (table.head, *table.rows):
            _row(drawn.row(), cells)
    paper.ln(2)


def _row(row: Row, cells: Sequence[str]) -> None:
    for cell in cells:
        row.cell(latin(cell))
