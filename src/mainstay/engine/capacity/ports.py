"""What capacity asks of those around it."""

from typing import Protocol

from mainstay.engine.demand import Demand
from mainstay.model.catalogue import Limits
from mainstay.model.frame import Usage


class Rates(Protocol):
    """Who counts what an upstream is sent in a minute, over all processes (`engine.upstream_rates`). `upstream` names
    the account: that of an upstream's common part, or that of a workload's reserved share (`UPSTREAM/WORKLOAD`)."""

    def wait_seconds(self, upstream: str, limits: Limits, demand: Demand, wall: float, share: float = 1.0) -> float:
        """How long until such a request may be sent within this share of the limits; 0 if it may be sent now."""

    def count(self, upstream: str, demand: Demand, wall: float) -> None:
        """Such a request is sent, or promised to be."""

    def release(self, upstream: str, demand: Demand, wall: float, counted_at: float) -> None:
        """What was counted at that instant is not sent after all."""

    def correct(self, upstream: str, demand: Demand, usage: Usage, wall: float, counted_at: float) -> None:
        """Put the truth, known at `wall`, in place of the estimate that was counted at `counted_at`."""
