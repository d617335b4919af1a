"""The guard on event-loop lag: a heartbeat that notices when this process has more to do than it can.

A beat is due every 50 ms. How late it comes is how long everything else waits, too.
"""

from collections.abc import Callable
from math import ceil

import msgspec

from mainstay.gateway.alarms import Clock, Timer

BEAT_SECONDS = 0.05
WINDOW_SECONDS = 1.0
LAG_SECONDS_MAX = 0.1
"""A window whose 99th percentile is above this lags."""
WINDOWS = 3
"""So many windows in a row must lag: one long pause alone is no overload."""
PERCENTILE = 0.99


class LagStatus(msgspec.Struct, frozen=True):
    """How late the event loop was in the last window (99th percentile), and whether that has lasted."""

    p99_seconds: float = 0.0
    is_lagging: bool = False


class LagGuard:
    """One per worker; used by its event loop."""

    def __init__(self, clock: Clock, on_window: Callable[[], None]) -> None:
        """`on_window` is called after each window, once a second."""
        self.status = LagStatus()
        self._clock = clock
        self._on_window = on_window
        self._timer: Timer | None = None
        self._due = 0.0
        self._window_ends = 0.0
        self._late: list[float] = []
        self._lagged = 0

    def start(self) -> None:
        """Begin to beat."""
        now = self._clock.time()
        self._window_ends = now + WINDOW_SECONDS
        self._set(now)

    def close(self) -> None:
        """Beat no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set(self, now: float) -> None:
        self._due = now + BEAT_SECONDS
        self._timer = self._clock.call_at(self._due, self._beat)

    def _beat(self) -> None:
        now = self._clock.time()
        self._late.append(max(0.0, now - self._due))
        # First, so that a mistake of whoever is called cannot stop the heart.
        self._set(now)
        if now >= self._window_ends:
            self._window_ends = now + WINDOW_SECONDS
            self._judge()
            self._on_window()

    def _judge(self) -> None:
        late = sorted(self._late)
        self._late.clear()
        p99 = late[ceil(PERCENTILE * len(late)) - 1]
        self._lagged = self._lagged + 1 if p99 > LAG_SECONDS_MAX else 0
        self.status = LagStatus(p99, self._lagged >= WINDOWS)
