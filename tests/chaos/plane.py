"""The planes of one replica: gateway and control plane as processes that can be paused, killed and started again."""

import signal
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from tests.e2e.process import GatewayProcess, Process, answer_or_none, is_running
from tests.services.processes import children, send

COMMAND_SECONDS = 90.0
READY_IN_A_ROW = 6
"""So many answers in a row are asked for, so that every worker has likely given one."""


class _Lease(msgspec.Struct):
    is_held: bool = False
    holder: str = ""
    epoch: int = 0


class _Store(msgspec.Struct):
    trouble: str | None = None
    lag_records: int = 0


class _Ready(msgspec.Struct):
    status: str = ""
    store: _Store | None = None
    lease: _Lease | None = None


class Plane:
    """A program of ours and its children. While it is paused or gone it is not asked anything."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._paused: list[int] = []
        self._process: Process | None = None

    @property
    def process(self) -> Process:
        """It runs, or ran last."""
        assert self._process is not None, "never started"
        return self._process

    @property
    def pids(self) -> list[int]:
        """All its processes, the first one first."""
        first = self.process.pid
        return [first, *children(first)] if is_running(first) else []

    def pause(self) -> None:
        """SIGSTOP for all of them: connections stay open and silent."""
        send([self.process.pid], signal.SIGSTOP)  # first, so that it begins no further process
        self._paused = self.pids
        send(self._paused, signal.SIGSTOP)

    def resume(self) -> None:
        """End the pause. Harmless where there is none."""
        send(self._paused, signal.SIGCONT)
        self._paused = []

    def kill(self) -> None:
        """`kill -9` for all of them."""
        send([self.process.pid], signal.SIGSTOP)
        send(reversed(self.pids), signal.SIGKILL)
        self.process.kill()
        self._paused = []

    def stop(self) -> None:
        """As at the end of a test: nothing of it is left."""
        if self._process is not None and self.pids:
            self.kill()

    def status(self) -> _Ready:
        """What it says of itself; nothing where it does not answer."""
        heard = answer_or_none(self.url, "/readyz")
        try:
            return _Ready() if heard is None else msgspec.json.decode(heard.body, type=_Ready)
        except msgspec.DecodeError:
            return _Ready()


class GatewayPlane(Plane):
    """A gateway of several workers."""

    def __init__(self, file: Path, port: int, environment: Mapping[str, str]) -> None:
        super().__init__(f"http://127.0.0.1:{port}")
        self._file, self._port, self._environment = file, port, environment

    def begin(self) -> None:
        """Start it."""
        self._process = GatewayProcess(self._file, self._port, self._environment)

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        self.begin()
        self.process.__enter__()

    @property
    def workers(self) -> list[int]:
        """The process ids of its workers."""
        return self.pids[1:]

    def is_normal(self) -> bool:
        """Whether every worker says that all is well."""
        return all(self.status().status == "ready" for _ in range(READY_IN_A_ROW))


class ControlPlane(Plane):
    """A control plane."""

    def __init__(self, file: Path, port: int, environment: Mapping[str, str]) -> None:
        super().__init__(f"http://127.0.0.1:{port}")
        self._file, self._environment = file, environment
        self._folder = file.parent / "control"
        self._folder.mkdir()

    def begin(self) -> None:
        """Start it."""
        self._process = Process(["control", "-c", str(self._file)], self._folder, self._environment)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.begin()
        self.process.until(lambda: self.status().status != "", "the control plane answers")

    @property
    def acts(self) -> bool:
        """Whether it holds the lease."""
        lease = self.status().lease
        return lease is not None and lease.is_held

    def is_normal(self) -> bool:
        """Whether all is well, and everything that its journals had is in the store."""
        status = self.status()
        return status.status == "ready" and status.store is not None and not status.store.lag_records


def command(arguments: list[str], environment: Mapping[str, str], code: int | None = 0) -> str:
    """What a command of ours says; it must end with this code (`None`: with any)."""
    with TemporaryDirectory() as folder, Process(arguments, Path(folder), environment) as process:
        ended = process.wait(COMMAND_SECONDS)
        assert code in {None, ended}, f"mainstay {' '.join(arguments)} ended with {ended}\n{process.output}"
        return process.output
