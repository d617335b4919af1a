"""The part of docs/performance.md that is made from results."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from bench.figure import Figure
from bench.kept import Result
from bench.report import machine_in_words, remarks_of, table

BEGIN, END = "<!-- made by `make bench-docs`: begin -->", "<!-- made by `make bench-docs`: end -->"
PLOTS_FOLDER = PurePosixPath("performance")

SECTIONS: Mapping[str, tuple[str, ...]] = {
    "What counts": ("plain", "streaming", "latency", "crowd", "start"),
    "Other gateways": ("peers",),
    "Sizes, dialects, translation": ("payloads", "crossing"),
    "Cache": ("cache",),
    "Failing over": ("failover", "rehearsal"),
    "Overload": ("overload", "overload-all"),
    "Parts": ("token", "journal", "workers", "paused"),
    "Pages": ("pages", "pages-all"),
    "Soak": ("soak",),
}
"""Which measures stand under which heading."""
PLOTS: Mapping[str, tuple[str, str]] = {
    "throughput": ("What counts", "plain requests per second that one core carries"),
    "plain": ("What counts", "CPU time per plain request"),
    "streams": ("What counts", "CPU time per streamed event"),
    "latency": ("What counts", "latency at half load"),
    "memory-stream": ("Other gateways", "memory per open stream"),
    "memory-idle": ("Other gateways", "memory before the first stream"),
    "start": ("Other gateways", "cold start to first answer"),
    "peers": ("Other gateways", "CPU time per plain request of other gateways"),
    "peer-streams": ("Other gateways", "CPU time per streamed event by the same load"),
    "payloads": ("Sizes, dialects, translation", "CPU time per plain request by size and dialect"),
    "cache": ("Cache", "CPU time per request with a cache"),
    "soak": ("Soak", "memory after so many exchanges"),
}
"""For each plot its heading and what it shows."""


def section(results: Sequence[Result], plots: Sequence[str]) -> str:
    """The generated part, without its marks. `plots` are those that were drawn."""
    by_name = {result.name: result for result in results}
    lines: list[str] = []
    for title, names in SECTIONS.items():
        found = [by_name[name] for name in names if name in by_name]
        figures = [figure for result in found for figure in result.figures]
        if not figures:
            continue
        lines += [f"### {title}", "", *table(figures), ""]
        lines += [line for name in plots if PLOTS[name][0] == title for line in _picture(name)]
        lines += [f"- {remark}" for remark in remarks_of(figures)]
        lines += [""]
    return "\n".join([*lines, *_about(results)])


def replaced(page: str, made: str) -> str:
    """The page with its generated part made anew. Raises `ValueError` where the marks are missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page needs two lines to write between: {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{made.strip()}\n\n{END}{after}"


def bars_of(results: Sequence[Result]) -> dict[str, list[Figure]]:
    """The figures that are drawn, by plot, in the order of `PLOTS`."""
    drawn = [figure for result in results for figure in result.figures if figure.bar is not None]
    found = {name: [figure for figure in drawn if figure.bar and figure.bar.plot == name] for name in PLOTS}
    return {name: figures for name, figures in found.items() if figures}


def _picture(name: str) -> list[str]:
    return [f"![{PLOTS[name][1]}]({PLOTS_FOLDER / name}.svg)", ""]


def _about(results: Sequence[Result]) -> list[str]:
    if not results:
        return []
    machines = list(dict.fromkeys(machine_in_words(result.machine) for result in results))
    sources = {result.source for result in results}
    seconds = sum(result.seconds for result in results)
    lines = [f"Measured in {seconds / 60:.0f} minutes on: {'; and on: '.join(machines)}.", ""]
    if len(sources) > 1:
        lines += ["Not all of these figures are from the same version of the source.", ""]
    if any(result.plan.repeats == 1 for result in results):
        lines += ["Some are from a quick run with a single repeat.", ""]
    return lines
