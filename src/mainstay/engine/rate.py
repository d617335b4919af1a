"""Requests in a sliding minute: those of this minute, and of the one before as large a share as still lies in it."""

from mainstay.engine.account import Account
from mainstay.engine.windows import SECONDS_PER_MINUTE, Span, number_at
from mainstay.model.fault import Fault, FaultKind

CODE = "requests_per_minute"
WAIT_SECONDS_MIN = 0.001
"""So that the instant which a caller is told is one at which it is let in."""


def rate_refusal(whose: str, account: Account, limit: int, wall: float) -> Fault | None:
    """Why a request cannot be let in now; `None` where it can. `whose` says in words who is bound.

    While somebody who may be alive cannot be heard, our own requests stay within our share of the limit, and one
    request is always allowed.
    """
    wait = wait_seconds(*account.requests_around(number_at(Span.MINUTE, wall)), limit, wall)
    if account.is_careful:
        share = max(1, limit // account.nodes)
        own = wait_seconds(*account.own_requests_around(number_at(Span.MINUTE, wall)), share, wall)
        wait = max(wait, own)
    if not wait:
        return None
    message = f"{whose} may send {limit} requests per minute and has sent them: try again in {wait:.3g} s"
    return Fault(FaultKind.ALLOWANCE, message, status=429, code=CODE, wait_seconds=wait)


def wait_seconds(current: int, before: int, limit: int, wall: float) -> float:
    """How long until one more request fits, if nobody else sends any; 0 if it fits now. `current` and `before` are
    the requests of this minute and of the one before it."""
    passed = wall / SECONDS_PER_MINUTE - number_at(Span.MINUTE, wall)
    if current + before * (1.0 - passed) < limit:
        return 0.0
    if current < limit:
        # Enough of the minute before has slid out when this share of the present one is over.
        due = 1.0 - (limit - current) / before
        return (due - passed) * SECONDS_PER_MINUTE + WAIT_SECONDS_MIN
    # The present minute is full by itself: it must begin to slide out.
    due = 1.0 - limit / current
    return (1.0 - passed + due) * SECONDS_PER_MINUTE + WAIT_SECONDS_MIN
