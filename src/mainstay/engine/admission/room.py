"""The waiting room: who waits for capacity, and who is called when there is some."""

from collections.abc import Callable
from typing import Protocol

from mainstay.engine.capacity.capacity import Capacity
from mainstay.engine.demand import Demand
from mainstay.engine.key import Key
from mainstay.model.catalogue import Candidate
from mainstay.model.dice import Dice
from mainstay.model.fault import Fault


class Offer(Protocol):
    """One candidate that somebody who waits would take."""

    @property
    def candidate(self) -> Candidate:
        """The candidate."""

    @property
    def key(self) -> Key:
        """What its health and capacity are kept for."""


def _silent() -> None:
    """No bell yet."""


class Waiter:
    """One exchange that waits. Mutable; `model.commands.Place`."""

    def __init__(self, demand: Demand, entered_at: float, until: float) -> None:
        """It waits until the instant `until` at the longest."""
        self.bell: Callable[[], None] = _silent
        self.demand = demand
        self.entered_at = entered_at
        self.until = until
        self.granted: Offer | None = None
        """What it was called for; its room is taken."""
        self.expelled: Fault | None = None
        """Why it must wait no longer."""


class WaitingRoom:
    """Mutable; one per process."""

    def __init__(self, capacity: Capacity, size_max: int = 1_000) -> None:
        """`size_max` waiters at the most."""
        self._capacity = capacity
        self.size_max = size_max

    def enter(self, waiter: Waiter, offers: tuple[Offer, ...], now: float, dice: Dice) -> Fault | None:  # noqa: ARG002
        """Wait for one of these; why not, where nobody else may wait."""
        return None

    def leave(self, waiter: Waiter, now: float) -> None:
        """It waits no longer; what it was called for and did not use goes to others."""

    def patience_over(self, waiter: Waiter, now: float, dice: Dice) -> Fault:
        """It has waited as long as its workload allows."""
        raise NotImplementedError

    def call(self, now: float) -> None:
        """Call those whose turn it is, as many as there is capacity for."""
