"""Which configuration a plane is started with, and how it treats what it writes."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from mainstay.cli.check import print_findings
from mainstay.config.load import Loaded
from mainstay.wiring.source import Source, here

Config = Annotated[
    Path | None, typer.Option("--config", "-c", help="The file; default: mainstay.yaml here, else the environment.")
]
DemoPorts = Annotated[str, typer.Option("--demo-ports", hidden=True)]


OURS_ALONE = 0o077


def keep_private() -> None:
    """What this process writes from now on is for its own user alone: records tell who asked for what, and when."""
    os.umask(OURS_ALONE)


def load_or_exit(source: Source) -> Loaded:
    """Load the configuration; print its mistakes and exit where it has any."""
    loaded = source.load()
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    print_findings(console, source.path or Path(source.name), loaded)
    if loaded.snapshot is None:
        raise typer.Exit(1)
    return loaded


def source_of(config: Path | None, demo_ports: str) -> Source:
    """The source that the options of a plane name."""
    source = here(config)
    if not demo_ports:
        return source
    one, two, three, four = (int(port) for port in demo_ports.split(","))
    return Source(None, source.environment, source.directory, demo_ports=(one, two, three, four))
