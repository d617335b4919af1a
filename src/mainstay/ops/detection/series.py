"""What is known of one component from our own requests, in memory that does not grow."""

from collections import deque
from typing import Final, NamedTuple

from mainstay.model.components import Component
from mainstay.ops.detection.baseline import UsualErrors, UsualPace
from mainstay.ops.detection.ring import Count, Kinds, Ring
from mainstay.ops.detection.sample import Sample
from mainstay.ops.detection.surprise import Recovery, change_point

SHORT_SLOT_SECONDS: Final = 5
MINUTE_SECONDS: Final = 60
HOUR_SECONDS: Final = 3_600

_SHORT_SLOTS: Final = 64
_MINUTE_SLOTS: Final = 64
_HOUR_SLOTS: Final = 74
_RECENT_MAX: Final = 128
_PACES_MAX: Final = 400
_LATE_SECONDS: Final = 60.0
_KNOWN_SECONDS: Final = 3.0
"""Until records have come to us."""
_DURATION_WEIGHT: Final = 0.05
_SLOW_WEIGHT: Final = 0.1
_SLOW_SHARE: Final = 0.3
_USUAL_MIN: Final = 0.002
_BAD_MAX: Final = 0.9
_EXCHANGES_MAX: Final = 3


class Pace(NamedTuple):
    """A value that was measured when an attempt ended."""

    at: float
    value: float


class Run:
    """The failures in a row that came last. What began before the first of them and ends well does not break it."""

    __slots__ = ("exchanges", "failures", "from_at", "kinds", "last_at", "probes")

    def __init__(self) -> None:
        """Nothing failed yet."""
        self.failures = 0
        self.probes = 0
        self.from_at = 0.0
        self.last_at = 0.0
        self.exchanges: list[str] = []
        """The first few different exchanges among them."""
        self.kinds: dict[str, int] = {}

    def failed(self, sample: Sample) -> None:
        """One more."""
        if not self.failures:
            self.from_at = sample.at
            self.probes = 0
            self.exchanges = []
            self.kinds = {}
        self.failures += 1
        self.kinds[sample.kind] = self.kinds.get(sample.kind, 0) + 1
        self.probes += sample.is_probe
        self.last_at = sample.at
        if len(self.exchanges) < _EXCHANGES_MAX and sample.exchange not in self.exchanges:
            self.exchanges.append(sample.exchange)

    def is_broken_by(self, sample: Sample) -> bool:
        """Whether a success is news: what began before the failures tells of a time that was well."""
        return not self.failures or sample.began_at >= self.from_at


