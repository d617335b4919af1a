"""The last 90 days of a component: how it was at worst, for how long it was down, and its uptime."""

from collections.abc import Iterable, Sequence
from typing import Final

from mainstay.model.incident import ComponentStatus
from mainstay.ops.status.course import WEIGHTS, Stretch
from mainstay.ops.status.sources import TrafficDay
from mainstay.ops.status.traffic import DAY_SECONDS, worse
from mainstay.ops.status.view import DayView

DAYS: Final = 90

DEFINITION: Final = (
    "Uptime is the share of the time in which we could tell how a component was. As down counts whichever is more on a "
    "day: the time weighed by the share of requests that failed (from 2 % of a span on), or the time that our "
    "incidents say, a major outage in full, a partial outage by 30 %. Time without requests and days without data "
    "count neither way. Days are those of UTC."
)


class History:
    """Reads a component's days. Pure."""

    def __init__(self, traffic: Iterable[TrafficDay], parts: Sequence[Stretch], now: float) -> None:
        """`parts` are stretches that do not overlap (see `course.joined`)."""
        self._traffic = {day.start: day for day in traffic}
        self._now = now
        self.first_day = int(now // DAY_SECONDS) * DAY_SECONDS - (DAYS - 1) * DAY_SECONDS
        self._down: dict[int, float] = {}
        self._covered: dict[int, float] = {}
        self._worst: dict[int, ComponentStatus] = {}
        for part in parts:
            self._spread(part)
        self.days = tuple(self._day(self.first_day + number * DAY_SECONDS) for number in range(DAYS))

    @property
    def days_known(self) -> int:
        """How many days there are data of."""
        return sum(day.status is not None for day in self.days)

    @property
    def uptime_percent(self) -> float | None:
        """By the definition above, rounded down to two digits, so that 100 % means no trouble at all."""
        known = sum(self._known_seconds(day) for day in self.days)
        if known <= 0:
            return None
        down = min(sum(day.down_seconds for day in self.days), known)
        percent = 100.0 * (1.0 - down / known)
        return int(percent * 100 + 1e-6) / 100

    def _spread(self, part: Stretch) -> None:
        day = int(max(part.start, self.first_day) // DAY_SECONDS) * DAY_SECONDS
        while day < part.end:
            seconds = min(part.end, day + DAY_SECONDS) - max(part.start, day)
            if seconds > 0:
                self._covered[day] = self._covered.get(day, 0.0) + seconds
                self._down[day] = self._down.get(day, 0.0) + seconds * WEIGHTS.get(part.status, 0.0)
                self._worst[day] = worse(self._worst.get(day, ComponentStatus.OPERATIONAL), part.status)
            day += DAY_SECONDS

    def _day(self, start: int) -> DayView:
        traffic = self._traffic.get(start)
        worst = self._worst.get(start)
        if traffic is not None and traffic.seen_seconds > 0:
            worst = traffic.worst if worst is None else worse(worst, traffic.worst)
        lost = 0.0 if traffic is None else traffic.lost_seconds
        return DayView(start, worst, max(lost, self._down.get(start, 0.0)))

    def _known_seconds(self, day: DayView) -> float:
        if day.status is None:
            return 0.0
        traffic = self._traffic.get(day.start)
        seen = 0.0 if traffic is None else traffic.seen_seconds
        return max(seen, self._covered.get(day.start, 0.0), day.down_seconds)
