"""Commands of ours in processes of their own, watched and stopped by their id."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from tests.e2e.raw import Heard, get

READY_SECONDS = 30.0
STOP_SECONDS = 20.0
GLANCE_SECONDS = 0.02
TAIL_CHARACTERS = 4_000


class Process:
    """`mainstay` with these arguments, its output in a file."""

    def __init__(self, arguments: list[str], directory: Path, environment: Mapping[str, str] | None = None) -> None:
        self.log = directory / "output.txt"
        command = [sys.executable, "-m", "mainstay.cli.main", *arguments]
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                command,
                cwd=directory,
                env={**without_keys(os.environ), **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether it runs no more."""
        return self._process.poll() is not None

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self.log.read_text(errors="replace")

    def until(self, condition: Callable[[], bool], what: str, seconds_max: float = READY_SECONDS) -> None:
        """Wait for something that the process does. Fails at once when the process has ended."""
        deadline = time.monotonic() + seconds_max
        while not condition():
            assert self._process.poll() is None, f"ended while we waited: {what}\n{self.output[-TAIL_CHARACTERS:]}"
            assert time.monotonic() < deadline, f"not within {seconds_max:g} s: {what}\n{self.output}"
            time.sleep(GLANCE_SECONDS)

    def until_ended_or(self, condition: Callable[[], bool], what: str) -> None:
        """As `until`; the end of the process will do as well."""
        self.until(lambda: self._process.poll() is not None or condition(), what)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def wait(self, seconds_max: float = STOP_SECONDS) -> int:
        """Wait for its end; its exit code."""
        try:
            return self._process.wait(seconds_max)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not end within {seconds_max:g} s\n{self.output}") from None

    def stop(self) -> int:
        """Ask it to stop, as an operator would; its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """End it at once, as a power failure would."""
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self.kill()


class GatewayProcess(Process):
    """A running gateway. The `with` block begins when it is ready."""

    def __init__(self, file: Path, port: int, environment: Mapping[str, str] | None = None) -> None:
        super().__init__(["gateway", "-c", str(file)], file.parent, environment)
        self.url = f"http://127.0.0.1:{port}"
        self.file = file

    def __enter__(self) -> Self:
        try:
            self.until(self.is_ready, "the gateway is ready")
        except AssertionError:
            self.kill()
            raise
        return self

    def is_ready(self) -> bool:
        """Whether it wants traffic."""
        heard = answer_or_none(self.url, "/readyz")
        return heard is not None and heard.status == 200


def answer_or_none(url: str, path: str, headers: Mapping[str, str] | None = None) -> Heard | None:
    """What a GET gets; `None` while nobody answers."""
    try:
        return get(url, path, headers)
    except OSError:
        return None


def free_port() -> int:
    """A port of loopback that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_running(pid: int) -> bool:
    """Whether there is a process of this id that is not only waiting to be buried."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def without_keys(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what would lead to a real provider."""
    prefixes = ("ANTHROPIC_", "OPENAI_", "MAINSTAY_")
    return {name: value for name, value in environment.items() if not name.startswith(prefixes)}
