"""Drain: how fast a queue is served, as an average that forgets."""

from math import exp

MEMORY_SECONDS = 10.0


class Drain:
    """Mutable. Counts what was handed out; each count fades with `MEMORY_SECONDS`."""

    __slots__ = ("_at", "_count", "_since")

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._count = 0.0
        self._at = 0.0
        self._since: float | None = None

    def add(self, now: float) -> None:
        """One was handed out."""
        if self._since is None:
            self._since = self._at = now
        self._fade(now)
        self._count += 1.0

    def per_second(self, now: float) -> float:
        """How many are handed out in a second, 0 where nothing is known."""
        if self._since is None:
            return 0.0
        self._fade(now)
        # What began a moment ago has not had the time to fill the memory.
        filled = 1.0 - exp(-max(now - self._since, 1.0) / MEMORY_SECONDS)
        return self._count / (MEMORY_SECONDS * filled)

    def _fade(self, now: float) -> None:
        if now > self._at:
            self._count *= exp((self._at - now) / MEMORY_SECONDS)
            self._at = now
