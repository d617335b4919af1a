"""The budget of hedges: a small share of the requests, and of their input tokens, may be sent twice.

Two buckets per upstream that is hedged against. Each request deposits its share into both, each hedge takes a whole
request and all its tokens out of them; so the share holds however the requests come, and hedges of long prompts are
as dear as they are. Of this process alone.
"""

REQUESTS_MAX = 10.0
"""Hedges that may follow one another after a quiet time."""
TOKENS_MAX = 1_000_000.0
"""Input tokens that they may have together."""


class HedgeBudget:
    """Mutable, of one upstream. It begins empty."""

    __slots__ = ("_requests", "_tokens")

    def __init__(self) -> None:
        """Nothing deposited."""
        self._requests = 0.0
        self._tokens = 0.0

    def deposit(self, percent: float, input_tokens: int) -> None:
        """A request was made, of which this share might have been sent twice."""
        share = percent / 100.0
        self._requests = min(REQUESTS_MAX, self._requests + share)
        self._tokens = min(TOKENS_MAX, self._tokens + share * input_tokens)

    def allows(self, input_tokens: int) -> bool:
        """Whether a request with so many input tokens may be sent twice."""
        return self._requests >= 1.0 and self._tokens >= input_tokens

    def withdraw(self, input_tokens: int) -> None:
        """It is sent twice."""
        self._requests -= 1.0
        self._tokens -= input_tokens


class HedgeBudgets:
    """Mutable; all budgets of one process. Bounded by the upstreams of the configuration."""

    __slots__ = ("_budgets",)

    def __init__(self) -> None:
        """No budget yet."""
        self._budgets: dict[str, HedgeBudget] = {}

    def of(self, upstream: str) -> HedgeBudget:
        """The budget of requests whose first attempt goes to this upstream."""
        budget = self._budgets.get(upstream)
        if budget is None:
            budget = self._budgets[upstream] = HedgeBudget()
        return budget
