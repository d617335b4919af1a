"""`mainstay gateway` and `mainstay control`: one plane each, in this process."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from mainstay.cli.check import print_findings
from mainstay.config.load import Loaded
from mainstay.ledger.errors import LedgerError
from mainstay.wiring import Source, here, report, run_control, run_gateway

Config = Annotated[
    Path | None, typer.Option("--config", "-c", help="The file; default: mainstay.yaml here, else the environment.")
]
DemoPorts = Annotated[str, typer.Option("--demo-ports", hidden=True)]


def gateway(config: Config = None, demo_ports: DemoPorts = "") -> None:
    """Run the gateway (data plane). SIGHUP loads the file again, SIGTERM drains and stops."""
    source = _source(config, demo_ports)
    loaded = load_or_exit(source)
    try:
        run_gateway(source, loaded)
    except (LedgerError, OSError) as error:
        report(f"gateway: {error}")
        raise typer.Exit(1) from None


def control(config: Config = None, demo_ports: DemoPorts = "") -> None:
    """Run the control plane."""
    loaded = load_or_exit(_source(config, demo_ports))
    try:
        if loaded.snapshot is not None:
            run_control(loaded.snapshot)
    except OSError as error:
        report(f"control: {error}")
        raise typer.Exit(1) from None


def load_or_exit(source: Source) -> Loaded:
    """Load the configuration; print its mistakes and exit where it has any."""
    loaded = source.load()
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    print_findings(console, source.path or Path(source.name), loaded)
    if loaded.snapshot is None:
        raise typer.Exit(1)
    return loaded


def _source(config: Path | None, demo_ports: str) -> Source:
    source = here(config)
    if not demo_ports:
        return source
    one, two, three, four = (int(port) for port in demo_ports.split(","))
    return Source(None, source.environment, source.directory, demo_ports=(one, two, three, four))
