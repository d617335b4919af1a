"""`python -m bench`: measure, print the table, and say with the exit code only whether the measuring worked."""

import argparse
import os
import resource
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Console

from bench.child import BenchError
from bench.figure import Figure
from bench.machine import choose_cores, describe
from bench.measures import (
    crossing,
    crowd,
    failover,
    journal,
    latency,
    paused,
    plain,
    rehearsal,
    start,
    streaming,
    token,
    workers,
)
from bench.measures.context import Context
from bench.plan import FULL, QUICK
from bench.report import FigureLine, Report, encode, markdown, show
from bench.stage import Proxy, Stage, program

FILES_WANTED = 16_384
SIDE_BY_SIDE = ("plain", "streaming", "latency")
"""Those that share one nginx and one gateway."""
BROKEN, UNABLE = 1, 2
_ALONE = (
    ("crossing", crossing.measure),
    ("failover", failover.measure),
    ("crowd", crowd.measure),
    ("start", start.measure),
    ("token", token.measure),
    ("journal", journal.measure),
    ("workers", workers.measure),
    ("paused", paused.measure),
)
"""Those that start what they measure themselves."""
NAMES = (*SIDE_BY_SIDE, *(name for name, _ in _ALONE), "rehearsal")


class Arguments(msgspec.Struct, frozen=True):
    """What was asked for on the command line."""

    quick: bool
    json: Path | None
    markdown: Path | None
    only: tuple[str, ...]


def read_arguments(words: Sequence[str]) -> Arguments:
    """Read the command line; exits with 2 on a mistake, as argparse does."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the gateway beside nginx.")
    parser.add_argument("--quick", action="store_true", help="one short repeat of everything, within four minutes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there as well")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table for docs/performance.md there")
    parser.add_argument("--only", choices=NAMES, action="append", metavar="NAME", help=f"one of {', '.join(NAMES)}")
    read = parser.parse_args(words)
    return Arguments(read.quick, read.json, read.markdown, tuple(read.only or NAMES))


def main(words: Sequence[str]) -> int:
    """Run. 0: measured, whatever the figures; 1: something broke; 2: this machine lacks something."""
    arguments = read_arguments(words)
    console = Console(highlight=False)
    cores = choose_cores(sorted(os.sched_getaffinity(0)))
    if cores is None:
        console.print("bench: needs two cores, one for the proxy and one for everything else")
        return UNABLE
    try:
        for name in ("taskset", "nginx", "wrk"):
            program(name)
    except BenchError as error:
        console.print(f"bench: {error}")
        return UNABLE
    if "paused" in arguments.only and (missing := paused.what_is_missing()):
        console.print(f"bench: paused: {missing}")
        return UNABLE
    os.sched_setaffinity(0, {cores.load})
    _allow_many_files()
    began_at = time.perf_counter()
    try:
        with tempfile.TemporaryDirectory(prefix="mainstay-bench-") as folder:
            stage = Stage(cores, Path(folder))
            plan = QUICK if arguments.quick else FULL
            say = Console(stderr=True, style="dim", highlight=False).print
            figures, looked_at = _measure(Context(stage, plan, Path(folder), say), arguments.only)
    except BenchError as error:
        console.print(f"bench: {error}", style="bold red")
        return BROKEN
    lines = tuple(FigureLine(figure, figure.verdict) for figure in figures)
    report = Report(describe(cores), arguments.quick, time.perf_counter() - began_at, lines, looked_at)
    show(console, report)
    if arguments.json is not None:
        arguments.json.write_bytes(encode(report))
    if arguments.markdown is not None:
        arguments.markdown.write_text(markdown(report))
    return 0


def _measure(context: Context, only: tuple[str, ...]) -> tuple[list[Figure], str]:
    figures: list[Figure] = []
    looked_at = "journal not looked at"
    with context.stage.upstreams():
        if set(SIDE_BY_SIDE) & set(only):
            with context.stage.nginx() as nginx, context.stage.gateway() as gateway:
                figures += _measure_side_by_side(context, only, nginx, gateway)
                looked_at = _journal(gateway)
        for name, measure in _ALONE:
            if name in only:
                figures += measure(context)
    if "rehearsal" in only:
        figures += rehearsal.measure(context)
    return figures, looked_at


def _measure_side_by_side(context: Context, only: tuple[str, ...], nginx: Proxy, gateway: Proxy) -> list[Figure]:
    figures: list[Figure] = []
    if {"plain", "latency"} & set(only):
        # Half load is half of what the plain measurement finds.
        found, greatest = plain.measure(context, nginx, gateway)
        figures += found
    if "streaming" in only:
        figures += streaming.measure(context, nginx, gateway)
    if "latency" in only:
        figures += latency.measure(context, nginx, gateway, greatest)
    return figures


def _journal(gateway: Proxy) -> str:
    """What the gateway's own metrics say about its journal: it must have been on and have lost nothing."""
    with urllib.request.urlopen(f"http://127.0.0.1:{gateway.plain_port}/metrics") as page:
        lines = [line.split() for line in page.read().decode().splitlines() if not line.startswith("#")]
    values = {fields[0]: float(fields[1]) for fields in lines}
    written = values["mainstay_journal_records_written_total"]
    dropped = values["mainstay_journal_records_dropped_total"]
    return f"journal: {written:,.0f} records written, {dropped:,.0f} dropped"


def _allow_many_files() -> None:
    """Thousands of connections need as many open files; children inherit the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_WANTED if hard == resource.RLIM_INFINITY else min(FILES_WANTED, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
