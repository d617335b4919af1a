"""A gateway of one worker, in this process."""

import os
from collections.abc import Callable

from mainstay.gateway.supervisor.standing import ConfigurationStanding, Roll, WorkerStanding
from mainstay.gateway.supervisor.versions import Version
from mainstay.gateway.worker import Worker

NEEDS_TWO = "a rolling restart needs gateway.workers: 2 or more"


class Alone:
    """`chief.Workforce` of one."""

    def __init__(
        self, made: Callable[[Version, Callable[[], None]], Worker], name: str, report: Callable[[str], None]
    ) -> None:
        """`made` makes the worker for a version, and gives it what to call when it serves; `name` is that of the
        configuration, for records; `report` takes one line for the operator."""
        self.draining = False
        self.roll = Roll()
        self._made = made
        self._name = name
        self._report = report
        self._worker: Worker | None = None
        self._state = "starting"
        self._sha256 = ""
        self._configuration: ConfigurationStanding | None = None

    @property
    def workers(self) -> tuple[WorkerStanding, ...]:
        """The one."""
        return (WorkerStanding(0, "ending" if self.draining else self._state, os.getpid(), self._sha256),)

    async def work(self, version: Version) -> None:
        """See `Workforce`."""
        self._sha256 = version.sha256
        worker = self._worker = self._made(version, self._serves)
        if self._configuration is not None:
            worker.configured(self._configuration)
        if self.draining:
            worker.stop()
        await worker.run()

    def adopt(self, version: Version) -> None:
        """See `Workforce`."""
        self._sha256 = version.sha256
        if self._worker is not None:
            self._worker.load(version.snapshot, version.sha256, name_of(self._name, version))

    def configured(self, standing: ConfigurationStanding) -> None:
        """See `Workforce`."""
        self._configuration = standing
        if self._worker is not None:
            self._worker.configured(standing)

    def alert(self, message: str) -> None:
        """See `Workforce`."""
        if self._worker is not None:
            self._worker.alert(message)

    def restart(self) -> None:
        """Cannot be done: nobody would serve meanwhile."""
        self.roll = Roll(self.roll.number + 1, trouble=NEEDS_TWO)
        self._report(f"restart: {NEEDS_TWO}")

    def stop(self) -> None:
        """See `Workforce`."""
        self.draining = True
        if self._worker is not None:
            self._worker.stop()

    def _serves(self) -> None:
        self._state = "serving"


def name_of(name: str, version: Version) -> str:
    """What records call a version."""
    return f"{name} (rolled back)" if version.rolled_back else name
