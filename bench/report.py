"""The results: a table for the terminal, markdown for docs/performance.md, JSON for a file."""

from collections.abc import Iterable

import msgspec
from rich.console import Console
from rich.table import Table

from bench.figure import Figure, Verdict
from bench.kept import Result
from bench.machine import Machine

_STYLES = {Verdict.AIM: "green", Verdict.MUST: "yellow", Verdict.MISSED: "bold red", Verdict.INFORMATION: "dim"}
_TITLES = ("figure", "must", "aim", "measured", "lowest to highest", "verdict")


class Report(msgspec.Struct, frozen=True):
    """Everything about one run."""

    machine: Machine
    quick: bool
    seconds: float
    results: tuple[Result, ...]

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Of all results."""
        return tuple(figure for result in self.results for figure in result.figures)


def encode(report: Report) -> bytes:
    """The report as JSON."""
    return msgspec.json.format(msgspec.json.encode(report), indent=1)


def markdown(report: Report) -> str:
    """The table and the remarks."""
    return "\n".join([*table(report.figures), "", *(f"- {remark}" for remark in _remarks(report)), ""])


def table(figures: Iterable[Figure]) -> list[str]:
    """The lines of a table in markdown."""
    rows = [f"| {' | '.join(_TITLES)} |", "|" + "---|" * len(_TITLES)]
    return rows + ["| " + " | ".join(_cells(figure)) + " |" for figure in figures]


def show(console: Console, report: Report) -> None:
    """Print the report."""
    shown = Table(title=None, pad_edge=False)
    for title in _TITLES:
        shown.add_column(title, justify="left" if title in {"figure", "verdict"} else "right", overflow="fold")
    for figure in report.figures:
        shown.add_row(*_cells(figure), style=_STYLES[figure.verdict])
    console.print(shown)
    for remark in _remarks(report):
        console.print(f"- {remark}", highlight=False, soft_wrap=True)


def remarks_of(figures: Iterable[Figure]) -> list[str]:
    """What a reader must know of each."""
    return [f"{figure.name.strip()}: {remark}" for figure in figures for remark in figure.remarks]


def machine_in_words(machine: Machine) -> str:
    """What the measurements ran on."""
    used = machine.cores_used
    return (
        f"{machine.processor}, {machine.cores} cores, {machine.memory_gib} GiB, {machine.kernel}, {machine.python}; "
        f"proxy on core {used.proxy}, upstreams on core {used.upstream}, load on core {used.load}"
    )


def _cells(figure: Figure) -> tuple[str, ...]:
    return (
        figure.name,
        _bound(figure.must, figure),
        _bound(figure.aim, figure),
        f"{number(figure.value.median)} {figure.unit}",
        f"{number(figure.value.low)} to {number(figure.value.high)}",
        figure.verdict.value,
    )


def _remarks(report: Report) -> list[str]:
    length = "quick run" if report.quick else "full run"
    own = [f"{length} of {report.seconds:.0f} s", machine_in_words(report.machine)]
    return remarks_of(report.figures) + own


def number(value: float) -> str:
    """Three digits that matter."""
    if abs(value) >= 100:  # noqa: PLR2004 - from here on, fractions say nothing
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _bound(bound: float | None, figure: Figure) -> str:
    if bound is None:
        return ""
    return f"{'>=' if figure.higher_is_better else '<='} {number(bound)}"
