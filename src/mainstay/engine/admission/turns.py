"""Turns: a heap of waiters, first by their order. Who has gone is left out when it comes to the top, or when the gone
outnumber those who wait, so that going costs nothing."""

from heapq import heapify, heappop, heappush

from mainstay.engine.admission.waiter import Waiter

Order = tuple[float, float, int]
"""What waiters are sorted by, smallest first; the last number is never the same twice."""

GONE_KEPT_MAX = 16


class Turns:
    """Mutable. Knows who is gone by `Waiter.is_waiting`."""

    __slots__ = ("_heap", "size")

    def __init__(self) -> None:
        """Begin empty."""
        self._heap: list[tuple[Order, Waiter]] = []
        self.size = 0
        """How many wait."""

    def add(self, order: Order, waiter: Waiter) -> None:
        """One more waits."""
        heappush(self._heap, (order, waiter))
        self.size += 1

    def first(self) -> tuple[Order, Waiter] | None:
        """Whose turn it is; `None` where nobody waits."""
        heap = self._heap
        while heap and not heap[0][1].is_waiting:
            heappop(heap)
        return heap[0] if heap else None

    def gone(self) -> None:
        """One of them waits no more."""
        self.size -= 1
        if len(self._heap) > 2 * self.size + GONE_KEPT_MAX:
            self._heap = [one for one in self._heap if one[1].is_waiting]
            heapify(self._heap)
