"""Where attempts are made, as capacity sees it: a line is one (upstream, model), a place one of its credentials."""

from mainstay.engine.capacity.change import CapacityChange
from mainstay.engine.capacity.learned import LearnedLimit
from mainstay.engine.capacity.learned_rate import LearnedRate
from mainstay.engine.capacity.pool import Pool
from mainstay.engine.capacity.quota import Quota
from mainstay.engine.capacity.ramp import Ramp, StartRate, first_rate
from mainstay.engine.capacity.running import Running
from mainstay.engine.key import Key
from mainstay.engine.upstream_rates import binds
from mainstay.model.catalogue import UNLIMITED, Limits

CHANGES_MAX = 10
GOAL_UNKNOWN = 50.0
"""Starts per second up to which an upstream returns by a ramp that hardly had any before: it may be a herd that has
waited for it."""


class Line(Running):
    """Mutable; one for each (upstream, model)."""

    __slots__ = ("learned",)

    def __init__(self) -> None:
        """With nothing under way."""
        super().__init__()
        self.learned: LearnedLimit | None = None


class Place:
    """Mutable; one for each (upstream, model, credential)."""

    __slots__ = (
        "_changes",
        "concurrency",
        "goal",
        "has_rates",
        "is_free",
        "is_pupil",
        "is_told_only",
        "key",
        "limits",
        "line",
        "pool",
        "quota",
        "ramp",
        "rate",
        "tell_at",
        "throttle",
    )

    def __init__(self, key: Key, pool: Pool, line: Line, now: float) -> None:
        """With nothing that binds it."""
        self.key = key
        self.pool = pool
        self.line = line
        self.rate = StartRate(now)
        self.limits: Limits = UNLIMITED
        self.concurrency: int | None = None
        self.has_rates = False
        self.ramp: Ramp | None = None
        self.quota: Quota | None = None
        self.throttle: LearnedRate | None = None
        """What it bears per second, where it throttles and tells no limits."""
        self.goal: float | None = None
        """While its breaker is not closed: how many attempts started per second before."""
        self.is_free = True
        """Whether nothing but what its line has learned can hold an attempt: the usual case, known by one look."""
        self.is_pupil = False
        """Whether an attempt that ends well may change what binds it, its line and what is told aside."""
        self.is_told_only = False
        """Whether nothing but what its provider tells, and what its line has learned, can hold an attempt."""
        self.tell_at = now
        """When to read again what the provider tells of its limits."""
        self._changes: tuple[CapacityChange, ...] = ()

    def bind(self, limits: Limits) -> None:
        """Follow the candidate's limits, which are others after a new configuration."""
        self.limits = limits
        self.concurrency = limits.concurrency
        self.has_rates = binds(limits)
        self.pool.limits = None if limits.concurrency is None else limits
        self.look()

    def look(self) -> None:
        """Find out anew whether anything binds."""
        is_bound = self.concurrency is not None or self.has_rates or bool(self.limits.reserved)
        self.is_pupil = not (self.ramp is None and self.throttle is None)
        is_bound = is_bound or self.is_pupil
        self.is_free = not is_bound and self.quota is None
        self.is_told_only = not is_bound and self.quota is not None

    def outage(self, now: float) -> None:
        """Its breaker is closed no longer."""
        if self.goal is None:
            self.goal = self.rate.peak(now) if self.ramp is None else self.ramp.goal
        self.ramp = None
        if self.line.learned is not None:
            self.line.learned.outage(now)
        self.look()

    def recovered(self, now: float) -> Ramp | None:
        """Its breaker has closed; gives the ramp that begins, if one does."""
        goal, self.goal = self.goal, None
        if goal is not None:
            # With less than one doubling before it, little is known.
            self.ramp = Ramp(goal if goal >= 2.0 * first_rate(goal) else GOAL_UNKNOWN, now)
        self.look()
        return self.ramp

    def add_change(self, what: str, state: str, reason: str) -> None:
        """Something that is worth a record, written with the next attempt that ends here."""
        if len(self._changes) < CHANGES_MAX:
            self._changes += (CapacityChange(what, state, reason),)

    def take_changes(self) -> tuple[CapacityChange, ...]:
        """What is to be recorded, once."""
        changes = self._changes
        if changes:
            self._changes = ()
        return changes

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way on its line."""
        return self.line.running == 0

    @property
    def is_untroubled(self) -> bool:
        """Whether there is nothing to remember of it but its rate."""
        is_bound = not (self.ramp is None and self.quota is None and self.throttle is None)
        return self.line.learned is None and self.goal is None and not is_bound
