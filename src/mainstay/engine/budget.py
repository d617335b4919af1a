"""The retry budget of one upstream: repetitions may be a small share of the work, never a storm (law 8).

A token bucket in the manner of gRPC A6 and Finagle: each first attempt deposits a share of a token, a trickle keeps
low traffic able to retry at all, each repetition withdraws one. Beside it a cap on concurrent repetitions, which
suits requests that last minutes.

Every process keeps budgets of its own. What a share of the work deposits adds up by itself to that share of all work;
what does not depend on the work, the size of the bucket and the trickle, is divided among the processes.
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
    tokens_max: float = TOKENS_MAX
    trickle_per_second: float = TRICKLE_PER_SECOND

    def divide(self, processes: int, now: float) -> None:
        """So many processes have budgets for this upstream: ours is one share, but at least one token."""
        trickle = TRICKLE_PER_SECOND / processes
        if trickle != self.trickle_per_second:
            tokens = self._tokens(now)
            self.tokens_max, self.trickle_per_second = max(1.0, TOKENS_MAX / processes), trickle
            self.tokens, self.at = min(tokens, self.tokens_max), max(self.at, now)

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
        elif self.tokens < self.tokens_max:
            # A full bucket, the usual case, holds no more, whatever is deposited and however long it trickles.
            self._deposit(self.percent / 100.0, now)

    def ended(self, *, repetition: bool) -> None:
        """An attempt ended, however it did."""
        if self.running:
            self.running -= 1
        if repetition and self.repeating:
            self.repeating -= 1

    def _deposit(self, tokens: float, now: float) -> None:
        self.tokens = min(self.tokens_max, max(0.0, self._tokens(now) + tokens))
        self.at = max(self.at, now)

    def _tokens(self, now: float) -> float:
        return min(self.tokens_max, self.tokens + max(0.0, now - self.at) * self.trickle_per_second)
