"""A station: what serves requests at an upstream of the virtual world, with a strength that can be exceeded.

Up to `concurrency` requests are worked on at full speed. Beyond that all are worked on at once and slow each other
down by `(concurrency / requests) ** thrash`: with 1 the work is only shared, with more it is also hampered, so that
a herd keeps the station down (a metastable failure). Beyond `admitted_max` requests are turned away at once.
"""

import heapq
import math
from collections.abc import Callable
from itertools import count
from typing import Final

import msgspec

from mainstay.lab.virtual.timeline import Timeline
from mainstay.model.dice import Dice

_HAIR: Final = 1e-9
"""Work that is left only because floating-point numbers round."""


class Strength(msgspec.Struct, frozen=True, kw_only=True):
    """What a station can do. `service_seconds` is the mean time of one request at full speed; `spread` that of the
    logarithm (0: all take the same time). `admitted_max` is `concurrency` where nothing else is said."""

    concurrency: int
    service_seconds: float
    spread: float = 0.5
    admitted_max: int | None = None
    thrash: float = 1.0
    requests_per_minute: int | None = None
    burst_seconds: float = 5.0
    """How much of its rate may come at once, in seconds of that rate."""
    finishes_abandoned: bool = False
    """Whether it works on for those who have gone."""

    @property
    def per_second(self) -> float:
        """How many requests it completes per second where it is neither idle nor hampered."""
        served = self.concurrency / self.service_seconds
        return served if self.requests_per_minute is None else min(served, self.requests_per_minute / 60)


class Job:
    """One request that a station works on."""

    __slots__ = ("abandoned", "done", "finish", "is_over")

    def __init__(self, finish: float, done: Callable[[], None]) -> None:
        """It is finished when the station's own time, which stands still in a jam, has come to `finish`."""
        self.finish = finish
        self.done = done
        self.abandoned = False
        self.is_over = False


class Station:
    """Mutable; one per upstream."""

    def __init__(self, strength: Strength, timeline: Timeline, dice: Dice) -> None:
        """Begin idle, with all of its rate unused."""
        self.strength = strength
        self.running = 0
        self.completed = 0
        self.turned_away = 0
        self._timeline = timeline
        self._dice = dice
        self._work = 0.0
        self._at = 0.0
        self._jobs: list[tuple[float, int, Job]] = []
        self._order = count()
        self._due = math.inf
        self._version = 0
        self._mu = math.log(strength.service_seconds) - strength.spread**2 / 2
        self._tokens = self._burst
        self._tokens_at = 0.0

    @property
    def remaining(self) -> int:
        """Requests that its rate allows now; 0 where it has no rate."""
        self._refill()
        return int(self._tokens)

    @property
    def rate_wait_seconds(self) -> float:
        """When its rate allows one more; 0 for now."""
        per_second = self._rate
        if per_second == math.inf:
            return 0.0
        self._refill()
        return max(0.0, 1.0 - self._tokens) / per_second

    @property
    def full_again_seconds(self) -> float:
        """When all of its rate is unused again, if nobody comes; 0 where it has no rate."""
        self._refill()
        return 0.0 if self._rate == math.inf else (self._burst - self._tokens) / self._rate

    def is_full(self) -> bool:
        """Whether it turns away whoever comes."""
        strength = self.strength
        return self.running >= (strength.admitted_max or strength.concurrency)

    def work_on(self, done: Callable[[], None]) -> Job:
        """Begin with a request; `done` is called when it is finished."""
        self._advance()
        if self.strength.requests_per_minute is not None:
            self._refill()
            self._tokens -= 1.0
        job = Job(self._work + self._service_seconds(), done)
        heapq.heappush(self._jobs, (job.finish, next(self._order), job))
        self.running += 1
        self._look_ahead()
        return job

    def abandon(self, job: Job) -> None:
        """Whoever asked has gone."""
        if job.abandoned or job.is_over:
            return
        job.abandoned = True
        if not self.strength.finishes_abandoned:
            self._advance()
            self.running -= 1
            self._look_ahead()

    @property
    def _rate(self) -> float:
        per_minute = self.strength.requests_per_minute
        return math.inf if per_minute is None else per_minute / 60

    @property
    def _burst(self) -> float:
        return 0.0 if self._rate == math.inf else max(1.0, self._rate * self.strength.burst_seconds)

    @property
    def _speed(self) -> float:
        full = self.strength.concurrency
        return 1.0 if self.running <= full else (full / self.running) ** self.strength.thrash

    def _service_seconds(self) -> float:
        spread = self.strength.spread
        if spread == 0.0:
            return self.strength.service_seconds
        # Box and Muller; the dice are numbers in [0, 1).
        normal = math.sqrt(-2.0 * math.log(1.0 - self._dice())) * math.cos(2.0 * math.pi * self._dice())
        return math.exp(self._mu + spread * normal)

    def _refill(self) -> None:
        if self.strength.requests_per_minute is None:
            return
        now = self._timeline.now
        self._tokens = min(self._burst, self._tokens + (now - self._tokens_at) * self._rate)
        self._tokens_at = now

    def _advance(self) -> None:
        now = self._timeline.now
        self._work += (now - self._at) * self._speed
        self._at = now

    def _look_ahead(self) -> None:
        """Be there when the next request is finished."""
        if not self._jobs:
            return
        due = self._at + max(0.0, self._jobs[0][0] - self._work) / self._speed
        if due == self._due:
            return
        self._due = due
        self._version += 1
        version = self._version
        self._timeline.at(due, lambda: self._finish(version))

    def _finish(self, version: int) -> None:
        if version != self._version:
            return
        self._due = math.inf
        self._advance()
        finished: list[Job] = []
        while self._jobs and self._jobs[0][0] <= self._work + _HAIR:
            job = heapq.heappop(self._jobs)[2]
            if job.abandoned and not self.strength.finishes_abandoned:
                continue
            job.is_over = True
            self.running -= 1
            self.completed += 1
            if not job.abandoned:
                finished.append(job)
        self._look_ahead()
        for job in finished:
            job.done()
