"""What is usual for a component: its share of failures, and its pace by the hour."""

from array import array
from typing import Final

import msgspec

from mainstay.ops.detection.histogram import bucket_of, empty, merged, quantile
from mainstay.ops.detection.ring import Ring

HOUR_SECONDS: Final = 3_600
DAY_HOURS: Final = 24
PRIOR_RATIO: Final = 0.005
"""The share of failures that is taken for usual while nothing is known."""
PRIOR_ATTEMPTS: Final = 200
RATIO_MAX: Final = 0.05
"""A component that fails more often than this has trouble, however usual that has become."""
_DAYS: Final = 7

RECENT_HOURS: Final = 6
HOURS_KEPT: Final = 50
SAMPLES_MIN: Final = 100
"""So many values make a baseline."""


class UsualErrors:
    """The usual share of failures: over a week, of times without trouble."""

    __slots__ = ("_cached", "_cached_hour", "_calm")

    def __init__(self) -> None:
        """Nothing is known."""
        self._calm = Ring(HOUR_SECONDS, _DAYS * DAY_HOURS)
        self._cached = PRIOR_RATIO
        self._cached_hour = -1

    def add(self, at: float, attempts: int, failures: int) -> None:
        """Count what ended in a time without trouble."""
        self._calm.add(at, attempts, failures)

    def ratio(self, wall: float) -> float:
        """The share that was usual before the current hour; reckoned once an hour."""
        hour = int(wall) // HOUR_SECONDS
        if hour != self._cached_hour:
            known = self._calm.count(hour * HOUR_SECONDS - 1, _DAYS * DAY_HOURS * HOUR_SECONDS)
            ratio = (known.failures + PRIOR_RATIO * PRIOR_ATTEMPTS) / (known.attempts + PRIOR_ATTEMPTS)
            self._cached, self._cached_hour = min(RATIO_MAX, ratio), hour
        return self._cached


class Usual(msgspec.Struct, frozen=True):
    """What a pace usually is: its median and the tenths at both ends."""

    low: float
    median: float
    high: float


class UsualPace:
    """The usual pace (a time or a rate) of a component: of its last hours and of this hour of the day before, whichever
    is more lenient: that with the higher median where high is bad, the lower one where low is bad."""

    __slots__ = ("_cached", "_cached_hour", "_high_is_bad", "_hours")

    def __init__(self, *, high_is_bad: bool) -> None:
        """Nothing is known."""
        self._high_is_bad = high_is_bad
        self._hours: dict[int, array[int]] = {}
        self._cached: Usual | None = None
        self._cached_hour = -1

    def learn(self, at: float, value: float, count: int) -> None:
        """Count values of an hour that may be long over."""
        self.add(at, value, count)
        self._cached_hour = -1

    def add(self, at: float, value: float, count: int = 1) -> None:
        """Count a value that was measured in a time without trouble."""
        hour = int(at) // HOUR_SECONDS
        histogram = self._hours.get(hour)
        if histogram is None:
            histogram = self._hours[hour] = empty()
            if len(self._hours) > HOURS_KEPT:
                del self._hours[min(self._hours)]
        histogram[bucket_of(value)] += count

    def usual(self, wall: float) -> Usual | None:
        """What is usual at this instant, without the current hour; `None` where too little is known."""
        hour = int(wall) // HOUR_SECONDS
        if hour != self._cached_hour:
            yesterday = hour - DAY_HOURS
            recent = self._of(range(hour - RECENT_HOURS, hour))
            same_hour = self._of(range(yesterday - 1, yesterday + 2))
            found = [one for one in (recent, same_hour) if one is not None]
            best = max if self._high_is_bad else min
            self._cached = best(found, key=lambda one: one.median) if found else None
            self._cached_hour = hour
        return self._cached

    def _of(self, hours: range) -> Usual | None:
        histogram = merged(self._hours[hour] for hour in hours if hour in self._hours)
        if sum(histogram) < SAMPLES_MIN:
            return None
        return Usual(quantile(histogram, 0.1), quantile(histogram, 0.5), quantile(histogram, 0.9))
