"""A gateway of a test's own, which it may kill and start again: one file, one port, one state folder."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import msgspec

from tests.conformance.stage import AWS_KEY, AWS_KEY_VARIABLE
from tests.e2e.callers import Callers
from tests.e2e.lanes import KEY, KEY_VARIABLE, Tree
from tests.e2e.process import GatewayProcess, Process, free_port
from tests.e2e.raw import get

KEYS = {KEY_VARIABLE: KEY, AWS_KEY_VARIABLE: AWS_KEY}


class Stand:
    """The `with` block begins when the gateway is ready, and ends with its end."""

    def __init__(self, folder: Path, tree: dict[str, Tree]) -> None:
        """`tree` is the file without addresses and state."""
        self.folder = folder
        self.state = folder / "state"
        self._port = free_port()
        self._file = folder / "mainstay.yaml"
        addresses: dict[str, Tree] = {
            "gateway": {"listen": f"127.0.0.1:{self._port}"},
            "control": {"listen": "127.0.0.1:0"},
            "state": str(self.state),
        }
        self._file.write_bytes(msgspec.json.encode(addresses | tree))
        self.gateway = self._begin()
        self.callers = Callers(self.gateway.url)

    @property
    def url(self) -> str:
        """Base URL of the gateway."""
        return self.gateway.url

    def kill(self) -> None:
        """End the gateway at once, as a power failure would."""
        self.gateway.kill()

    def start(self) -> None:
        """Start it again, and wait until it is ready."""
        self.gateway = self._begin().__enter__()

    def audit(self, *arguments: str) -> str:
        """What `mainstay audit tail` says, once the journal is written."""
        self.gateway.until(lambda: '"pending":0' in get(self.url, "/readyz").text, "the journal is written")
        with TemporaryDirectory(dir=self.folder) as folder:
            with Process(["audit", "tail", "--state", str(self.state), *arguments], Path(folder)) as process:
                assert process.wait() == 0, process.output
            return process.output

    def _begin(self) -> GatewayProcess:
        return GatewayProcess(self._file, self._port, KEYS)

    def __enter__(self) -> Self:
        self.gateway.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.callers.close()
        self.gateway.__exit__(None, None, None)
        assert "defect" not in self.gateway.output, self.gateway.output
