"""What the prober asks of whoever makes probes for real."""

from typing import Protocol

from mainstay.model.components import Component
from mainstay.model.records import ProbeRecord


class Probes(Protocol):
    """Makes probes. Used in one event loop."""

    def objection(self, component: Component) -> str:
        """Why there is nothing to probe of this component, in words; empty where there is."""

    def cost_nanodollars(self, component: Component) -> int:
        """What a probe of it costs at most; 0 where no price is known."""

    async def perform(self, component: Component, reason: str) -> ProbeRecord:
        """Probe it. Raises nothing but `CancelledError`."""
