"""Bars of figures as SVG files: small, readable on any ground, the same bytes for the same figures."""

import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from bench.figure import Figure
from bench.report import number

COLOURS = {
    "nginx": "#8a8f98",
    "direct": "#c4c8ce",
    "gateway": "#1f6feb",
    "gateway, nothing bound": "#8ab8ff",
    "LiteLLM": "#d9822b",
    "Portkey": "#8250df",
}
OTHER_COLOUR = "#1f6feb"
LOG_SPREAD = 20.0
"""Where the largest value is more than so many times the smallest, the axis is logarithmic."""
_NO_METADATA = ("Date", "Creator", "Format", "Type")
_DOCTYPE = re.compile(r"<!DOCTYPE[^>]*>\s*")
"""Names a file elsewhere that nobody needs."""
WIDTH_INCHES, BAR_INCHES, MARGIN_INCHES = 8.0, 0.28, 1.1
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "bench",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
"""Text stays text, in the reader's own font; ids do not change from run to run. (matplotlib's own type of it is known
only where matplotlib is installed.)"""


def draw(figures: Sequence[Figure], title: str, path: Path) -> None:
    """Write one plot; there is at least one figure, and each has its bar."""
    with mpl.rc_context(STYLE):
        groups = list(dict.fromkeys(figure.bar.group for figure in figures if figure.bar))
        # Those of one group may come apart, as peers are measured one after the other.
        figures = sorted(figures, key=lambda figure: groups.index(figure.bar.group) if figure.bar else 0)
        height = MARGIN_INCHES + BAR_INCHES * (len(figures) + len(groups))
        canvas = Canvas(figsize=(WIDTH_INCHES, height), layout="constrained")
        axes = canvas.subplots()
        places = _places(figures, groups)
        _bars(axes, figures, places)
        axes.set_yticks(places, [figure.bar.label if figure.bar else "" for figure in figures])
        axes.set_title(f"{title} ({figures[0].unit})", loc="left")
        _name_groups(axes, figures, groups, places)
        axes.set_ylim(min(places) - 0.7, max(places) + (0.7 if len(groups) == 1 else 1.4))
        written = io.StringIO()
        canvas.savefig(written, format="svg", transparent=False, metadata=dict.fromkeys(_NO_METADATA))
    path.write_text(_DOCTYPE.sub("", written.getvalue()))


def _places(figures: Sequence[Figure], groups: Sequence[str]) -> list[float]:
    """From the top down, with the room of one bar above each group for its name."""
    return [-float(row + groups.index(figure.bar.group) if figure.bar else row) for row, figure in enumerate(figures)]


def _bars(axes: Axes, figures: Sequence[Figure], places: Sequence[float]) -> None:
    values = [figure.value.median for figure in figures]
    errors = [
        [figure.value.median - figure.value.low for figure in figures],
        [figure.value.high - figure.value.median for figure in figures],
    ]
    colours = [COLOURS.get(figure.bar.label, OTHER_COLOUR) if figure.bar else OTHER_COLOUR for figure in figures]
    axes.barh(places, values, color=colours, height=0.75, xerr=errors, ecolor="#444444", error_kw={"linewidth": 0.8})
    if min(values) > 0 and max(values) / min(values) > LOG_SPREAD:
        axes.set_xscale("log")
    for place, figure in zip(places, figures, strict=True):
        axes.annotate(
            f" {number(figure.value.median)}",
            (figure.value.high, place),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
        )
    axes.margins(x=0.12)


def _name_groups(axes: Axes, figures: Sequence[Figure], groups: Sequence[str], places: Sequence[float]) -> None:
    if len(groups) == 1:
        return
    for group in groups:
        first = next(
            place for place, figure in zip(places, figures, strict=True) if figure.bar and figure.bar.group == group
        )
        axes.annotate(group, (0, first + 0.8), xycoords=("axes fraction", "data"), va="center", fontweight="bold")
