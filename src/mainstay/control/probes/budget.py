"""What probes may cost: so many an hour, so many dollars a day (UTC), over all components together."""

from collections import deque
from typing import Final

import msgspec

from mainstay.model.records import ProbeRecord
from mainstay.model.settings import ProbeSettings

HOUR_SECONDS: Final = 3_600.0
DAY_SECONDS: Final = 86_400
NANODOLLARS_PER_DOLLAR: Final = 1_000_000_000
PROBES_MAX: Final = 100_000


class Spent(msgspec.Struct, frozen=True):
    """What was spent: probes in the last hour, dollars since midnight (UTC)."""

    probes: int
    usd: float


class ProbeBudget:
    """Counts what was spent. A probe without a known price costs nothing here, and is bounded by the hour alone."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=PROBES_MAX)
        self._day = 0
        self._nanodollars = 0

    def objection(self, settings: ProbeSettings, nanodollars: int, wall: float) -> str:
        """Why a probe that may cost so much must not be made now; empty where it may."""
        spent = self.spent(wall)
        if spent.probes >= settings.per_hour:
            return f"{settings.per_hour} probes were made within an hour (detection.probes.per_hour)"
        if self._nanodollars + nanodollars > settings.usd_per_day * NANODOLLARS_PER_DOLLAR:
            return f"{settings.usd_per_day:g} dollars a day are used up (detection.probes.usd_per_day)"
        return ""

    def spend(self, nanodollars: int, wall: float) -> None:
        """A probe begins that may cost so much."""
        self._turn(wall)
        self._times.append(wall)
        self._nanodollars += nanodollars

    def remember(self, record: ProbeRecord, wall: float) -> None:
        """Count a probe that was made before our start, or by another control plane."""
        self._turn(wall)
        if wall - record.at < HOUR_SECONDS:
            self._times.append(record.at)
        if int(record.at // DAY_SECONDS) == self._day:
            self._nanodollars += record.cost_nanodollars or 0

    def spent(self, wall: float) -> Spent:
        """What was spent until now."""
        self._turn(wall)
        return Spent(len(self._times), self._nanodollars / NANODOLLARS_PER_DOLLAR)

    def _turn(self, wall: float) -> None:
        # A clock that was set back must not keep the hour full for ever.
        self._times = deque((at for at in self._times if abs(wall - at) < HOUR_SECONDS), maxlen=PROBES_MAX)
        day = int(wall // DAY_SECONDS)
        if day != self._day:
            self._day, self._nanodollars = day, 0
