"""From values to places on a drawing, and the values that stand at its axes."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

POINTS_MAX: Final = 600
"""So many points of one series are drawn at most."""

Point = tuple[float, float | None]
"""Where (an instant, mostly) and how much; `None`: not known, so that a line has a hole there."""

_TIME_STEPS: Final = (
    1.0,
    5.0,
    15.0,
    30.0,
    60.0,
    300.0,
    900.0,
    1_800.0,
    3_600.0,
    10_800.0,
    21_600.0,
    43_200.0,
    86_400.0,
    172_800.0,
    604_800.0,
    1_209_600.0,
    2_592_000.0,
)
_SMALLEST, _LARGEST = 1e-12, 1e18
"""Beyond these, steps would not be numbers any more."""
_DAY_SECONDS: Final = 86_400.0
_MINUTE_SECONDS: Final = 60.0


class Scale(msgspec.Struct, frozen=True):
    """From `low`..`high` to `start`..`end`; values beyond are placed at the edge."""

    low: float
    high: float
    start: float
    end: float

    def place(self, value: float) -> float:
        """Where a value is; what is no number is at the start."""
        span = self.high - self.low
        share = (value - self.low) / span if span > 0 else 0.0
        # No number is greater than none.
        share = share if share > 0 else 0.0
        return self.start + min(share, 1.0) * (self.end - self.start)


def round_ticks(high: float, count: int = 4) -> tuple[float, ...]:
    """Round values from 0 to the first that is `high` or more; about `count` steps."""
    if not math.isfinite(high) or high < _SMALLEST:
        return (0.0, 1.0)
    if high > _LARGEST:
        return (0.0, high)
    raw = high / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next((factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * (1 - 1e-9)), 10 * power)
    return tuple(step * number for number in range(math.ceil(high / step - 1e-9) + 1))


def time_ticks(since: float, until: float, count: int = 6) -> tuple[tuple[float, str], ...]:
    """Round instants (UTC) between two, each with its label."""
    span = until - since
    if not math.isfinite(span) or span <= 0:
        return ()
    step = next((one for one in _TIME_STEPS if span / one <= count), math.ceil(span / count / _DAY_SECONDS) * 86_400.0)
    first = math.ceil(since / step) * step
    return tuple(
        (first + number * step, time_label(first + number * step, step))
        for number in range(count + 1)
        if first + number * step <= until
    )


def time_label(at: float, step_seconds: float) -> str:
    """An instant (UTC), as precise as steps of this length need it."""
    try:
        instant = datetime.fromtimestamp(at, UTC)
    except (ValueError, OverflowError, OSError):
        return "?"
    if step_seconds >= _DAY_SECONDS:
        return instant.strftime("%b %d")
    if step_seconds >= _MINUTE_SECONDS:
        return instant.strftime("%b %d %H:%M") if instant.hour == instant.minute == 0 else instant.strftime("%H:%M")
    return instant.strftime("%H:%M:%S")


def thinned(points: Sequence[Point], count_max: int = POINTS_MAX) -> list[Point]:
    """At most `count_max` points (4 at least) that look like all of them: of each stretch its lowest and its highest.
    A hole stays where a whole stretch is one."""
    if len(points) <= count_max:
        return list(points)
    stretches = max(count_max // 2 - 1, 1)
    inner = points[1:-1]
    found = [points[0]]
    for number in range(stretches):
        part = inner[number * len(inner) // stretches : (number + 1) * len(inner) // stretches]
        known = [(place, value) for place, value in part if value is not None]
        if known:
            ends = {min(known, key=lambda point: point[1]), max(known, key=lambda point: point[1])}
            found += sorted(ends)
        elif part:
            found.append(part[0])
    return [*found, points[-1]]
