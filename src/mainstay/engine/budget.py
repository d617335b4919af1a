"""The retry budget of one upstream: repetitions may be a small share of the work, never a storm (law 8).

A token bucket in the manner of gRPC A6 and Finagle: each first attempt deposits a share of a token, a trickle keeps
low traffic able to retry at all, each repetition withdraws one. Beside it a cap on concurrent repetitions, which
suits requests that last minutes.
"""

import msgspec

TOKENS_MAX = 10.0
TRICKLE_PER_SECOND = 0.1


class RetryBudget(msgspec.Struct):
    """Tokens at the instant `at`, and what runs now. Mutable, owned by the board."""

    percent: float = 10.0
    tokens: float = TOKENS_MAX
    at: float = 0.0
    running: int = 0
    repeating: int = 0

    def allows(self, now: float) -> bool:
        """Whether one more repetition may start now."""
        cap = max(1.0, self.running * self.percent / 100.0)
        return self._tokens(now) >= 1.0 and self.repeating < cap

    def started(self, now: float, *, repetition: bool) -> None:
        """An attempt began."""
        self.running += 1
        if repetition:
            self.repeating += 1
            self._deposit(-1.0, now)
        elif self.tokens < TOKENS_MAX:
            # A full bucket, the usual case, holds no more, whatever is deposited and however long it trickles.
            self._deposit(self.percent / 100.0, now)

    def ended(self, *, repetition: bool) -> None:
        """An attempt ended, however it did."""
        if self.running:
            self.running -= 1
        if repetition and self.repeating:
            self.repeating -= 1

    def _deposit(self, tokens: float, now: float) -> None:
        self.tokens = min(TOKENS_MAX, max(0.0, self._tokens(now) + tokens))
        self.at = max(self.at, now)

    def _tokens(self, now: float) -> float:
        return min(TOKENS_MAX, self.tokens + max(0.0, now - self.at) * TRICKLE_PER_SECOND)
