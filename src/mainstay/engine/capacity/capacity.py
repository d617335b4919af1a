"""Capacity: how much each candidate may be given now."""

from collections.abc import Sequence

import msgspec

from mainstay.engine.capacity.change import CapacityChange
from mainstay.engine.demand import Demand
from mainstay.engine.key import Key
from mainstay.engine.observation import Observation
from mainstay.model.catalogue import Candidate

NOTHING: tuple[CapacityChange, ...] = ()


class Hold(msgspec.Struct, frozen=True):
    """Why an attempt may not start now; `ready_at` is when it might (infinite: when another one ends)."""

    ready_at: float
    reason: str


class Capacity:
    """Mutable; one per process."""

    def hold(self, candidate: Candidate, key: Key, demand: Demand, now: float) -> Hold | None:  # noqa: ARG002
        """Why an attempt at this candidate may not start now; `None` where there is room."""
        return None

    def take(self, candidate: Candidate, key: Key, demand: Demand, now: float) -> None:
        """An attempt starts, or is promised to somebody who waited."""

    def release(self, candidate: Candidate, key: Key, demand: Demand, now: float) -> None:
        """What was promised is not used."""

    def give_back(
        self,
        candidate: Candidate,  # noqa: ARG002
        key: Key,  # noqa: ARG002
        demand: Demand,  # noqa: ARG002
        seen: Observation,  # noqa: ARG002
    ) -> Sequence[CapacityChange]:
        """An attempt has ended; what that changed and is worth a record."""
        return NOTHING
