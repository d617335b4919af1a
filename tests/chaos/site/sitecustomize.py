"""Imported by Python before any program of ours, where a clock is to be moved: `time.time`, and the times of files that
were written since, say what they would if somebody had set the machine's clock. Monotonic clocks go on as they do then.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

LOOK_SECONDS = 0.2


class Clock:
    """`file` holds by how many seconds the clock is moved; its own time is the instant of the move."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._true_time, self._true_stat = time.time, os.stat
        self._looked_at = float("-inf")
        self._moved_at = 0.0
        self.offset = 0.0

    def look(self) -> None:
        """See whether it was moved."""
        now = time.monotonic()
        if now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            try:
                self._moved_at = self._true_stat(self._file).st_mtime
                self.offset = float(Path(self._file).read_bytes())
            except (OSError, ValueError):
                pass

    def time(self) -> float:
        """See `time.time`."""
        self.look()
        return self._true_time() + self.offset

    def moved(self, stat: Callable[..., os.stat_result]) -> Callable[..., os.stat_result]:
        """See `os.stat`."""

        def told(*arguments: object, **options: object) -> os.stat_result:
            found = stat(*arguments, **options)
            if found.st_mtime < self._moved_at or not self.offset:
                return found
            reduced = found.__reduce__()
            assert isinstance(reduced, tuple)
            fields, more = reduced[1]
            at = found.st_mtime + self.offset
            return os.stat_result(fields, more | {"st_mtime": at, "st_mtime_ns": int(at * 1e9)})

        return told


if file := os.environ.get("CHAOS_CLOCK"):
    clock = Clock(file)
    time.time = clock.time
    os.stat, os.fstat, os.lstat = (clock.moved(one) for one in (os.stat, os.fstat, os.lstat))
