"""When to renew, and when to try again. Pure; all in seconds."""

from mainstay.model.dice import Dice

EARLY_SHARE = 0.25
"""A token is renewed when this share of its life is left ..."""
EARLY_SECONDS = 300.0
"""... or so many seconds, whichever is more: outages of these services last minutes. Half of a short life is enough."""
JITTER_SHARE = 0.1
"""Replicas that started together shall not renew together."""
RENEWAL_PAUSE_SECONDS_MIN = 1.0
RETRY_SECONDS_MIN = 1.0
RETRY_SECONDS_MAX = 60.0

_DOUBLINGS_MAX = 6


def renewal_delay(life_seconds: float, dice: Dice) -> float:
    """How long to leave a token alone that lives for so long. Metadata servers hand out the same token until it is
    nearly dead; since each answer is scheduled by what is left of it, asking them gets more frequent, but never a
    storm."""
    early = max(EARLY_SHARE * life_seconds, min(EARLY_SECONDS, life_seconds / 2))
    return max(RENEWAL_PAUSE_SECONDS_MIN, (life_seconds - early) * (1 - JITTER_SHARE * dice()))


def retry_delay(failures: int, dice: Dice) -> float:
    """How long to wait after so many failures in a row (at least one)."""
    bound = min(RETRY_SECONDS_MAX, RETRY_SECONDS_MIN * 2.0 ** min(failures, _DOUBLINGS_MAX))
    return max(RETRY_SECONDS_MIN, bound * (0.5 + 0.5 * dice()))
