"""The results: a table for the terminal, JSON for a file."""

import msgspec
from rich.console import Console
from rich.table import Table

from bench.figure import Figure, Verdict
from bench.machine import Machine

_STYLES = {Verdict.AIM: "green", Verdict.MUST: "yellow", Verdict.MISSED: "bold red", Verdict.INFORMATION: "dim"}


class FigureLine(msgspec.Struct, frozen=True):
    """A figure together with its verdict."""

    figure: Figure
    verdict: Verdict


class Report(msgspec.Struct, frozen=True):
    """Everything about one run."""

    machine: Machine
    quick: bool
    seconds: float
    lines: tuple[FigureLine, ...]
    journal: str


def encode(report: Report) -> bytes:
    """The report as JSON."""
    return msgspec.json.format(msgspec.json.encode(report), indent=1)


def markdown(report: Report) -> str:
    """The table as it stands in docs/performance.md."""
    rows = ["| figure | must | aim | measured | lowest to highest | verdict |", "|---|---|---|---|---|---|"]
    rows += ["| " + " | ".join(_cells(line)) + " |" for line in report.lines]
    return "\n".join([*rows, "", *(f"- {remark}" for remark in _remarks(report)), ""])


def show(console: Console, report: Report) -> None:
    """Print the report."""
    table = Table(title=None, pad_edge=False)
    for title in ("figure", "must", "aim", "measured", "lowest to highest", "verdict"):
        table.add_column(title, justify="left" if title in {"figure", "verdict"} else "right", overflow="fold")
    for line in report.lines:
        table.add_row(*_cells(line), style=_STYLES[line.verdict])
    console.print(table)
    for remark in _remarks(report):
        console.print(f"- {remark}", highlight=False, soft_wrap=True)


def _cells(line: FigureLine) -> tuple[str, ...]:
    figure = line.figure
    return (
        figure.name,
        _bound(figure.must, figure),
        _bound(figure.aim, figure),
        f"{number(figure.value.median)} {figure.unit}",
        f"{number(figure.value.low)} to {number(figure.value.high)}",
        line.verdict.value,
    )


def _remarks(report: Report) -> list[str]:
    remarks = [f"{line.figure.name.strip()}: {remark}" for line in report.lines for remark in line.figure.remarks]
    machine, length = report.machine, "quick run" if report.quick else "full run"
    used = machine.cores_used
    remarks.append(f"{length} of {report.seconds:.0f} s; {report.journal}")
    remarks.append(
        f"{machine.processor}, {machine.cores} cores, {machine.memory_gib} GiB, {machine.kernel}, {machine.python}; "
        f"proxy on core {used.proxy}, upstreams on core {used.upstream}, load on core {used.load}"
    )
    return remarks


def number(value: float) -> str:
    """Three digits that matter."""
    if abs(value) >= 100:  # noqa: PLR2004 - from here on, fractions say nothing
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _bound(bound: float | None, figure: Figure) -> str:
    if bound is None:
        return ""
    return f"{'>=' if figure.higher_is_better else '<='} {number(bound)}"
