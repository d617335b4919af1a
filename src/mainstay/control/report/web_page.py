"""The report as one HTML file: style and plots are in it, nothing is loaded from elsewhere."""

from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from mainstay.control.report.sections import sections
from mainstay.ops.drawing.theme import DRAWING_CSS
from mainstay.ops.report.plots import plots
from mainstay.ops.report.report import IncidentReport

TEMPLATES: Final = Path(__file__).parent / "templates"


def web_page(report: IncidentReport) -> bytes:
    """The whole report. Raises `OSError` where the package is not whole."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    style = (TEMPLATES / "report.css").read_text() + DRAWING_CSS
    # Drawings escape what is in them; the style is a file of ours.
    drawings = {plot.name: Markup(plot.svg) for plot in plots(report, "inline")}  # noqa: S704 - see above
    page = environment.get_template("report.html").render(
        report=report,
        sections=sections(report),
        plots=drawings,
        style=Markup(style),  # noqa: S704 - see above
    )
    return page.encode()
