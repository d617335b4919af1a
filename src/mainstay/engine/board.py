"""The health board: what one gateway knows about its upstreams, shared by all its exchanges.

It holds breakers per (upstream, model, credential), gates on credentials and models, and retry budgets per upstream.
It is told things together with their instant and answers questions about an instant; it has no clock of its own.
Bounded by the configuration: keys are made of configured names only, except for models that pass through, which are
capped.

It notes what other processes should know (`take_news`) and takes what they tell (`adopt_breaker`, `adopt_gate`). What
was told is never told on as news, counts as no evidence of our own, and never evicts what we know ourselves.
"""

from collections.abc import Iterable
from enum import Enum
from heapq import nlargest
from typing import NamedTuple

import msgspec

from mainstay.engine.admission.room import WaitingRoom
from mainstay.engine.breaker import Breaker, BreakerState
from mainstay.engine.budget import RetryBudget
from mainstay.engine.capacity.capacity import Capacity
from mainstay.engine.gray.watch import Watch
from mainstay.engine.hearsay import (
    CLOSED_TOLD_SECONDS,
    PEER_PROBE_SECONDS,
    adopted,
    breaker_rank,
    change_instant,
    gate_rank,
    on_grid,
)
from mainstay.engine.hedge_budget import HedgeBudgets
from mainstay.engine.key import Key
from mainstay.engine.silence import Silence

CLOSED = BreakerState.CLOSED
"""A name of its own, because looking it up in the enumeration costs ten times as much."""
KEYS_MAX = 10_000
TOLD_MAX = 1_000
"""Breakers, and gates, in a whole account for a newcomer: those that changed last, those that stay closed longest."""
TOLD_BY_ANOTHER = "told by another process"
PROBE_LOOK_SECONDS = 1.0
"""How soon to look again at a breaker whose probe is under way: nobody knows when it ends."""


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


class BreakerChange(msgspec.Struct, frozen=True):
    """What other processes should know of a breaker. Instants are ours, on the grid of `hearsay`."""

    key: Key
    state: BreakerState
    openings: int
    until: float
    window_at: float
    changed_at: float


class GateChange(msgspec.Struct, frozen=True):
    """What other processes should know of a gate."""

    key: Key
    gate: Gate


class Told(NamedTuple):
    """News of a board."""

    breakers: list[BreakerChange]
    gates: list[GateChange]


