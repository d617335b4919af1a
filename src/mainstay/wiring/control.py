"""The control plane: its pages, shipping, the lease and its own journal."""

import asyncio
import os
import signal
import socket
import time

import uvloop

from mainstay import __version__
from mainstay.config.snapshot import Snapshot
from mainstay.control.background import Background
from mainstay.control.evidence import Evidence
from mainstay.control.lease import Ears, open_lease
from mainstay.control.operations.following import Following
from mainstay.control.plane import Outside, run_control_plane
from mainstay.control.shipping.shipper import Shipper
from mainstay.control.shipping.status import Finding
from mainstay.gateway.identity import id_maker
from mainstay.ledger.store.opening import open_store
from mainstay.ledger.writing.journal import FileJournal, JournalLimits
from mainstay.wiring.control_journal import control_journal_file
from mainstay.wiring.operations import Operations
from mainstay.wiring.report import report
from mainstay.wiring.source import Source


def run_control(source: Source, snapshot: Snapshot) -> None:
    """Run the control plane until it is told to stop. `snapshot` is what was read from `source`, whose file is
    followed. Raises `NobodyCanLogInError`, and `OSError` for an address that cannot be had."""
    dsn = None if snapshot.store is None else snapshot.store.value
    state = snapshot.state
    journal = _journal(snapshot)
    evidence = Evidence(journal.write, time.time, time.monotonic, id_maker())

    def tell(found: Finding) -> None:
        report(f"shipping: {found.kind}: {found.message}")
        evidence.found(found)

    shipper = Shipper(state, lambda: open_store(dsn, state), tell, time.time, time.monotonic)
    ears = Ears(report, evidence.lease)
    lease = open_lease(dsn, state, f"{socket.gethostname()}/{os.getpid()}", ears, time.monotonic)
    following = Following(snapshot, source.path, source.load, report)
    folder = source.directory if source.path is None else source.path.parent
    operations = Operations(following, folder, lambda: lease.status().is_held, journal.write, report)
    statuses = (shipper.status, lease.status, journal.status)
    desks = operations.desks()
    outside = Outside(__version__, report, time.time, time.monotonic, *statuses, evidence, desks=desks)

    async def work() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await run_control_plane(snapshot, outside, stop)

    jobs = (
        Background("shipper", shipper.run),
        Background("lease", lease.run),
        Background("evidence", evidence.run),
        *operations.jobs(),
    )
    journal.start()
    evidence.process("started", __version__, os.getpid())
    for job in jobs:
        job.start()
    try:
        uvloop.run(work())
    finally:
        for job in reversed(jobs):
            job.close()
        operations.close()
        evidence.process("stopped", __version__, os.getpid())
        journal.close()


def _journal(snapshot: Snapshot) -> FileJournal:
    """Where what happens here is written down. Whatever is wrong with it keeps nothing else from running."""
    limits = JournalLimits(keep_seconds=snapshot.journal.keep_seconds, bytes_max=snapshot.journal.bytes_max)
    return FileJournal(control_journal_file(snapshot.state), lambda line: report(f"control: {line}"), limits=limits)
