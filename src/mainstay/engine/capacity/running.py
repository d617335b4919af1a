"""How many attempts are under way somewhere, and for whom."""

from mainstay.engine.capacity.shares import is_reserved
from mainstay.model.catalogue import Limits


class Running:
    """Mutable. Whoever counts in also counts out, once."""

    __slots__ = ("running", "running_by")

    def __init__(self) -> None:
        """With nothing under way."""
        self.running = 0
        self.running_by: dict[str, int] = {}
        """Of workloads with shares of their own."""

    def begin_share(self, limits: Limits, workload: str) -> None:
        """One of them belongs to a workload, which may have a share of its own."""
        if is_reserved(limits, workload):
            self.running_by[workload] = self.running_by.get(workload, 0) + 1

    def end_share(self, limits: Limits, workload: str) -> None:
        """It has ended."""
        if is_reserved(limits, workload):
            count = self.running_by.get(workload, 0) - 1
            if count > 0:
                self.running_by[workload] = count
            else:
                self.running_by.pop(workload, None)