class Board:
    """Mutable holder of breakers and gates, which are immutable, and of budgets, which are not."""

    def __init__(self, capacity: Capacity | None = None, room: WaitingRoom | None = None) -> None:
        """Begin with everybody healthy. `capacity` knows what may be given to whom, `room` is where those wait who find
        everybody full."""
        self.capacity = capacity or Capacity()
        self.room = room or WaitingRoom(self.capacity)
        self.watch = Watch()
        """Who is slow, or answers badly, without failing."""
        self.silence = Silence()
        """Who says nothing at all any more."""
        self.hedges = HedgeBudgets()
        self._breakers: dict[Key, Breaker] = {}
        self._gates: dict[Key, Gate] = {}
        self._budgets: dict[str, RetryBudget] = {}
        self._changed_at: dict[Key, float] = {}
        """Of each breaker that ever changed its state, here or by hearsay: when."""
        self._breaker_news: dict[Key, None] = {}
        self._gate_news: dict[Key, None] = {}

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
            budget.divide(self.capacity.processes, now)
        budget.started(now, repetition=repetition)
        breaker = self._breakers.get(key)
        if breaker is None or breaker.state is CLOSED:
            return None
        return self._put(key, breaker, breaker.started(now), now, "open time is over")

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
        return self._put(key, breaker, after, now, reason)

    def close_gate(self, key: Key, gate: Gate) -> None:
        """Let nothing through before the gate's instant. Of two gates the later one counts."""
        known = self._gates.get(key)
        if known is None or _rank(known) < _rank(gate):
            if known is None and len(self._gates) >= KEYS_MAX:
                self._gates.clear()
            self._gates[key] = gate
            if len(self._gate_news) < KEYS_MAX:
                self._gate_news[key] = None

    def may_repeat(self, upstream: str, now: float) -> bool:
        """Whether the upstream's retry budget allows one more repetition."""
        budget = self._budgets.get(upstream)
        if budget is None:
            return True
        budget.divide(self.capacity.processes, now)
        return budget.allows(now)

    def breakers(self) -> dict[Key, Breaker]:
        """A copy of all breakers that have seen traffic, for readiness pages and metrics."""
        return dict(self._breakers)

    def gates(self, now: float) -> dict[Key, Gate]:
        """The gates that are closed now."""
        return {key: gate for key, gate in self._gates.items() if gate.until > now}

    def take_news(self) -> Told:
        """What changed here since the last time, once per breaker and gate."""
        if not self._breaker_news and not self._gate_news:
            return Told([], [])
        told = Told(self._breaker_changes(self._breaker_news), self._gate_changes(self._gate_news))
        self._breaker_news, self._gate_news = {}, {}
        return told

    def everything(self, now: float) -> Told:
        """A whole account for a newcomer, of what we were told as well: who told us may be gone."""
        open_or_fresh = [
            key
            for key, changed_at in self._changed_at.items()
            if self._breakers[key].state is not CLOSED or changed_at + CLOSED_TOLD_SECONDS > now
        ]
        gates = self.gates(now)
        return Told(
            self._breaker_changes(nlargest(TOLD_MAX, open_or_fresh, key=self._changed_at.__getitem__)),
            self._gate_changes(nlargest(TOLD_MAX, gates, key=lambda key: gates[key].until)),
        )

    def adopt_breaker(self, key: Key, theirs: Breaker, changed_at: float, now: float) -> Change | None:
        """Hear a peer's account of a breaker: the later change counts. Gives the change where our state changed."""
        ours = self._breakers.get(key)
        if ours is None and len(self._breakers) >= KEYS_MAX:
            return None
        our_at = self._changed_at.get(key)
        if ours is not None and our_at is not None:
            known, heard = breaker_rank(ours, our_at), breaker_rank(theirs, changed_at)
            if known == heard and ours.elsewhere_until:
                self._breakers[key] = msgspec.structs.replace(ours, elsewhere_until=now + PEER_PROBE_SECONDS)
            if known >= heard:
                return None
        after = adopted(ours, theirs, now)
        self._breakers[key] = after
        self._changed_at[key] = changed_at
        self._breaker_news.pop(key, None)
        before = CLOSED if ours is None else ours.state
        self._tell_capacity(key, before, after.state, now)
        return None if before is after.state else Change(key, after.state, TOLD_BY_ANOTHER)

    def adopt_gate(self, key: Key, gate: Gate) -> bool:
        """Hear a peer's account of a gate: the later one counts. True where ours changed."""
        known = self._gates.get(key)
        if len(self._gates) >= KEYS_MAX if known is None else _rank(known) >= _rank(gate):
            return False
        self._gates[key] = gate
        self._gate_news.pop(key, None)
        return True

    def _gate(self, key: Key, now: float) -> Gate | None:
        both = (self._gates.get(key), self._gates.get(Key(key.upstream, "", key.credential)))
        closed = [gate for gate in both if gate is not None and gate.until > now]
        # A strict gate counts before a lenient one that lasts longer: the latter would let a last resort through both.
        return max(closed, key=lambda gate: (gate.strict, gate.until)) if closed else None

    def _breaker_changes(self, keys: Iterable[Key]) -> list[BreakerChange]:
        found = ((key, self._breakers.get(key), self._changed_at.get(key)) for key in keys)
        return [
            BreakerChange(key, one.state, one.openings, on_grid(one.until), on_grid(one.window_at), changed_at)
            for key, one, changed_at in found
            # Who probes tells of his probe himself: when he falls silent, others may probe.
            if one is not None and changed_at is not None and not one.elsewhere_until
        ]

    def _gate_changes(self, keys: Iterable[Key]) -> list[GateChange]:
        found = ((key, self._gates.get(key)) for key in keys)
        return [
            GateChange(key, msgspec.structs.replace(gate, until=on_grid(gate.until)))
            for key, gate in found
            if gate is not None
        ]

    def _put(self, key: Key, before: Breaker, after: Breaker, now: float, reason: str) -> Change | None:
        if key not in self._breakers and len(self._breakers) >= KEYS_MAX:
            self._breakers.clear()
            self._changed_at.clear()
            self._breaker_news.clear()
        self._breakers[key] = after
        self._tell_capacity(key, before.state, after.state, now)
        if before.state is after.state and (after.state is CLOSED or before.until == after.until):
            return None
        self._changed_at[key] = change_instant(now, self._changed_at.get(key))
        self._breaker_news[key] = None
        return None if before.state is after.state else Change(key, after.state, reason)

    def _tell_capacity(self, key: Key, before: BreakerState, after: BreakerState, now: float) -> None:
        """Whoever comes back from an outage is given little at first."""
        if before is CLOSED and after is not CLOSED:
            self.capacity.outage(key, now)
        elif after is CLOSED and before is not CLOSED:
            self.capacity.recovered(key, now)


def _rank(gate: Gate) -> tuple[float, bool, str]:
    return gate_rank(gate.until, gate.reason, strict=gate.strict)
