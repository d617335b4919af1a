"""How long to wait before a process that died is started again."""

from typing import Final

PAUSE_SECONDS_MIN: Final = 0.5
PAUSE_SECONDS_MAX: Final = 30.0
STEADY_SECONDS: Final = 60.0
"""A process that lived this long begins with the shortest pause again."""


class GrowingPause:
    """The pauses of one process: each twice the one before, up to a bound."""

    def __init__(self) -> None:
        """Begin with the shortest."""
        self._next_seconds = PAUSE_SECONDS_MIN

    def after(self, lived_seconds: float) -> float:
        """The pause after a life of this length, in seconds."""
        if lived_seconds >= STEADY_SECONDS:
            self._next_seconds = PAUSE_SECONDS_MIN
        pause = self._next_seconds
        self._next_seconds = min(PAUSE_SECONDS_MAX, 2 * pause)
        return pause
