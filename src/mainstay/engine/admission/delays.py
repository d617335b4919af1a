"""Delays: for which models requests wait too long, as pressure needs to know it once a second.

A standing queue (CoDel's minimum of all delays above its target) is one that was never empty for as long as the target.
Asking that, and not how long the last one waited, holds whether the newest or the oldest go first.
"""

import msgspec

MODELS_MAX = 1_000
"""Names of models told apart; those beyond are told of as `EVERY_MODEL`."""
EVERY_MODEL = "*"
"""Stands for the whole gateway; nobody can ask for a model of this name."""
TARGET_SECONDS = (1.0, 1.0, 30.0)
"""By rank: how long somebody may always be waiting. Batch work is there to wait."""


class Signal(msgspec.Struct, frozen=True):
    """Too many wait for a model. `rank` is the most urgent priority that does (0: critical); `grows`: more came than
    were served since the last look."""

    rank: int
    grows: bool
    reason: str
    served: int = 0
    """How many of all priorities that had waited were served since the last look."""
    excess: int = 0
    """By how many more came than were served; below zero the other way round."""


class Standing:
    """Those of one priority that wait for one model. Mutable."""

    __slots__ = ("lost", "served", "since", "turned_away", "waiting", "waiting_before")

    def __init__(self, now: float) -> None:
        """Nobody waits yet."""
        self.since = now
        """Since when somebody has always been waiting."""
        self.waiting = 0
        self.waiting_before = 0
        self.served = 0
        """How many were called since the last look."""
        self.lost = 0
        """How many gave up or were expelled since the last look."""
        self.turned_away = 0
        """How many there was no place for since the last look."""

    @property
    def excess(self) -> int:
        """By how many more came than were served since the last look."""
        return self.waiting - self.waiting_before + self.lost + self.turned_away

    def left(self, *, lost: bool = False, turned_away: bool = False) -> None:
        """One waits no more. `lost`: and was not served, because that took too long; `turned_away`: because others
        needed its place."""
        self.waiting -= 1
        self.served += not (lost or turned_away)
        self.lost += lost
        self.turned_away += turned_away


class Delays:
    """Mutable; one per waiting room."""

    def __init__(self) -> None:
        """Nobody waits."""
        self.waited: frozenset[str] = frozenset()
        """The models that anybody has waited for between the last two looks: they were used to the full."""
        self._standings: dict[tuple[int, str], Standing] = {}

    def entered(self, rank: int, model: str, now: float) -> Standing:
        """One more waits, there."""
        standing = self._standing(rank, model, now)
        if not standing.waiting:
            standing.since = now
        standing.waiting += 1
        return standing

    def refused(self, rank: int, model: str, now: float) -> None:
        """There was no place to wait."""
        self._standing(rank, model, now).turned_away += 1

    def look(self, now: float) -> dict[str, Signal]:
        """By model, the signal of the most urgent priority that waits too long, one that grows before one that does
        not; and begin to count anew."""
        self.waited = frozenset([model for _, model in self._standings])
        signals: dict[str, Signal] = {}
        sums: dict[str, tuple[int, int]] = {}
        for (rank, model), standing in tuple(self._standings.items()):
            signal = _signal(rank, standing, now)
            served, excess = sums.get(model, (0, 0))
            sums[model] = served + standing.served, excess + standing.excess
            known = signals.get(model)
            if signal is not None and (known is None or (not signal.grows, rank) < (not known.grows, known.rank)):
                signals[model] = signal
            standing.waiting_before = standing.waiting
            standing.served = standing.lost = standing.turned_away = 0
            if not standing.waiting:
                del self._standings[(rank, model)]
        return {model: Signal(one.rank, one.grows, one.reason, *sums[model]) for model, one in signals.items()}

    def _standing(self, rank: int, model: str, now: float) -> Standing:
        standing = self._standings.get((rank, model))
        if standing is None:
            if len(self._standings) >= MODELS_MAX and model != EVERY_MODEL:
                return self._standing(rank, EVERY_MODEL, now)
            standing = self._standings[(rank, model)] = Standing(now)
        return standing


def _signal(rank: int, standing: Standing, now: float) -> Signal | None:
    if standing.turned_away:
        return Signal(rank, grows=True, reason="there is no place left to wait")
    target = TARGET_SECONDS[rank]
    if not standing.waiting or now - standing.since < target:
        return None
    grows = standing.waiting - standing.waiting_before + standing.lost > 0
    return Signal(rank, grows=grows, reason=f"requests have been waiting for more than {target:g} s")
