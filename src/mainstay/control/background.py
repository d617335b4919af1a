"""A job that runs in a thread of its own until it is told to end."""

from collections.abc import Callable
from threading import Event, Thread
from typing import Protocol


class StopSignal(Protocol):
    """Tells a job to end; `threading.Event` in production."""

    def is_set(self) -> bool:
        """Whether to end."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait so many seconds, or until it is time to end; tell whether it is."""


class Background:
    """Runs `job(stop)` in a thread."""

    def __init__(self, name: str, job: Callable[[StopSignal], None]) -> None:
        """`job` returns soon after `stop` is set, and raises nothing."""
        self._stop = Event()
        # A daemon cannot hold up our leaving, should a disk or a network hang.
        self._thread = Thread(target=job, args=(self._stop,), name=name, daemon=True)

    def start(self) -> None:
        """Begin. To be called once."""
        self._thread.start()

    def close(self, timeout_seconds: float = 10.0) -> bool:
        """Tell the job to end and wait for it; tell whether it has. Harmless if it never began."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(timeout_seconds)
        return not self._thread.is_alive()
