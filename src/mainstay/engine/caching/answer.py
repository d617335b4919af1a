"""An answer that may be given again, and how long it is good."""

from typing import Final

import msgspec

from mainstay.model.catalogue import CacheRule
from mainstay.model.http import Headers

REPEATABLE, REFRESH, OFF = "repeatable", "refresh", "off"
WISHES: Final = (REPEATABLE, REFRESH, OFF)
"""What a caller may say in `x-mainstay-cache`: that an answer may be given again, that a new one is wanted (and kept),
or that the cache is to be left out altogether."""

HEADER: Final = "x-mainstay-cache"
HIT, STALE, COALESCED, MISS = "hit", "stale", "coalesced", "miss"
"""What an answer says in the same header."""


class CachedAnswer(msgspec.Struct, frozen=True):
    """A complete answer as its first caller was given it.

    `parts` are the events of a stream, keep-alives left out, or the one body of a plain answer. `stored_at` is in
    seconds since 1970; `seconds` is how long the answer took to come after it had begun.
    """

    exchange: str
    stored_at: float
    tenant: str
    dialect: str
    status: int
    headers: Headers
    stream: bool
    parts: tuple[bytes, ...]
    upstream: str
    model: str
    seconds: float = 0.0

    @property
    def size(self) -> int:
        """Bytes of its parts."""
        return sum(len(part) for part in self.parts)

    def age_seconds(self, wall: float) -> float:
        """How old it is; `wall` is in seconds since 1970. Never negative: clocks of machines differ."""
        return max(0.0, wall - self.stored_at)


def is_fresh(rule: CacheRule, age_seconds: float) -> bool:
    """Whether an answer of this age may be given instead of asking."""
    return age_seconds <= rule.ttl_seconds


def may_stand_in(rule: CacheRule, age_seconds: float) -> bool:
    """Whether an answer of this age may be given where no provider gives one."""
    return age_seconds <= rule.ttl_seconds + rule.stale_if_error_seconds
