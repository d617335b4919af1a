"""Requests and tokens in a sliding minute: those of this minute of the clock, and of the one before as large a share as
still lies in the last 60 seconds. Instants are seconds since 1970.

What needs more than a whole limit is let in when nothing else lies in the minute, so that nothing is impossible for
ever: sizes are estimates, and what comes after has to wait the longer.
"""

from math import ceil
from typing import Final

import msgspec

from mainstay.engine.account import Account
from mainstay.engine.quantities import INPUT_TOKENS, OUTPUT_TOKENS, REQUESTS
from mainstay.engine.windows import SECONDS_PER_MINUTE
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.rates import Bucket

CODES: Final = {
    REQUESTS: "requests_per_minute",
    INPUT_TOKENS: "input_tokens_per_minute",
    OUTPUT_TOKENS: "output_tokens_per_minute",
}
WORDS: Final = {REQUESTS: "requests", INPUT_TOKENS: "input tokens", OUTPUT_TOKENS: "output tokens"}
WAIT_SECONDS_MIN: Final = 0.001
"""So that the instant which a caller is told is one at which it is let in."""
ALLOWANCE: Final = FaultKind.ALLOWANCE


class Rate(msgspec.Struct, frozen=True):
    """One limit by the minute, of one subject (`tenant:NAME`, `token:ID`, `upstream:NAME`). `whose` says in words who
    is bound."""

    whose: str
    subject: str
    account: Account
    quantity: str
    limit: int


def seconds_until(account: Account, quantity: str, limit: int, need: int, wall: float) -> float:
    """How long until so much more fits, if nobody else uses any; 0 if it fits now.

    While somebody who may be alive cannot be heard, what we use ourselves stays within our share of the limit, too.
    """
    if need <= 0:
        return 0.0
    minute = int(wall // SECONDS_PER_MINUTE)
    current, before = account.used_around(quantity, minute)
    careful = account.is_careful
    if not careful and current + before + need <= limit:
        return 0.0
    wait = wait_seconds(current, before, limit, wall, need)
    if careful:
        share = max(1, limit // account.nodes)
        wait = max(wait, wait_seconds(*account.own_used_around(quantity, minute), share, wall, need))
    return wait


def wait_seconds(current: int, before: int, limit: int, wall: float, need: int = 1) -> float:
    """How long until `need` more fit, if nobody else uses any; 0 if they fit now. `current` and `before` are what was
    used in this minute and in the one before it."""
    passed = wall / SECONDS_PER_MINUTE - wall // SECONDS_PER_MINUTE
    # What may lie in the minute beside them is less than this.
    below = limit - min(need, limit) + 1
    if current + before * (1.0 - passed) < below:
        return 0.0
    if current < below:
        # Enough of the minute before has slid out when this share of the present one is over.
        due = 1.0 - (below - current) / before
        return (due - passed) * SECONDS_PER_MINUTE + WAIT_SECONDS_MIN
    # The present minute is too full by itself: it must begin to slide out.
    due = 1.0 - below / current
    return (1.0 - passed + due) * SECONDS_PER_MINUTE + WAIT_SECONDS_MIN


def refusal(rate: Rate, need: int, seconds: float) -> Fault:
    """What a request is told that needs so much and would fit in so many seconds."""
    what = WORDS[rate.quantity]
    used = "has sent them" if rate.quantity == REQUESTS else f"has not enough left for about {need}"
    message = (
        f"{rate.whose} may {'send' if rate.quantity == REQUESTS else 'use'} {rate.limit} {what} per minute and {used}. "
        f"Try again in {seconds:.3g} s, or ask the operator of this gateway for a larger allowance."
    )
    return Fault(ALLOWANCE, message, status=429, code=CODES[rate.quantity], wait_seconds=seconds)


def bucket(rate: Rate, wall: float) -> Bucket:
    """How a limit stands: what would fit now, and when all of it is there again."""
    account, limit = rate.account, rate.limit
    minute = int(wall // SECONDS_PER_MINUTE)
    current, before = account.used_around(rate.quantity, minute)
    left = limit - current if not before else ceil(limit - _sliding(current, before, wall))
    if account.is_careful:
        own = _sliding(*account.own_used_around(rate.quantity, minute), wall)
        left = min(left, ceil(max(1, limit // account.nodes) - own))
    # Nothing of what was used lies in the last 60 seconds any more: two minutes on, or one, or now.
    reset_at = (
        (minute + 2.0) * SECONDS_PER_MINUTE if current else (minute + 1.0) * SECONDS_PER_MINUTE if before else wall
    )
    return Bucket(limit, max(left, 0), reset_at)


def _sliding(current: int, before: int, wall: float) -> float:
    return current + before * (1.0 - wall / SECONDS_PER_MINUTE % 1.0)
