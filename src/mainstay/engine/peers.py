"""Who else spends from the same allowances, and whether it can be heard. No clock: instants are arguments."""

from collections.abc import Collection, Iterable
from typing import Final

SILENCE_SECONDS: Final = 2.0
"""A node that was not heard of for so long is silent: it may be spending what we cannot see."""
FORGOTTEN_SECONDS: Final = 600.0
"""A node that stays silent for so long, while the way to it was open, is taken for dead."""
TICK_SECONDS_MAX: Final = 5.0
"""Between two accounts of who can be heard no more than this counts as silence, so that a clock which is set forward
makes nobody dead."""
NODES_MAX: Final = 1_000


class Peers:
    """Mutable. Every node of another process that is or may be alive."""

    def __init__(self, node: str) -> None:
        """`node` is our own name."""
        self._node = node
        self._known: dict[str, float] = {}
        self._parted: dict[str, int] = {}
        self._lives: dict[str, int] = {}
        self._alive: frozenset[str] = frozenset()
        self._told_at: float | None = None
        self.careful = False
        """Whether somebody who may be alive cannot be heard."""
        self.silences = 0
        """How many times that began."""

    @property
    def count(self) -> int:
        """How many nodes are or may be alive, ourselves among them."""
        return 1 + len(self._known)

    @property
    def alive(self) -> frozenset[str]:
        """Who can be heard."""
        return self._alive

    @property
    def silent(self) -> list[str]:
        """Who may be alive and cannot be heard."""
        return sorted(node for node in self._known if node not in self._alive)

    @property
    def names(self) -> list[str]:
        """Everybody who is or may be alive, but for ourselves."""
        return sorted(self._known)

    def expects(self, node: str) -> bool:
        """Whether this other node is or may be alive."""
        return node in self._known

    def heard(self, alive: Collection[str], wall: float, *, reachable: bool = True) -> None:
        """Learn who was heard of within `SILENCE_SECONDS`. While the ways to others are not `reachable`, silence says
        nothing about them, and nobody is taken for dead."""
        passed = 0.0 if self._told_at is None else min(max(0.0, wall - self._told_at), TICK_SECONDS_MAX)
        self._told_at = wall
        # Who said goodbye may still be counted as heard for a moment. Once it is not, its name means a new life.
        self._parted = {node: boot for node, boot in self._parted.items() if node in alive}
        self._alive = frozenset(node for node in alive if node != self._node and node not in self._parted)
        for node in self._alive:
            if node in self._known or len(self._known) < NODES_MAX:
                self._known[node] = 0.0
        for node in [one for one in self._known if one not in self._alive]:
            self._known[node] += passed if reachable else 0.0
            if self._known[node] > FORGOTTEN_SECONDS:
                del self._known[node]
                self._lives.pop(node, None)
        self._look()

    def expect(self, nodes: Iterable[str]) -> None:
        """These were alive when we last knew, before we were started again."""
        for node in nodes:
            if node != self._node and len(self._known) < NODES_MAX:
                self._known.setdefault(node, 0.0)
        self._look()

    def part(self, node: str, boot: int | None = None) -> None:
        """This node is known to be dead, or has said goodbye in its life that began at `boot`."""
        if boot is not None:
            if boot < self._lives.get(node, 0):
                return
            if len(self._parted) < NODES_MAX:
                self._parted[node] = boot
        self._known.pop(node, None)
        self._alive -= {node}
        self._look()

    def lives(self, node: str, boot: int) -> None:
        """This node spoke of its life that began at `boot`: goodbyes of earlier ones no longer count."""
        if node in self._lives or len(self._lives) < NODES_MAX:
            self._lives[node] = max(boot, self._lives.get(node, 0))
        if self._parted.get(node, boot) < boot:
            del self._parted[node]

    def _look(self) -> None:
        careful = len(self._alive) < len(self._known)
        if careful and not self.careful:
            self.silences += 1
        self.careful = careful
