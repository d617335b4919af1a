"""Child processes of `mainstay up`: started, watched, started again when they die, stopped together."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from mainstay.gateway.supervisor.pause import GrowingPause


class Child:
    """One process, and when it may be started again after its death."""

    def __init__(self, name: str, arguments: Sequence[str]) -> None:
        """`arguments` are those of the command `mainstay`."""
        self.name = name
        self.exit_code: int | None = None
        self.restarts = 0
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._pause = GrowingPause()
        self._due_at = 0.0

    def start(self, now: float) -> None:
        """Start the process. `now` is an instant of the monotonic clock. Raises `OSError` if the system has no room."""
        command = [sys.executable, "-m", "mainstay.cli.main", *self._arguments]
        # Its own session: Ctrl-C reaches us alone, so that we choose the order in which to stop.
        self._process = subprocess.Popen(command, start_new_session=True)  # noqa: S603 - our own program
        self._started_at = now

    def watch(self, now: float, report: Callable[[str], None]) -> None:
        """Notice a death; start again once the pause is over."""
        if self._process is not None and self._process.poll() is not None:
            self.exit_code = self._process.returncode
            self._process = None
            pause_seconds = self._pause.after(now - self._started_at)
            self._due_at = now + pause_seconds
            report(f"{self.name} ended with code {self.exit_code}; it starts again in {pause_seconds:g} s")
        elif self._process is None and now >= self._due_at:
            self.restarts += 1
            self.start(now)

    @property
    def has_died(self) -> bool:
        """Whether the process that was started is no more."""
        return self._process is not None and self._process.poll() is not None

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process is not None else None

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def terminate(self) -> None:
        """Ask it to stop."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def join(self, deadline: float) -> None:
        """Wait for its end, killing it when the deadline (monotonic clock) has passed."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
