"""`mainstay gateway`: the data plane, in this process or in several."""

from typing import Annotated

import msgspec
import typer

from mainstay.cli.loading import Config, DemoPorts, keep_private, load_or_exit, source_of
from mainstay.gateway.equipment import NobodyCanCallError, UnusableProxyError
from mainstay.gateway.supervisor.crew import NOT_OURS
from mainstay.gateway.supervisor.seat import UnusableOrderError
from mainstay.gateway.supervisor.supervisor import Berth
from mainstay.ledger.errors import LedgerError, NewerStoreError
from mainstay.wiring.gateway import run_gateway, run_worker
from mainstay.wiring.report import report
from mainstay.wiring.source import Source

LASTING = (NewerStoreError, NobodyCanCallError, UnusableProxyError)
"""Why a worker cannot run that does not change by trying again: whose state folder this is, keys, the environment."""
BerthText = Annotated[str, typer.Option("--berth", hidden=True)]


def gateway(config: Config = None, demo_ports: DemoPorts = "", berth: BerthText = "") -> None:
    """Run the gateway (data plane). SIGHUP loads the file again, SIGTERM drains and stops."""
    keep_private()
    source = source_of(config, demo_ports)
    if berth:
        _run_worker(source, msgspec.json.decode(berth, type=Berth))
        return
    loaded = load_or_exit(source)
    try:
        run_gateway(source, loaded)
    except (LedgerError, OSError) as error:
        report(f"gateway: {error}")
        raise typer.Exit(1) from None


def _run_worker(source: Source, berth: Berth) -> None:
    """One of several workers, started by its supervisor."""
    try:
        run_worker(source, berth)
    except (UnusableOrderError, LedgerError, OSError) as error:
        report(f"worker {berth.number}: {error}")
        raise typer.Exit(NOT_OURS if isinstance(error, LASTING) else 1) from None
