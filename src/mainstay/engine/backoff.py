"""Waits between attempts: full jitter, with what the provider asked for as a floor.

Source: AWS Architecture Blog, "Exponential Backoff And Jitter"; the choice per concern is in docs/algorithms.md.
"""

from mainstay.model.dice import Dice

BASE_SECONDS = 0.5
CAP_SECONDS = 20.0
FLOOR_JITTER_SHARE = 0.2
"""A provider's own wait is lengthened by up to this share: callers told the same wait do not return together."""


def backoff_seconds(repetition: int, floor_seconds: float | None, dice: Dice) -> float:
    """Seconds to wait before repetition number `repetition` (1 = the first) on the same candidate."""
    if floor_seconds is not None and floor_seconds > 0:
        return floor_seconds * (1.0 + FLOOR_JITTER_SHARE * dice())
    return float(min(CAP_SECONDS, BASE_SECONDS * 2.0 ** (repetition - 1))) * dice()
