"""`python -m bench`: measure, print the table, and say with the exit code only whether the measuring worked."""

import argparse
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import msgspec
from rich.console import Console

from bench.catalogue import HEADLINES, MEASURES, NAMES, USUAL
from bench.child import BenchError
from bench.kept import KeptResults, Result, source_digest
from bench.machine import choose_cores, describe
from bench.measures import paused, peers
from bench.measures.context import Context
from bench.peers import DEFAULT_FOLDER
from bench.plan import FULL, QUICK
from bench.report import Report, encode, markdown, show
from bench.stage import Stage, program

FILES_WANTED = 32_768
BROKEN, UNABLE = 1, 2
ENDED = 128 + signal.SIGINT
"""As shells have it for who was ended by that signal."""


class Arguments(msgspec.Struct, frozen=True):
    """What was asked for on the command line."""

    quick: bool
    resume: bool
    kept: Path | None
    peers: Path
    json: Path | None
    markdown: Path | None
    only: tuple[str, ...]


def read_arguments(words: Sequence[str]) -> Arguments:
    """Read the command line; exits with 2 on a mistake, as argparse does."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the gateway beside others.")
    parser.add_argument("--quick", action="store_true", help="one short repeat of everything")
    parser.add_argument("--kept", type=Path, metavar="FOLDER", help="keep each measure's results there")
    parser.add_argument("--resume", action="store_true", help="measure only what --kept does not hold of this source")
    parser.add_argument("--peers", type=Path, metavar="FOLDER", default=DEFAULT_FOLDER, help="where peers are")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there as well")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table for docs/performance.md there")
    parser.add_argument("--only", choices=NAMES, action="append", metavar="NAME", help=f"one of {', '.join(NAMES)}")
    parser.add_argument(
        "--headlines", action="store_true", help=f"the same as --only for each of {', '.join(HEADLINES)}"
    )
    read = parser.parse_args(words)
    if read.resume and read.kept is None:
        parser.error("--resume needs --kept FOLDER: it goes on with what is there")
    only = tuple(dict.fromkeys([*(read.only or ()), *(HEADLINES if read.headlines else ())])) or USUAL
    kept = read.kept.absolute() if read.kept else None
    return Arguments(read.quick, read.resume, kept, read.peers.absolute(), read.json, read.markdown, only)


def main(words: Sequence[str]) -> int:
    """Run. 0: measured, whatever the figures; 1: something broke; 2: this machine lacks something; 130: told to end."""
    arguments = read_arguments(words)
    console = Console(highlight=False)
    cores = choose_cores(sorted(os.sched_getaffinity(0)))
    if cores is None:
        console.print("bench: needs two cores, one for the proxy and one for everything else")
        return UNABLE
    missing = _what_is_missing(arguments)
    if missing:
        console.print(f"bench: {missing}", soft_wrap=True)
        return UNABLE
    os.sched_setaffinity(0, {cores.load})
    _allow_many_files()
    began_at = time.perf_counter()
    end_as_by_a_key()
    try:
        with tempfile.TemporaryDirectory(prefix="mainstay-bench-") as folder:
            say = Console(stderr=True, style="dim", highlight=False).print
            plan = QUICK if arguments.quick else FULL
            context = Context(Stage(cores, Path(folder)), plan, Path(folder), say, arguments.peers)
            results = _measure(context, arguments)
    except BenchError as error:
        console.print(f"bench: {error}", style="bold red")
        return BROKEN
    except KeyboardInterrupt:
        console.print("bench: ended before it was done")
        return ENDED
    report = Report(describe(cores), arguments.quick, time.perf_counter() - began_at, results)
    show(console, report)
    if arguments.json is not None:
        arguments.json.write_bytes(encode(report))
    if arguments.markdown is not None:
        arguments.markdown.write_text(markdown(report))
    return 0


def _measure(context: Context, arguments: Arguments) -> tuple[Result, ...]:
    kept = KeptResults(arguments.kept) if arguments.kept else None
    source, machine = source_digest(), describe(context.stage.cores)
    results: list[Result] = []
    with context.stage.upstreams():
        for one in MEASURES:
            if one.name not in arguments.only:
                continue
            before = kept.result(one.name) if kept and arguments.resume else None
            if before and (before.source, before.machine, before.plan) == (source, machine, context.plan):
                context.say(f"{one.name}: kept from before")
                results.append(before)
                continue
            began_at = time.perf_counter()
            figures = tuple(one.measure(context))
            results.append(Result(one.name, source, machine, context.plan, time.perf_counter() - began_at, figures))
            if kept:
                kept.keep(results[-1])
    return tuple(results)


def _what_is_missing(arguments: Arguments) -> str:
    """What this machine lacks, and what to do about it; empty where all can be measured."""
    try:
        for name in ("taskset", "nginx", "wrk"):
            program(name)
    except BenchError as error:
        return str(error)
    if "paused" in arguments.only and (missing := paused.what_is_missing()):
        return f"paused: {missing}"
    if arguments.only == ("peers",) and (missing := peers.what_is_missing(arguments.peers)):
        return f"peers: {missing}"
    return ""


def end_as_by_a_key() -> None:
    """Have SIGTERM, and SIGHUP unless it is to be ignored, do what control and C do: every `finally` is gone through,
    so no process that was started is left behind, nor any folder. A second one is not heard."""
    # Shells have what they start in the background ignore SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    heard = [one for one in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(one) is not signal.SIG_IGN]

    def end(_number: int, _frame: FrameType | None) -> None:
        for one in heard:
            signal.signal(one, signal.SIG_IGN)
        signal.raise_signal(signal.SIGINT)

    for one in heard:
        signal.signal(one, end)


def _allow_many_files() -> None:
    """Thousands of connections need as many open files; children inherit the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_WANTED if hard == resource.RLIM_INFINITY else min(FILES_WANTED, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
