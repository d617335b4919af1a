"""Learned concurrency: how many attempts one (upstream, model) bears, found out by its signs of overload.

Unlimited until the first sign. Then seven tenths of what was under way, soon again nearly as much as was refused last,
from there on slowly beyond: additive increase with a memory, as in CUBIC. Growth asks for use: a limit that nobody
comes near says nothing about what lies beyond it. Throttling (429) is a rate and no sign.
"""

from mainstay.model.catalogue import Priority

LIMIT_MIN = 2.0
DECREASE = 0.7
DECREASE_SECONDS = 5.0
"""Between two decreases by a factor: one overload shows in many attempts."""
KNOWN_SHARE = 0.95
"""Up to this share of what was refused last, each success adds one place."""
BEYOND_SHARE = 0.125
"""Beyond what was refused last, growth grows with the distance."""
USE_SHARE = 0.5
"""Of the limit must be under way for it to grow; `USE_SHARE_BEYOND` beyond what was refused last."""
USE_SHARE_BEYOND = 0.8
FORGET_FACTOR = 2.0
FORGET_SECONDS = 300.0
EDGE_SHARE = 0.1
"""Beyond what was refused last, this share of the limit, at least one place, is where the limit is felt for: not with
critical work."""
CRITICAL_WAIT_SECONDS = 0.2
"""For so long after critical work has found the places below the edge taken, nobody goes beyond them."""
EPISODE_SECONDS = 15.0
"""Signs so shortly before an outage were the outage."""
COPING_SECONDS = 5.0
"""Whoever completes an answer at least so often is overloaded and not out of order."""
TOLD_SECONDS = 60.0
"""At most one record within this time of how a limit moves."""

CRITICAL = Priority.CRITICAL
"""A name of its own, because looking it up in the enumeration costs ten times as much."""


class LearnedLimit:
    """Mutable; one for each (upstream, model) that showed overload and has not been forgotten."""

    __slots__ = (
        "_critical_until",
        "_decreased_at",
        "_first",
        "_succeeded_at",
        "_told_at",
        "_used_at",
        "ceiling",
        "limit",
    )

    def __init__(self, running: int, now: float) -> None:
        """Begin with the first sign, `running` attempts being under way with the one that showed it."""
        self.limit = max(LIMIT_MIN, DECREASE * running)
        self.ceiling = max(LIMIT_MIN, running - 1.0)
        """How many were under way, besides the one refused, when there were too many."""
        self._first = (now, self.limit, self.ceiling)
        self._decreased_at = now
        self._used_at = now
        self._succeeded_at = now
        """To begin with, those under way are believed to end well."""
        self._critical_until = 0.0
        self._told_at = now

    @property
    def places(self) -> int:
        """The limit in whole attempts."""
        return int(self.limit)

    def open_to(self, priority: Priority, now: float) -> int:
        """How many may be under way for one more of this priority to start below it. Critical work stays where nobody
        was refused, so that what is refused for feeling one's way is never critical."""
        places = int(self.limit)
        if priority is CRITICAL or now < self._critical_until:
            return min(places, max(int(self.ceiling), places - max(1, int(EDGE_SHARE * places))))
        return places

    def critical_waits(self, now: float) -> None:
        """Critical work finds no place below the edge: what gets free is not for others to fill up."""
        self._critical_until = now + CRITICAL_WAIT_SECONDS

    def critical_started(self) -> None:
        """It has found one."""
        self._critical_until = 0.0

    def overloaded(self, running: int, now: float, *, refused: bool) -> bool:
        """A sign of overload, with `running` under way. One that was `refused` at once shows exactly how many were too
        many; one that was kept waiting does not. True where it is worth a record."""
        self._used_at = now
        others = max(LIMIT_MIN, running - 1.0)
        if refused:
            self.ceiling = others
        if now >= self._decreased_at + DECREASE_SECONDS:
            before = self.limit
            self.limit = min(self.limit, max(LIMIT_MIN, DECREASE * running))
            if now >= self._first[0] + EPISODE_SECONDS:
                self._first = (now, self.limit, self.ceiling)
            self._decreased_at = now
            return self.limit < before and self._may_tell(now)
        if refused:
            # No second reaction to the same overload; but so many are known to be too many.
            self.limit = min(self.limit, others)
        return False

    def succeeded(self, running: int, now: float) -> None:
        """An attempt has ended well, with `running` under way before it ended."""
        self._used_at = self._succeeded_at = now
        if self.limit < KNOWN_SHARE * self.ceiling:
            if running >= USE_SHARE * self.limit:
                self.limit = min(self.limit + 1.0, max(self.limit, KNOWN_SHARE * self.ceiling))
            return
        beyond = max(0.0, self.limit - self.ceiling)
        if running >= (USE_SHARE_BEYOND if beyond else USE_SHARE) * self.limit:
            self.limit += (1.0 + BEYOND_SHARE * beyond) / self.limit

    def copes(self, now: float) -> bool:
        """Whether giving it less is answer enough to its signs of overload: it still serves, and there is something
        left to take from it."""
        return self.limit > LIMIT_MIN and now < self._succeeded_at + COPING_SECONDS

    def outage(self, now: float) -> None:
        """It was no overload: take back what was learned from the beginning of the outage, but for the first step."""
        began, limit, ceiling = self._first
        if now < began + EPISODE_SECONDS:
            self.limit, self.ceiling = max(self.limit, limit), max(self.ceiling, ceiling)

    def why_forgotten(self, now: float) -> str:
        """Why this limit no longer counts; empty while it does."""
        if now >= self._used_at + FORGET_SECONDS:
            return f"not needed for {FORGET_SECONDS:g} s"
        if self.limit >= FORGET_FACTOR * self.ceiling:
            return f"{self.places} attempts at once are borne, twice as many as were refused before"
        return ""

    def _may_tell(self, now: float) -> bool:
        if now < self._told_at + TOLD_SECONDS:
            return False
        self._told_at = now
        return True
