"""`mainstay control`: the control plane, in this process."""

import typer

from mainstay.cli.loading import Config, DemoPorts, keep_private, load_or_exit, source_of
from mainstay.control.plane import NobodyCanLogInError
from mainstay.ledger.errors import LedgerError
from mainstay.wiring.control import run_control
from mainstay.wiring.report import report


def control(config: Config = None, demo_ports: DemoPorts = "") -> None:
    """Run the control plane."""
    keep_private()
    source = source_of(config, demo_ports)
    loaded = load_or_exit(source)
    try:
        if loaded.snapshot is not None:
            run_control(source, loaded.snapshot)
    except (NobodyCanLogInError, LedgerError, OSError) as error:
        report(f"control: {error}")
        raise typer.Exit(1) from None
