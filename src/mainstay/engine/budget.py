"""The retry budget of one upstream: repetitions may be a small share of the work, never a storm (law 8).

A token bucket in the manner of gRPC A6 and Finagle: each first attempt deposits a share of a token, a trickle keeps
low traffic able to retry at all, each repetition withdraws one. Beside it a cap on concurrent repetitions, which
suits requests that last minutes.
"""

import msgspec

TOKENS_MAX = 10.0
TRICKLE_PER_SECOND = 0.1


class RetryBudget(msgspec.Struct, frozen=True):
    """Tokens at the instant `at`, and what runs now."""

    percent: float = 10.0
    tokens: float = TOKENS_MAX
    at: float = 0.0
    running: int = 0
    repeating: int = 0

    def allows(self, now: float) -> bool:
        """Whether one more repetition may start now."""
        cap = max(1.0, self.running * self.percent / 100.0)
        return self._tokens(now) >= 1.0 and self.repeating < cap

    def started(self, now: float, *, repetition: bool) -> "RetryBudget":
        """The budget after an attempt began."""
        tokens = self._tokens(now)
        tokens = tokens - 1.0 if repetition else tokens + self.percent / 100.0
        return RetryBudget(
            self.percent,
            min(TOKENS_MAX, max(0.0, tokens)),
            max(self.at, now),
            self.running + 1,
            self.repeating + repetition,
        )

    def ended(self, *, repetition: bool) -> "RetryBudget":
        """The budget after an attempt ended, however it did."""
        return RetryBudget(
            self.percent, self.tokens, self.at, max(0, self.running - 1), max(0, self.repeating - repetition)
        )

    def _tokens(self, now: float) -> float:
        return min(TOKENS_MAX, self.tokens + max(0.0, now - self.at) * TRICKLE_PER_SECOND)
