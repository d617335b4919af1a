"""A place that bears so many attempts at once and refuses all others, in a time of its own; offered twice as much."""

from collections import Counter, deque
from heapq import heappop, heappush
from random import Random

from mainstay.engine.capacity.capacity import Capacity
from mainstay.engine.demand import Demand
from mainstay.model.catalogue import Priority
from tests.engine.capacity.words import KEY, OVERLOAD, candidate, demand, seen

CLASSES = {Priority.CRITICAL: 0.2, Priority.INTERACTIVE: 0.5, Priority.BATCH: 0.3}
SERVICE_SECONDS = 1.0
REFUSAL_SECONDS = 0.02
PATIENCE_SECONDS = 10.0
LOAD = 2.0


class HiddenCapacity:
    """Mutable. Who waits is called in the order of the classes whenever an attempt ends."""

    def __init__(self, places: int, seconds: float) -> None:
        self.capacity = Capacity()
        self.candidate = candidate()
        self.places = places
        self.until = seconds
        self.now = 0.0
        self.served: Counter[Priority] = Counter()
        self.refused: Counter[Priority] = Counter()
        self.waited_seconds_max = 0.0
        self._dice = Random(1)  # noqa: S311 - chance, not secrecy
        self._inside = 0
        self._area = 0.0
        self._rate = LOAD * places / SERVICE_SECONDS
        self._demands = [demand(one.value, one) for one in CLASSES]
        self._waiting: dict[Priority, deque[float]] = {one: deque() for one in CLASSES}
        self._events: list[tuple[float, int, Demand | None, float, bool]] = []
        self._count = 0
        self._plan(0.0, None)

    @property
    def used_share(self) -> float:
        return self._area / (self.now * self.places)

    @property
    def refused_share(self) -> float:
        return self.refused.total() / (self.served.total() + self.refused.total())

    def shrink(self, places: int) -> None:
        """Bear fewer from now on; who is inside stays."""
        self.places = places

    def run(self, until: float | None = None) -> list[int]:
        """On to the end; how many were inside after each half second."""
        self.until = until or self.until
        levels = []
        while self._events[0][0] < self.until:
            at, _, ended, started_at, served = heappop(self._events)
            if int(at * 2) > int(self.now * 2):
                levels.append(self._inside)
            self._area += self._inside * (at - self.now)
            self.now = at
            if ended is None:
                self._arrive()
            else:
                self._end(ended, started_at, served=served)
            self._call()
        return levels

    def _plan(self, at: float, ended: Demand | None, *, served: bool = False) -> None:
        self._count += 1
        heappush(self._events, (at, self._count, ended, self.now, served))

    def _arrive(self) -> None:
        self._plan(self.now + self._dice.expovariate(self._rate), None)
        (priority,) = self._dice.choices(list(CLASSES), list(CLASSES.values()))
        self._waiting[priority].append(self.now)

    def _end(self, ended: Demand, started_at: float, *, served: bool) -> None:
        self._inside -= served
        (self.served if served else self.refused)[ended.priority] += 1
        fault = None if served else OVERLOAD
        self.capacity.give_back(self.candidate, KEY, ended, seen(fault, at=self.now, started_at=started_at))

    def _call(self) -> None:
        for one in self._demands:
            queue = self._waiting[one.priority]
            while queue and self.now - queue[0] > PATIENCE_SECONDS:
                queue.popleft()
            while queue and self.capacity.hold(self.candidate, KEY, one, self.now) is None:
                at = queue.popleft()
                if one.priority is Priority.CRITICAL:
                    self.waited_seconds_max = max(self.waited_seconds_max, self.now - at)
                self._start(one)

    def _start(self, one: Demand) -> None:
        self.capacity.take(self.candidate, KEY, one, self.now)
        has_room = self._inside < self.places
        self._inside += has_room
        seconds = self._dice.expovariate(1.0 / SERVICE_SECONDS) if has_room else 0.0
        self._plan(self.now + REFUSAL_SECONDS + seconds, one, served=has_room)
