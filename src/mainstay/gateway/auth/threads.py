"""Small jobs beside the event loop, for disks that hang."""

from collections.abc import Callable
from threading import Thread

Job = Callable[[], None]
Run = Callable[[Job], object]
"""Runs a job, now or beside."""


def run_beside(job: Job) -> None:
    """Run a job in a thread of its own, which cannot hold up our leaving."""
    Thread(target=job, name="auth-files", daemon=True).start()
