"""The scorecard of an overload: who was served, at what price, and how the herd moved over time."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Final

import msgspec

from mainstay.lab.virtual.fleet import Ending

BUCKET_SECONDS: Final = 5.0
"""Over so long rates are counted."""
RECOVERED_SECONDS: Final = 15.0
"""So long after a recovery there is to be no more of it to see."""


class ClassScore(msgspec.Struct, frozen=True):
    """What became of one workload's requests. `shed`: turned away by us, also after all tries of its client;
    `failed`: everything else that is no answer. Latencies are the clients' own, their tries and waits included."""

    offered: int = 0
    served: int = 0
    shed: int = 0
    failed: int = 0
    p50_seconds: float = 0.0
    p99_seconds: float = 0.0

    @property
    def served_percent(self) -> float:
        """Of those offered."""
        return 100.0 * self.served / self.offered if self.offered else 100.0


class SessionScore(msgspec.Struct, frozen=True):
    """Sessions by whether all, some, or none of their calls were served. `interrupted` are those of `half` that were
    not served after they had been; the others were turned away at first, and then served to their end."""

    whole: int = 0
    half: int = 0
    none: int = 0
    interrupted: int = 0

    @property
    def all(self) -> int:
        """How many there were."""
        return self.whole + self.half + self.none

    @property
    def half_percent(self) -> float:
        """Of all of them."""
        return 100.0 * self.half / max(1, self.all)

    @property
    def interrupted_percent(self) -> float:
        """Of all of them."""
        return 100.0 * self.interrupted / max(1, self.all)


class _Session:
    """Mutable."""

    __slots__ = ("first_served_at", "last_refused_came_at", "not_served", "served")

    def __init__(self) -> None:
        self.served = 0
        self.not_served = 0
        self.first_served_at = math.inf
        self.last_refused_came_at = -math.inf

    def ended(self, ending: Ending) -> None:
        """One of its calls has."""
        if ending.fault:
            self.not_served += 1
            self.last_refused_came_at = max(self.last_refused_came_at, ending.arrival.at)
        else:
            self.served += 1
            self.first_served_at = min(self.first_served_at, ending.at)

    @property
    def kind(self) -> str:
        """A field of `SessionScore`."""
        return "whole" if not self.not_served else "none" if not self.served else "half"

    @property
    def is_interrupted(self) -> bool:
        """Whether a call that came after an answer was not served."""
        return self.first_served_at < self.last_refused_came_at


class Series(msgspec.Struct, frozen=True):
    """Numbers per `BUCKET_SECONDS`."""

    served_per_second: tuple[float, ...] = ()
    waiting_max: tuple[int, ...] = ()
    started_per_second: dict[str, tuple[float, ...]] = {}
    """Attempts by upstream."""


class Scorecard(msgspec.Struct, frozen=True):
    """One run. `requests` reached the gateway, clients' retries included; `attempts` are those that it made."""

    name: str
    overload: tuple[float, float]
    """From when to when."""
    classes: dict[str, ClassScore]
    sessions: dict[str, SessionScore]
    requests: int
    attempts: int
    faults: dict[str, int]
    """How many clients ended with which fault."""
    series: Series
    capacity_per_second: float = 0.0
    records_sha256: str = ""

    @property
    def amplification(self) -> float:
        """Attempts per request that reached the gateway."""
        return self.attempts / self.requests if self.requests else 0.0

    @property
    def tries(self) -> float:
        """Requests of clients per thing that they wanted."""
        return self.requests / max(1, sum(one.offered for one in self.classes.values()))

    @property
    def not_served(self) -> int:
        """Clients that ended with anything but an answer."""
        return sum(one.shed + one.failed for one in self.classes.values())

    @property
    def goodput_percent(self) -> float:
        """What was served per second during the overload, of the capacity."""
        begin, end = self.overload
        rates = self.series.served_per_second[_bucket(begin) : _bucket(end)]
        return 100.0 * sum(rates) / max(1, len(rates)) / self.capacity_per_second if self.capacity_per_second else 0.0

    @property
    def drained_seconds(self) -> float:
        """From the end of the overload until fewer waited than are served in a second, to the bucket. Clients who were
        told to come again later come after that, too."""
        after = self.series.waiting_max[_bucket(self.overload[1]) :]
        few = max(0.0, self.capacity_per_second)
        return next((number for number, waiting in enumerate(after) if waiting <= few), len(after)) * BUCKET_SECONDS

    def lowest_after(self, instant: float, until: float) -> float:
        """The lowest rate of answers of any bucket from `RECOVERED_SECONDS` after the instant on."""
        return min(self.series.served_per_second[_bucket(instant + RECOVERED_SECONDS) : _bucket(until)], default=0.0)

    def ramp_seconds(self, instant: float, per_second: float) -> float:
        """From the instant until the first bucket in which so much was served."""
        after = self.series.served_per_second[_bucket(instant) :]
        return next((number for number, rate in enumerate(after) if rate >= per_second), len(after)) * BUCKET_SECONDS


