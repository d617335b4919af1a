"""What a peer says of a breaker or a gate: which of two accounts counts, and what becomes of ours. Pure.

All processes must judge alike, or they would never agree. So accounts are ordered totally: by the instant of the change
first, then by how cautious they are. Instants are compared on a grid of a millisecond, which survives the translation
from one process's clock to another's; a finer comparison would decide ties by rounding.
"""

import msgspec

from mainstay.engine.breaker import Breaker, BreakerState

GRID_DIGITS = 3
GRID_SECONDS = 0.001
PEER_PROBE_SECONDS = 15.0
"""A probe that runs elsewhere is believed for so long after it was last heard of. It is told every few seconds."""
CLOSED_TOLD_SECONDS = 600.0
"""How long a closed breaker is told to newcomers: who still believes it open has tried it himself by then."""

_CAUTION = {BreakerState.CLOSED: 0, BreakerState.HALF_OPEN: 1, BreakerState.OPEN: 2}


def on_grid(instant: float) -> float:
    """The instant to the millisecond."""
    return round(instant, GRID_DIGITS)


def change_instant(now: float, known_at: float | None) -> float:
    """The instant of a change made here, now: always later than the account that it replaces, also where that came
    from a clock ahead of ours."""
    instant = on_grid(now)
    return instant if known_at is None or instant > known_at else on_grid(known_at + GRID_SECONDS)


def breaker_rank(breaker: Breaker, changed_at: float) -> tuple[float, int, int, float]:
    """The higher of two ranks counts. Equal ranks are the same account."""
    if breaker.state is BreakerState.CLOSED:
        return changed_at, 0, 0, 0.0
    return changed_at, _CAUTION[breaker.state], breaker.openings, on_grid(breaker.until)


def gate_rank(until: float, reason: str, *, strict: bool) -> tuple[float, bool, str]:
    """The higher of two ranks counts: of two gates the later one."""
    return on_grid(until), strict, reason


def adopted(ours: Breaker | None, theirs: Breaker, now: float) -> Breaker:
    """Our breaker once we believe a peer. What we have seen ourselves stays: a peer's account is no evidence."""
    if theirs.state is BreakerState.HALF_OPEN:
        return msgspec.structs.replace(theirs, elsewhere_until=now + PEER_PROBE_SECONDS)
    if theirs.state is BreakerState.CLOSED and ours is not None and ours.state is BreakerState.CLOSED:
        return msgspec.structs.replace(ours, openings=theirs.openings, until=theirs.until)
    return theirs
