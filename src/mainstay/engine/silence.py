"""Silence: a candidate that takes requests and says nothing at all any more, to nobody.

Each attempt has its own clocks (law 5), but they are long: a plain answer may take minutes. Where many wait at once and
nobody has heard anything for longer than nearly everybody usually waits, that is no long answer but an outage. Then
whoever has waited so long gives up, fails over, and its breaker opens; nobody has to wait for the long clocks.
"""

from mainstay.engine.key import Key

WAITING_MIN = 10
"""Attempts that wait for a first byte, so that silence is no accident."""
SECONDS_MIN = 10.0
USUAL_FACTOR = 2.0
"""Of the p95 of what is usual for such a prompt."""
LOOK_SECONDS = 2.0
"""How often an attempt that waits for its first byte asks."""
KEYS_MAX = 10_000


class _Line:
    """Those who wait for one candidate."""

    __slots__ = ("is_silent", "since", "waiting")

    def __init__(self, now: float) -> None:
        self.waiting = 0
        self.is_silent = False
        """Known since somebody gave up for it; until anybody is heard, few have to wait as well, and a probe, too."""
        self.since = now
        """Since when nobody has heard anything while somebody waited."""


class Silence:
    """Mutable; one per process."""

    __slots__ = ("_lines",)

    def __init__(self) -> None:
        """Nobody waits."""
        self._lines: dict[Key, _Line] = {}

    def started(self, key: Key, now: float) -> None:
        """An attempt begins to wait for its first byte."""
        line = self._lines.get(key)
        if line is None:
            if len(self._lines) >= KEYS_MAX:
                self._lines.clear()
            line = self._lines[key] = _Line(now)
        if not line.waiting:
            line.since = now
        line.waiting += 1

    def heard(self, key: Key, now: float) -> None:
        """Its first byte is here."""
        line = self._lines.get(key)
        if line is not None and line.waiting:
            line.waiting -= 1
            line.is_silent = False
            line.since = now

    def given_up(self, key: Key) -> None:
        """It waits no more, and has heard nothing."""
        line = self._lines.get(key)
        if line is not None and line.waiting:
            line.waiting -= 1

    def is_over(self, key: Key, started_at: float, usual_seconds: float | None, now: float) -> bool:
        """Whether an attempt that began at `started_at` need not wait on. `usual_seconds` is the p95 of its kind;
        `None` where too little is known: then its own clocks decide."""
        line = self._lines.get(key)
        if line is None or usual_seconds is None or (line.waiting < WAITING_MIN and not line.is_silent):
            return False
        is_over = now - max(line.since, started_at) >= max(SECONDS_MIN, USUAL_FACTOR * usual_seconds)
        line.is_silent = line.is_silent or is_over
        return is_over
