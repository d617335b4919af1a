"""Virtual time: a heap of instants. Nothing sleeps; the next thing that is due happens next."""

import heapq
from collections.abc import Callable
from itertools import count

WALL_START = 1_772_448_540.0
"""2026-03-02 10:49:00 UTC, the morning that this product answers to. Virtual time starts there, so that two runs of one
seed write the same records."""


class Timeline:
    """What happens when. Things due at the same instant happen in the order in which they were asked for."""

    def __init__(self) -> None:
        """Begin at instant 0."""
        self.now = 0.0
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    def at(self, instant: float, happen: Callable[[], None]) -> None:
        """Let something happen at an instant (now, if that has passed)."""
        heapq.heappush(self._heap, (max(instant, self.now), next(self._order), happen))

    def run(self) -> None:
        """Let everything happen."""
        while self._heap:
            self.now, _, happen = heapq.heappop(self._heap)
            happen()
