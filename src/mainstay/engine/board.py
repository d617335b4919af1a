"""The health board: what one gateway knows about its upstreams, shared by all its exchanges.

It holds breakers per (upstream, model, credential), gates on credentials and models, and retry budgets per upstream.
It is told things together with their instant and answers questions about an instant; it has no clock of its own.
Bounded by the configuration: keys are made of configured names only, except for models that pass through, which are
capped.
"""

from enum import Enum
from typing import NamedTuple

import msgspec

from mainstay.engine.breaker import Breaker, BreakerState
from mainstay.engine.budget import RetryBudget

CLOSED = BreakerState.CLOSED
"""A name of its own, because looking it up in the enumeration costs ten times as much."""
KEYS_MAX = 10_000
PROBE_LOOK_SECONDS = 1.0
"""How soon to look again at a breaker whose probe is under way: nobody knows when it ends."""


class Key(NamedTuple):
    """What a breaker or a gate belongs to. An empty model means every model of that credential."""

    upstream: str
    model: str
    credential: str


class Gate(msgspec.Struct, frozen=True):
    """A timed "not before". A strict gate (throttling) is honoured even when nobody else is left; a lenient one
    (account trouble, until an operator acts) gives way to a last resort (law 9)."""

    until: float
    strict: bool
    reason: str


class Verdict(Enum):
    """How an attempt speaks of its provider when it has ended."""

    GOOD = "good"
    BAD = "bad"
    NO_SAMPLE = "no-sample"


BAD = Verdict.BAD


class Standing(msgspec.Struct, frozen=True):
    """Whether an attempt may start: at once (`ready_at` in the past), later, or only as a last resort."""

    ready_at: float
    reason: str
    last_resort: bool
    """Whether it may be tried before `ready_at` if nobody else is left."""
    share: float


CLEAR = Standing(ready_at=0.0, reason="", last_resort=True, share=1.0)


class Change(msgspec.Struct, frozen=True):
    """A breaker changed its state."""

    key: Key
    state: BreakerState
    reason: str


class Board:
    """Mutable holder of breakers and gates, which are immutable, and of budgets, which are not."""

    def __init__(self) -> None:
        """Begin with everybody healthy."""
        self._breakers: dict[Key, Breaker] = {}
        self._gates: dict[Key, Gate] = {}
        self._budgets: dict[str, RetryBudget] = {}

    def standing(self, key: Key, now: float) -> Standing:
        """How things stand for one (upstream, model, credential)."""
        breaker = self._breakers.get(key)
        gate = self._gate(key, now) if self._gates else None
        if gate is not None:
            return Standing(ready_at=gate.until, reason=gate.reason, last_resort=not gate.strict, share=1.0)
        if breaker is None or (breaker.openings == 0 and breaker.state is CLOSED):
            return CLEAR
        if not breaker.admits(now):
            reason = "breaker " + breaker.state.value
            ready_at = breaker.until if breaker.state is BreakerState.OPEN else now + PROBE_LOOK_SECONDS
            return Standing(ready_at=ready_at, reason=reason, last_resort=True, share=1.0)
        return Standing(ready_at=0.0, reason="", last_resort=True, share=breaker.share(now))

    def started(self, key: Key, now: float, *, repetition: bool, budget_percent: float) -> Change | None:
        """An attempt begins."""
        budget = self._budgets.get(key.upstream)
        if budget is None:
            budget = self._budgets[key.upstream] = RetryBudget(percent=budget_percent, at=now)
        budget.started(now, repetition=repetition)
        breaker = self._breakers.get(key)
        if breaker is None or breaker.state is CLOSED:
            return None
        return self._put(key, breaker, breaker.started(now), "open time is over")

    def ended(  # noqa: PLR0913 - one call tells all there is to tell about an ended attempt
        self,
        key: Key,
        verdict: Verdict,
        now: float,
        chance: float,
        *,
        started_at: float,
        repetition: bool,
        reason: str,
    ) -> Change | None:
        """An attempt begun at `started_at` has ended. The one place where health is told (hop 8). `chance` in [0, 1)
        jitters the open time of a breaker that it trips."""
        budget = self._budgets.get(key.upstream)
        if budget is not None:
            budget.ended(repetition=repetition)
        breaker = self._breakers.get(key)
        if breaker is None or breaker.is_untroubled:
            if verdict is not BAD:
                return None
            breaker = Breaker(window_at=now)
        if verdict is Verdict.GOOD:
            after = breaker.succeeded(now, started_at)
        elif verdict is Verdict.BAD:
            after = breaker.failed(now, chance, started_at)
        else:
            after = breaker.without_sample(started_at)
        return self._put(key, breaker, after, reason)

    def close_gate(self, key: Key, gate: Gate) -> None:
        """Let nothing through before the gate's instant. Of two gates the later one counts."""
        known = self._gates.get(key)
        if known is None or known.until < gate.until:
            if known is None and len(self._gates) >= KEYS_MAX:
                self._gates.clear()
            self._gates[key] = gate

    def may_repeat(self, upstream: str, now: float) -> bool:
        """Whether the upstream's retry budget allows one more repetition."""
        budget = self._budgets.get(upstream)
        return budget is None or budget.allows(now)

    def breakers(self) -> dict[Key, Breaker]:
        """A copy of all breakers that have seen traffic, for readiness pages and metrics."""
        return dict(self._breakers)

    def gates(self, now: float) -> dict[Key, Gate]:
        """The gates that are closed now."""
        return {key: gate for key, gate in self._gates.items() if gate.until > now}

    def _gate(self, key: Key, now: float) -> Gate | None:
        both = (self._gates.get(key), self._gates.get(Key(key.upstream, "", key.credential)))
        closed = [gate for gate in both if gate is not None and gate.until > now]
        # A strict gate counts before a lenient one that lasts longer: the latter would let a last resort through both.
        return max(closed, key=lambda gate: (gate.strict, gate.until)) if closed else None

    def _put(self, key: Key, before: Breaker, after: Breaker, reason: str) -> Change | None:
        if key not in self._breakers and len(self._breakers) >= KEYS_MAX:
            self._breakers.clear()
        self._breakers[key] = after
        return None if before.state is after.state else Change(key, after.state, reason)