class Counting:
    """Counts while a run goes on. Mutable."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._classes: dict[str, Counter[str]] = defaultdict(Counter)
        self._latencies: dict[str, list[float]] = defaultdict(list)
        self._sessions: dict[tuple[str, str], _Session] = {}
        self._served: Counter[int] = Counter()
        self._waiting: Counter[int] = Counter()
        self._started: dict[str, Counter[int]] = {}
        self._started_before: Counter[str] = Counter()
        self._faults: Counter[str] = Counter()
        self._last = 0

    def ended(self, ending: Ending) -> None:
        """A client has got its last answer."""
        workload = ending.arrival.workload
        kind = "shed" if ending.fault == "shed" else "failed" if ending.fault else "served"
        self._classes[workload][kind] += 1
        session = self._sessions.setdefault((workload, ending.arrival.session), _Session())
        session.ended(ending)
        if kind == "served":
            self._latencies[workload].append(ending.at - ending.arrival.at)
            self._served[_bucket(ending.at)] += 1
        else:
            self._faults[ending.fault] += 1

    def turned(self, now: float, waiting: int, started: Mapping[str, int]) -> None:
        """How many wait, and how many attempts each upstream has been given so far."""
        bucket = _bucket(now)
        self._last = max(self._last, bucket)
        self._waiting[bucket] = max(self._waiting[bucket], waiting)
        for upstream, count in started.items():
            new = count - self._started_before[upstream]
            if new:
                self._started.setdefault(upstream, Counter())[bucket] += new
                self._started_before[upstream] = count

    def classes(self) -> dict[str, ClassScore]:
        """Per workload."""
        return {
            name: ClassScore(
                counts.total(),
                counts["served"],
                counts["shed"],
                counts["failed"],
                _quantile(self._latencies[name], 0.5),
                _quantile(self._latencies[name], 0.99),
            )
            for name, counts in sorted(self._classes.items())
        }

    def sessions(self) -> dict[str, SessionScore]:
        """Per workload."""
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for (workload, _), session in self._sessions.items():
            counts[workload][session.kind] += 1
            counts[workload]["interrupted"] += session.is_interrupted
        return {
            name: SessionScore(one["whole"], one["half"], one["none"], one["interrupted"])
            for name, one in sorted(counts.items())
        }

    def faults(self) -> dict[str, int]:
        """How many clients ended with which."""
        return dict(self._faults)

    def series(self) -> Series:
        """Over time."""
        buckets = range(self._last + 1)
        return Series(
            tuple(self._served[one] / BUCKET_SECONDS for one in buckets),
            tuple(self._waiting[one] for one in buckets),
            {
                name: tuple(counts[one] / BUCKET_SECONDS for one in buckets)
                for name, counts in sorted(self._started.items())
            },
        )


def _bucket(at: float) -> int:
    return int(at / BUCKET_SECONDS)


def _quantile(values: list[float], share: float) -> float:
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
