"""The gateway: its worker in this process, or a supervisor and workers in processes of their own."""

import signal
import time
from collections.abc import Callable

import msgspec
import uvloop

from mainstay.config.load import Loaded
from mainstay.config.snapshot import Snapshot
from mainstay.gateway.http.shares import Shares
from mainstay.gateway.supervisor.alone import Alone
from mainstay.gateway.supervisor.archive import Archive
from mainstay.gateway.supervisor.chief import Chief, Workforce
from mainstay.gateway.supervisor.seat import Seat
from mainstay.gateway.supervisor.supervisor import Berth, Supervisor, worker_sockets
from mainstay.gateway.supervisor.versions import Version, Versions
from mainstay.gateway.worker import Settings, Worker
from mainstay.wire.registry import SPEECH
from mainstay.wiring.report import report
from mainstay.wiring.source import Source


def run_gateway(source: Source, loaded: Loaded) -> None:
    """Run a gateway until it is told to stop: its worker in this process, or several in processes of their own. Raises
    what `Chief.run` raises."""
    snapshot = loaded.snapshot
    if snapshot is None:
        message = "a configuration with mistakes cannot run"
        raise ValueError(message)

    def made(version: Version, ready: Callable[[], None]) -> Worker:
        return Worker(_settings(source, version.snapshot, version.sha256), ready)

    async def work() -> None:
        workforce: Workforce
        if snapshot.workers == 1:
            workforce = Alone(made, source.name, report)
        else:
            workforce = Supervisor(snapshot.workers, source.worker_command, report)
        versions = Versions(source, loaded, Archive(snapshot.state), wall=time.time, report=report)
        await Chief(workforce, versions, snapshot.state, source.path, report=report).run()

    uvloop.run(work())


def run_worker(source: Source, berth: Berth) -> None:
    """Run one of several workers until it is told to stop. Raises what `Seat.run` raises."""
    listening = worker_sockets(berth.sockets)
    shares = None if berth.shares < 0 else Shares(berth.shares, berth.number)

    def tell(words: str) -> None:
        report(f"worker {berth.number}: {words}")

    def made(loaded: Loaded, ready: Callable[[], None]) -> Worker:
        if loaded.snapshot is None:
            message = "a configuration with mistakes cannot run"
            raise ValueError(message)
        settings = _settings(source, loaded.snapshot, loaded.sha256)
        ours = msgspec.structs.replace(
            settings, report=tell, number=berth.number, role="worker", listening=listening, shares=shares
        )
        return Worker(ours, ready)

    async def work() -> None:
        (line,) = worker_sockets([berth.line])
        await Seat(line, source, made, tell).run()

    # Who would end us by these means the supervisor, which hears them itself.
    for signal_number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(signal_number, signal.SIG_IGN)
    uvloop.run(work())


def _settings(source: Source, snapshot: Snapshot, sha256: str) -> Settings:
    return Settings(snapshot=snapshot, sha256=sha256, path=source.name, speech=SPEECH, report=report)
