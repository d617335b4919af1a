"""Counters that only grow, one per node and window, so that accounts of them can be merged in any order, twice, or
late: of two accounts of the same counter the larger one is the newer one. The total is the sum over all nodes.
"""

from collections.abc import Iterator
from typing import Final

WINDOWS_MAX: Final = 4
"""Windows kept of one thing. The one before now is needed for sliding; the others outlast a clock that was set wrong
and then right again."""


class Counters:
    """What all nodes have used of one thing, window by window. Mutable."""

    __slots__ = ("_totals", "_windows")

    def __init__(self) -> None:
        """Nothing used yet."""
        self._windows: dict[int, dict[str, int]] = {}
        self._totals: dict[int, int] = {}

    def add(self, window: int, node: str, amount: int) -> None:
        """Count `amount`, which is not negative."""
        nodes = self._windows.get(window)
        if nodes is None:
            nodes = self._nodes(window)
        nodes[node] = nodes.get(node, 0) + amount
        self._totals[window] += amount

    def learn(self, window: int, node: str, used: int) -> bool:
        """Take over an account of a node's counter; whether it was news."""
        known = self.of(window, node)
        if used <= known:
            return False
        self._nodes(window)[node] = used
        self._totals[window] += used - known
        return True

    def total(self, window: int) -> int:
        """What all nodes have used together."""
        return self._totals.get(window, 0)

    def around(self, window: int) -> tuple[int, int]:
        """The totals of this window and of the one before it."""
        totals = self._totals
        return totals.get(window, 0), totals.get(window - 1, 0)

    def of(self, window: int, node: str) -> int:
        """What one node has used."""
        nodes = self._windows.get(window)
        return 0 if nodes is None else nodes.get(node, 0)

    def rows(self) -> Iterator[tuple[int, str, int]]:
        """Every counter: window, node, used."""
        for window, nodes in self._windows.items():
            for node, used in nodes.items():
                yield window, node, used

    def _nodes(self, window: int) -> dict[str, int]:
        nodes = self._windows.get(window)
        if nodes is None:
            nodes = self._windows[window] = {}
            self._totals[window] = 0
            if len(self._windows) > WINDOWS_MAX:
                # Not the oldest: a clock that ran ahead for a while leaves windows that lie in the future.
                farthest = max(self._windows, key=lambda one: abs(one - window))
                del self._windows[farthest], self._totals[farthest]
        return nodes
