"""One worker process of the gateway: server, upstream client, journal and metrics around one `Gateway`."""

import asyncio
import gc
import os
import socket
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec

from mainstay import __version__
from mainstay.config.snapshot import Snapshot
from mainstay.gateway.app import Gateway
from mainstay.gateway.draining import drain
from mainstay.gateway.equipment import Berthing, Equipment
from mainstay.gateway.http.server import Server
from mainstay.gateway.http.shares import Shares
from mainstay.gateway.identity import id_maker
from mainstay.gateway.node import gateway_id_or_any
from mainstay.gateway.supervisor.standing import ConfigurationStanding
from mainstay.ledger.files import JournalFile, journal_path
from mainstay.ledger.writing.journal import FileJournal, JournalLimits
from mainstay.model.records import AlertRecord, ConfigurationRecord, ProcessRecord
from mainstay.wire.crossing.passages import Speech

GARBAGE_THRESHOLD = 50_000
"""Allocations between collections. The hot path makes no cycles, so collecting often finds nothing."""
CONFIGURATION_REFUSED = "configuration-refused"
"""Kind of the alert record about a file that was not accepted."""


class Settings(msgspec.Struct, frozen=True):
    """What a worker starts with. `path` names the configuration for records, `role` the process; `listening` are
    sockets that listen already (without any, the worker listens itself), `shares` what their workers know of each
    other's connections."""

    snapshot: Snapshot
    sha256: str
    path: str
    speech: Speech
    report: Callable[[str], None]
    number: int = 0
    role: str = "gateway"
    listening: tuple[socket.socket, ...] = ()
    shares: Shares | None = None


class Worker:
    """Serves from `run` until `stop`, then drains."""

    def __init__(self, settings: Settings, ready: Callable[[], None] = lambda: None) -> None:
        """Prepare; nothing is opened yet. `ready` is called when it serves."""
        self._configuration: ConfigurationStanding | None = None
        snapshot = settings.snapshot
        state = Path(snapshot.state)
        self._settings = settings
        self._snapshot = snapshot
        self._ready = ready
        self._stop, self._hurry = asyncio.Event(), asyncio.Event()
        self._is_told = False
        self._drain_seconds_max = float("inf")
        self._next_id = id_maker()
        self._gateway_id, self._id_trouble = gateway_id_or_any(state)
        if self._id_trouble:
            settings.report(self._id_trouble)
        file = JournalFile(journal_path(state, settings.number), time.time, gateway=self._gateway_id)
        bounds = JournalLimits(keep_seconds=snapshot.journal.keep_seconds, bytes_max=snapshot.journal.bytes_max)
        self._journal = FileJournal(file, settings.report, limits=bounds)
        self._gateway: Gateway | None = None
        self._equipment: Equipment | None = None

    async def run(self) -> None:
        """Serve. Raises `StateInUseError` or `NewerStoreError` for a state folder that is not ours to use,
        `UnusableProxyError`, `NobodyCanCallError`, and another `OSError` for an address that cannot be had."""
        settings = self._settings
        async with AsyncExitStack() as stack:
            gateway = self._opened(stack)
            server = Server(gateway.handle, gateway.refusal, settings.report)
            address = settings.snapshot.gateway
            server.start(address.host, address.port, listening=settings.listening, shares=settings.shares)
            self._tell("started", settings.role, os.getpid())
            self._accepted(settings.path, settings.sha256)
            gateway.pick_up()
            _calm_garbage_collector()
            self._ready()
            await self._stop.wait()
            await drain(server, gateway, min(self._snapshot.drain_seconds, self._drain_seconds_max), self._hurry)
            self._tell("stopped", settings.role, os.getpid())

    def stop(self) -> None:
        """Drain and end: `/readyz` says so, running requests may finish within the limit. Once more: end at once."""
        if self._is_told:
            self._hurry.set()
        self._is_told = True
        if self._gateway is not None:
            self._gateway.draining = True
        self._stop.set()

    def configured(self, standing: ConfigurationStanding) -> None:
        """How the configuration stands, for those who ask."""
        self._configuration = standing
        if self._equipment is not None:
            self._equipment.configuration = standing

    def retire(self) -> None:
        """Drain and end as one worker of several: the gateway as a whole stays ready."""
        self._stop.set()

    def orphaned(self, drain_seconds: float) -> None:
        """As `stop`, within so many seconds at the most."""
        self._drain_seconds_max = drain_seconds
        self.stop()

    def load(self, snapshot: Snapshot, sha256: str, path: str) -> None:
        """Swap the configuration at once. Running exchanges keep the one they started with."""
        self._snapshot = snapshot
        if self._gateway is not None and self._equipment is not None:
            self._gateway.replace(snapshot)
            self._equipment.replace(snapshot)
            self._accepted(path, sha256)

    def note(self, event: str, pid: int) -> None:
        """Write down what happened to another process of this gateway."""
        self._tell(event, "worker", pid)

    def alert(self, message: str) -> None:
        """Write down that a configuration was refused."""
        identity = f"{CONFIGURATION_REFUSED}-{self._next_id()}"
        self._journal.write(AlertRecord(identity, time.time(), CONFIGURATION_REFUSED, "", "", "", message))

    def _opened(self, stack: AsyncExitStack) -> Gateway:
        """The gateway and all that it works with, each part started; they are closed in the reverse order."""
        settings = self._settings
        berthing = Berthing(
            self._gateway_id, settings.number, self._journal, self._next_id, settings.report, self._id_trouble
        )
        self._equipment = Equipment(self._snapshot, settings.speech, berthing)
        self._equipment.configuration = self._configuration
        self._gateway = self._equipment.open(stack)
        return self._gateway

    def _accepted(self, path: str, sha256: str) -> None:
        self._journal.write(ConfigurationRecord(self._next_id(), time.time(), path, sha256))

    def _tell(self, event: str, role: str, pid: int) -> None:
        self._journal.write(ProcessRecord(self._next_id(), time.time(), role, event, __version__, pid))


def _calm_garbage_collector() -> None:
    """Start-up objects live for ever: keep them out of every collection, and collect seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD, 20, 20)
