"""Who waits: one exchange that found everybody full, and what it would take."""

from collections.abc import Callable
from typing import Protocol

from mainstay.engine.admission.delays import Standing
from mainstay.engine.demand import Demand
from mainstay.engine.key import Key
from mainstay.model.catalogue import Candidate
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

    __slots__ = (
        "arrived_at",
        "bell",
        "demand",
        "entered_at",
        "expelled",
        "granted",
        "is_waiting",
        "model",
        "offers",
        "standing",
        "until",
    )

    def __init__(
        self, demand: Demand, entered_at: float, until: float, model: str = "", arrived_at: float | None = None
    ) -> None:
        """It waits until the instant `until` at the longest, for an answer of `model` (the name that was asked for).
        `arrived_at` is when its caller came, which orders those who wait: who enters again keeps its turn."""
        self.bell: Callable[[], None] = _silent
        self.demand = demand
        self.entered_at = entered_at
        self.until = until
        self.model = model
        self.arrived_at = entered_at if arrived_at is None else arrived_at
        self.offers: tuple[Offer, ...] = ()
        self.standing: Standing | None = None
        """Among whom it is counted, while it is in the room."""
        self.is_waiting = False
        """Whether it is in the room, neither called nor expelled."""
        self.granted: Offer | None = None
        """What it was called for; its room is taken."""
        self.expelled: Fault | None = None
        """Why it must wait no longer."""