class Series:
    """One component's samples."""

    __slots__ = (
        "_slow_share",
        "asides",
        "component",
        "duration_seconds",
        "fresh_from",
        "hours",
        "is_calm",
        "kinds",
        "last_at",
        "last_failure_at",
        "last_served_at",
        "minutes",
        "recent",
        "recovery",
        "run",
        "short",
        "starts",
        "throughputs",
        "usual_errors",
        "usual_start",
        "usual_throughput",
    )

    def __init__(self, component: Component) -> None:
        """Nothing is known."""
        self.component = component
        self.short = Ring(SHORT_SLOT_SECONDS, _SHORT_SLOTS)
        self.minutes = Ring(MINUTE_SECONDS, _MINUTE_SLOTS)
        self.hours = Ring(HOUR_SECONDS, _HOUR_SLOTS)
        self.kinds = Kinds(SHORT_SLOT_SECONDS)
        """Of failures."""
        self.asides = Kinds(SHORT_SLOT_SECONDS)
        """Of what is counted aside."""
        self.recent: deque[Sample] = deque(maxlen=_RECENT_MAX)
        self.run = Run()
        self.recovery: Recovery | None = None
        """While there is trouble: whether it goes well again."""
        self.usual_errors = UsualErrors()
        self.usual_start = UsualPace(high_is_bad=True)
        self.usual_throughput = UsualPace(high_is_bad=False)
        self.starts: deque[Pace] = deque(maxlen=_PACES_MAX)
        """Times to first content, at most one a second."""
        self.throughputs: deque[Pace] = deque(maxlen=_PACES_MAX)
        """Output tokens per second, at most one a second."""
        self._slow_share = 0.0
        self.is_calm = True
        """Whether what is met now counts for what is usual."""
        self.fresh_from = 0.0
        """What was before this instant belongs to trouble that is over, and is not held against the component again."""
        self.duration_seconds = 0.0
        """How long attempts that are served take, on average of late."""
        self.last_at = 0.0
        self.last_served_at = 0.0
        self.last_failure_at = 0.0

    def add(self, sample: Sample, *, tells_recovery: bool = True) -> bool:
        """Take a sample; whether it is a reason to judge anew. `tells_recovery`: whether it
        counts for the end of trouble."""
        at = sample.at
        if at < self.last_at - _LATE_SECONDS:
            self._add_late(sample)
            return False
        self.last_at = max(self.last_at, at)
        self.recent.append(sample)
        if sample.aside:
            self.asides.add(at, sample.kind)
            return True
        if sample.kind:
            self._count(at, 1)
            self._fail(sample, tells_recovery=tells_recovery)
            return True
        self._count(at, 0)
        self.last_served_at = at
        self.duration_seconds += _DURATION_WEIGHT * (at - sample.began_at - self.duration_seconds)
        if self.run.is_broken_by(sample):
            self.run.failures = 0
            if tells_recovery and self.recovery is not None:
                self.recovery.add(at, failed=False)
        if sample.first_content_seconds is None or not self.component.model:
            return False
        return self._measure(sample, sample.first_content_seconds)

    def window(self, wall: float, seconds: float) -> Count:
        """What ended in the last so many seconds, as far as it still counts."""
        if seconds <= SHORT_SLOT_SECONDS * (_SHORT_SLOTS - 1):
            return self.short.count(wall, seconds, self.fresh_from)
        if seconds <= MINUTE_SECONDS * (_MINUTE_SLOTS - 1):
            return self.minutes.count(wall, seconds, self.fresh_from)
        return self.hours.count(wall, seconds, self.fresh_from)

    def has_only_failed(self, wall: float) -> bool:
        """Whether all that is known of the time since the last run of failures began are failures, although successes
        would be known by now. They are known later than failures are, for answers take their time."""
        run = self.run
        if not run.failures or run.from_at < self.fresh_from:
            return False
        return wall - run.from_at >= 1.5 * self.duration_seconds + _KNOWN_SECONDS

    def trouble_since(self, wall: float, ratio: float) -> float:
        """Since when about this share fails: the first failure after the change, as far as it is still known; now, if
        nothing has changed."""
        usual = max(_USUAL_MIN, self.usual_errors.ratio(wall))
        bad = min(_BAD_MAX, max(2 * usual, ratio))
        for slots in (self.short.slots(wall, _SHORT_SLOTS - 1), self.minutes.slots(wall, _MINUTE_SLOTS - 1)):
            fresh = [slot for slot in slots if slot[0] >= self.fresh_from]
            start = change_point(fresh, usual, bad)
            if start is not None and start > slots[1][0]:
                break
        if self.has_only_failed(wall):
            return self.run.from_at if start is None else min(start, self.run.from_at)
        if start is None:
            return wall
        if self.recent[0].at > start:
            return start
        return next((one.at for one in self.recent if one.at >= start and one.kind and not one.aside), start)

    def failing_minutes(self, wall: float, seconds: float, ratio: float) -> int:
        """In how many minutes of the last so many seconds more than this share failed."""
        slots = self.minutes.slots(wall, int(seconds) // MINUTE_SECONDS)
        return sum(count.ratio > ratio for start, count in slots if start >= self.fresh_from)

    def _count(self, at: float, failures: int) -> None:
        self.short.add(at, 1, failures)
        self.minutes.add(at, 1, failures)
        self.hours.add(at, 1, failures)
        if self.is_calm:
            self.usual_errors.add(at, 1, failures)

    def _fail(self, sample: Sample, *, tells_recovery: bool) -> None:
        self.kinds.add(sample.at, sample.kind)
        self.last_failure_at = sample.at
        self.run.failed(sample)
        if tells_recovery and self.recovery is not None:
            self.recovery.add(sample.at, failed=True)

    def _measure(self, sample: Sample, start: float) -> bool:
        at, throughput = sample.at, sample.tokens_per_second
        if not self.starts or at >= self.starts[-1].at + 1.0:
            self.starts.append(Pace(at, start))
        if throughput is not None and (not self.throughputs or at >= self.throughputs[-1].at + 1.0):
            self.throughputs.append(Pace(at, throughput))
        if self.is_calm:
            self.usual_start.add(at, start)
            if throughput is not None:
                self.usual_throughput.add(at, throughput)
        return self._is_slow(at, start, throughput)

    def _is_slow(self, at: float, start: float, throughput: float | None) -> bool:
        """Whether so many of late were slower than nine tenths usually are that the pace should be judged."""
        usual = self.usual_start.usual(at)
        is_slow = usual is not None and start > usual.high
        if throughput is not None and not is_slow:
            rate = self.usual_throughput.usual(at)
            is_slow = rate is not None and throughput < rate.low
        self._slow_share += _SLOW_WEIGHT * (is_slow - self._slow_share)
        return self._slow_share > _SLOW_SHARE

    def _add_late(self, sample: Sample) -> None:
        """What comes so late only counts for history: the present was judged without it."""
        if not sample.aside:
            self._count(sample.at, int(bool(sample.kind)))
