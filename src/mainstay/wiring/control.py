"""The control plane: its pages, shipping and the lease."""

import asyncio
import os
import signal
import socket
import time

import uvloop

from mainstay import __version__
from mainstay.config.snapshot import Snapshot
from mainstay.control.background import Background
from mainstay.control.lease import open_lease
from mainstay.control.plane import Outside, run_control_plane
from mainstay.control.shipping.shipper import Shipper
from mainstay.control.shipping.status import Finding
from mainstay.ledger.store.opening import open_store
from mainstay.wiring.report import report


def run_control(snapshot: Snapshot) -> None:
    """Run the control plane until it is told to stop. Raises `NobodyCanLogInError`, and `OSError` for an address that
    cannot be had."""
    dsn = None if snapshot.store is None else snapshot.store.value
    state = snapshot.state

    def tell(found: Finding) -> None:
        report(f"shipping: {found.kind}: {found.message}")

    shipper = Shipper(state, lambda: open_store(dsn, state), tell, time.time, time.monotonic)
    lease = open_lease(dsn, state, f"{socket.gethostname()}/{os.getpid()}", report, time.monotonic)
    outside = Outside(__version__, report, time.time, time.monotonic, shipper.status, lease.status)

    async def work() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await run_control_plane(snapshot, outside, stop)

    jobs = (Background("shipper", shipper.run), Background("lease", lease.run))
    for job in jobs:
        job.start()
    try:
        uvloop.run(work())
    finally:
        for job in jobs:
            job.close()
