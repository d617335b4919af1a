"""Who is in charge of a gateway: holds its lock, obeys signals, watches the file, says how things stand."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import msgspec

from mainstay import __version__
from mainstay.gateway.node import gateway_id_or_any
from mainstay.gateway.supervisor.lock import GatewayLock
from mainstay.gateway.supervisor.standing import (
    ConfigurationStanding,
    GatewayStanding,
    Roll,
    StandingFile,
    WorkerStanding,
)
from mainstay.gateway.supervisor.versions import Version, Versions

LOOK_SECONDS: Final = 2.0
"""Between two looks at the configuration file. One that has changed is loaded when the next look finds it still."""
STANDING_SECONDS: Final = 0.25
ALERT_CHARACTERS_MAX: Final = 2_000


class Workforce(Protocol):
    """Those who serve: one worker in this process, or several in processes of their own."""

    async def work(self, version: Version) -> None:
        """Serve with this configuration until told to stop. Raises what `Worker.run` raises."""

    def adopt(self, version: Version) -> None:
        """Run another configuration from now on."""

    def configured(self, standing: ConfigurationStanding) -> None:
        """How the configuration stands, for those who ask a worker."""

    def alert(self, message: str) -> None:
        """Write down that a file was refused."""

    def restart(self) -> None:
        """Replace the workers one by one."""

    def stop(self) -> None:
        """Drain and end; once more: at once."""

    @property
    def draining(self) -> bool:
        """Whether it was told to stop."""

    @property
    def workers(self) -> tuple[WorkerStanding, ...]:
        """Where each of them stands."""

    @property
    def roll(self) -> Roll:
        """The last rolling restart."""


class Chief:
    """SIGTERM and SIGINT stop (the second one at once), SIGHUP loads the file again, SIGUSR1 goes back to the version
    before, SIGUSR2 restarts worker by worker."""

    def __init__(
        self,
        workforce: Workforce,
        versions: Versions,
        state: Path,
        path: Path | None,
        *,
        report: Callable[[str], None],
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`path` is the configuration file, where there is one."""
        self._workforce = workforce
        self._versions = versions
        self._lock = GatewayLock(state, report)
        self._state = state
        self._path = "" if path is None else str(path.absolute())
        self._report = report
        self._started_at = wall()
        self._file = StandingFile(state, report)
        self._informed: ConfigurationStanding | None = None

    async def run(self) -> None:
        """Serve until stopped. Raises `StateInUseError` where another gateway has the state folder, and what
        `Worker.run` raises."""
        self._lock.take()
        try:
            # Made before there are several who would make it at once. Each of them says what trouble it has with it.
            gateway_id_or_any(self._state)
            version = self._versions.begin()
            self._obey()
            watching = asyncio.create_task(self._watch())
            telling = asyncio.create_task(self._tell())
            try:
                self._inform()
                await self._workforce.work(version)
            finally:
                watching.cancel()
                telling.cancel()
        finally:
            self._lock.release()

    def reload(self) -> None:
        """Load the file again."""
        self._follow(self._versions.reload)

    def roll_back(self) -> None:
        """Go back to the version before."""
        self._follow(self._versions.roll_back)

    def look(self) -> None:
        """See whether the file has changed."""
        self._follow(self._versions.look)

    def standing(self) -> GatewayStanding:
        """How everything stands."""
        workforce, running = self._workforce, self._versions.running
        return GatewayStanding(
            os.getpid(),
            __version__,
            self._started_at,
            self._path,
            str(running.snapshot.gateway),
            workforce.draining,
            running.snapshot.drain_seconds,
            self._configuration(),
            workforce.workers,
            workforce.roll,
        )

    def _follow(self, decide: Callable[[], Version | None]) -> None:
        before = self._versions.standing
        version, standing = decide(), self._versions.standing
        # First how it stands: a worker records under what name it takes a version.
        self._inform()
        if version is not None:
            self._workforce.adopt(version)
        elif standing.refused is not None and standing.refused != before.refused:
            self._workforce.alert("; ".join(standing.refused.mistakes)[:ALERT_CHARACTERS_MAX])

    def _inform(self) -> None:
        """Let those who serve know how it stands, where that has changed."""
        standing = self._configuration()
        if standing != self._informed:
            self._informed = standing
            self._workforce.configured(standing)

    def _configuration(self) -> ConfigurationStanding:
        standing = self._versions.standing
        troubles = (self._lock.trouble, self._file.trouble, standing.disk_trouble)
        return msgspec.structs.replace(standing, disk_trouble="; ".join(filter(None, troubles)))

    def _obey(self) -> None:
        loop = asyncio.get_running_loop()
        for number, does in (
            (signal.SIGTERM, self._workforce.stop),
            (signal.SIGINT, self._workforce.stop),
            (signal.SIGHUP, self.reload),
            (signal.SIGUSR1, self.roll_back),
            (signal.SIGUSR2, self._workforce.restart),
        ):
            loop.add_signal_handler(number, does)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self._workforce.draining:
                continue
            try:
                self._lock.take_late()
                self.look()
            except Exception as error:  # noqa: BLE001 - a mistake of ours must not end the only one who looks
                self._report(f"reload: a defect of ours: {type(error).__name__}: {error}")

    async def _tell(self) -> None:
        while True:
            self._file.write(self.standing())
            self._inform()
            await asyncio.sleep(STANDING_SECONDS)
