"""The usual level of reports: how many there are at that hour of the week, and how many would be unusual.

Reports are rare and independent of each other while all is well, so their number in a span of time follows a Poisson
distribution about its mean. A number that chance would exceed less than once in ten thousand windows is unusual.
"""

import math
from typing import Final

HOURS_OF_WEEK: Final = 168
HOUR_SECONDS: Final = 3_600.0
WEEK_SECONDS: Final = 604_800.0
WEEKS_MAX: Final = 8
CHANCE_MAX: Final = 1e-4
NEIGHBOUR_WEIGHT: Final = 0.5
"""The hours before and after count as well, but less: habits are not that punctual."""


class UsualLevel:
    """Reports of the last eight weeks by the hour in which they came, from the first one on."""

    def __init__(self) -> None:
        self._hours: dict[int, int] = {}
        self._first_at: float | None = None

    def note(self, at: float) -> None:
        """A report came that counts."""
        hour = int(at // HOUR_SECONDS)
        self._hours[hour] = self._hours.get(hour, 0) + 1
        self._first_at = at if self._first_at is None else min(at, self._first_at)
        if len(self._hours) > HOURS_OF_WEEK * (WEEKS_MAX + 1):
            self._forget(hour)

    def expected(self, start: float, end: float) -> float:
        """How many reports are usual between two instants, judged by the same hours of the weeks before `start`."""
        if self._first_at is None or end <= start:
            return 0.0
        weeks = [week for week in range(1, WEEKS_MAX + 1) if start - week * WEEK_SECONDS >= self._first_at]
        if not weeks:
            return 0.0
        hourly = sum(self._around(int((start + end) / 2 // HOUR_SECONDS) - week * HOURS_OF_WEEK) for week in weeks)
        return hourly / len(weeks) * (end - start) / HOUR_SECONDS

    def _around(self, hour: int) -> float:
        """Reports in an hour, smoothed."""
        near = self._hours.get(hour - 1, 0) + self._hours.get(hour + 1, 0)
        return (self._hours.get(hour, 0) + NEIGHBOUR_WEIGHT * near) / (1 + 2 * NEIGHBOUR_WEIGHT)

    def _forget(self, hour: int) -> None:
        oldest = hour - HOURS_OF_WEEK * WEEKS_MAX
        self._hours = {one: count for one, count in self._hours.items() if one >= oldest}


def unusual_from(expected: float, reports_min: int) -> int:
    """The least number of reports that is unusual where `expected` are usual; never below `reports_min`."""
    if expected <= 0:
        return reports_min
    # P(X >= count) by adding up from below; for large means the normal tail is near enough.
    if expected > 500:  # noqa: PLR2004 - exp(-expected) comes near to underflow beyond
        return max(reports_min, math.ceil(expected + 4.0 * math.sqrt(expected)))
    term = below = math.exp(-expected)
    count = 1
    while 1.0 - below >= CHANCE_MAX:
        term *= expected / count
        below += term
        count += 1
    return max(reports_min, count)
