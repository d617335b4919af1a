"""`mainstay check`: reports every mistake of a configuration file at once, each with its path."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from mainstay.config.json_schema import json_schema
from mainstay.config.load import Loaded, load
from mainstay.config.mistake import Mistake
from mainstay.config.snapshot import Snapshot
from mainstay.wiring.source import checked


def check(
    config: Annotated[Path, typer.Option("--config", "-c", help="The file to check.")] = Path("mainstay.yaml"),
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of the file and stop.")] = False,
) -> None:
    """Check a configuration file and report every mistake at once, each with its path.

    The exit code is 0 when the file can be used (there may be warnings) and 1 when it cannot.
    """
    if schema:
        sys.stdout.write(json_schema().decode() + "\n")
        return
    loaded = checked(load(config, os.environ), os.environ)
    print_findings(Console(stderr=True, soft_wrap=True, highlight=False), config, loaded)
    if loaded.snapshot is None:
        raise typer.Exit(1)
    Console(soft_wrap=True, highlight=False).print(Text(summary(config, loaded.snapshot)))


def print_findings(console: Console, config: Path, loaded: Loaded) -> None:
    """Print warnings and mistakes, one line each, with the counts last."""
    for line in _lines(config, loaded.warnings, "warning", "yellow"):
        console.print(line)
    for line in _lines(config, loaded.mistakes, "mistake", "red"):
        console.print(line)
    if loaded.mistakes:
        console.print(Text(f"{config}: {_count(len(loaded.mistakes), 'mistake')}; nothing was changed or started."))


def summary(config: Path, snapshot: Snapshot) -> str:
    """One line about a good file."""
    parts = (
        _count(len(snapshot.upstreams), "upstream"),
        _count(len(snapshot.models), "model"),
        _count(len(snapshot.workloads), "workload"),
    )
    return f"{config} is good: {', '.join(parts)}; gateway on {snapshot.gateway}, control on {snapshot.control}."


def _lines(config: Path, findings: Iterable[Mistake], word: str, style: str) -> Iterable[Text]:
    """Lines in the form that editors and CI systems link to: `file:line: word: path message`."""
    for finding in findings:
        place = f"{config}:{finding.line}" if finding.line is not None else str(config)
        path = (f"{finding.path} ", "bold") if finding.path else ""
        yield Text.assemble(f"{place}: ", (f"{word}: ", style), path, finding.message)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
