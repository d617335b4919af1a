"""How much a target hears in an hour."""

from collections import deque
from typing import Final

from mainstay.model.notice import Severity

HOUR_SECONDS: Final = 3_600.0
RESERVE_SHARE: Final = 5
"""A fifth of the allowance is kept for what is critical."""


class Allowance:
    """Counts what was told to each target within the last hour."""

    def __init__(self, per_hour: int) -> None:
        """`per_hour` is the most; of it a reserve is for critical notices alone."""
        self._per_hour = per_hour
        self._times: dict[str, deque[float]] = {}

    def resize(self, per_hour: int) -> None:
        """Another number is the most from now on. What was told counts on."""
        self._per_hour = per_hour
        self._times = {target: deque(times, maxlen=per_hour) for target, times in self._times.items()}

    def note(self, target: str, at: float) -> None:
        """Something was told."""
        self._times.setdefault(target, deque(maxlen=self._per_hour)).append(at)

    def used(self, target: str, wall: float) -> int:
        """How much was told within the hour before `wall`."""
        times = self._times.get(target)
        if times is None:
            return 0
        while times and wall - times[0] >= HOUR_SECONDS:
            times.popleft()
        return len(times)

    def has_room(self, target: str, severity: Severity, wall: float) -> bool:
        """Whether one more of this severity may be told."""
        reserve = 0 if severity is Severity.CRITICAL else self.reserve
        return self.used(target, wall) < self._per_hour - reserve

    @property
    def reserve(self) -> int:
        """How much is kept for what is critical."""
        return min(max(1, self._per_hour // RESERVE_SHARE), self._per_hour - 1)
