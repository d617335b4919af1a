"""What one tenant or one token has used, and what it has reserved. Amounts are nanodollars."""

from typing import Final

import msgspec

from mainstay.engine.counters import Counters
from mainstay.engine.peers import Peers
from mainstay.engine.windows import Span, number_at

BLIND_SHARE: Final = 0.01
"""Share of a limit that all nodes together may use beyond what remains, while they cannot hear each other."""


class Held(msgspec.Struct, frozen=True):
    """What another node has ever reserved and released again, in its life that began at `boot`. Both only grow."""

    boot: int
    reserved: int = 0
    released: int = 0

    @property
    def amount(self) -> int:
        """What it holds now. News may come out of order; nobody holds less than nothing."""
        return max(0, self.reserved - self.released)


class Mark(msgspec.Struct, frozen=True):
    """How things stood when somebody fell silent: which silence, which window, what we had used, what all had."""

    silence: int
    window: int
    own: int
    total: int


class Account:
    """Mutable. `node` is ourselves."""

    __slots__ = ("_marks", "_node", "_peers", "held", "released", "requests", "reserved", "spent", "touched")

    def __init__(self, node: str, peers: Peers) -> None:
        """Nothing used yet."""
        self._node = node
        self._peers = peers
        self._marks: dict[Span, Mark] = {}
        self.requests = Counters()
        """By minute."""
        self.spent = {Span.DAY: Counters(), Span.MONTH: Counters()}
        """Nanodollars."""
        self.reserved = 0
        self.released = 0
        """Our own, in all our life: both only grow."""
        self.held: dict[str, Held] = {}
        """By the other nodes."""
        self.touched = 0
        """The minute of its last use."""

    @property
    def own_held(self) -> int:
        """What we have reserved and not released."""
        return self.reserved - self.released

    def held_elsewhere(self) -> int:
        """What nodes hold that can be heard. Nobody knows what others still hold; their share is kept for them."""
        held, alive = self.held, self._peers.alive
        return sum(held[node].amount for node in held if node in alive) if held else 0

    @property
    def is_careful(self) -> bool:
        """Whether somebody who may be spending, too, cannot be heard."""
        return self._peers.careful

    def requests_around(self, minute: int) -> tuple[int, int]:
        """Requests of this minute and of the one before, by all nodes together."""
        return self.requests.total(minute), self.requests.total(minute - 1)

    def own_requests_around(self, minute: int) -> tuple[int, int]:
        """The same, our own alone."""
        return self.requests.of(minute, self._node), self.requests.of(minute - 1, self._node)

    @property
    def nodes(self) -> int:
        """How many nodes are or may be alive."""
        return self._peers.count

    def has_spent(self, span: Span, limit: int, wall: float) -> bool:
        """Whether nothing is left, reservations aside."""
        return self.spent[span].total(number_at(span, wall)) >= limit

    def room(self, span: Span, limit: int, wall: float) -> int:
        """How much may still be reserved; not above 0 when nothing may. While somebody is silent it is our share."""
        window = number_at(span, wall)
        own_held = self.own_held
        total = self.spent[span].total(window) + own_held + self.held_elsewhere()
        if not self._peers.careful:
            return limit - total
        own = self.spent[span].of(window, self._node) + own_held
        mark = self._mark(span, window, own, total)
        nodes = self._peers.count
        share = max((limit - mark.total) // nodes, int(limit * BLIND_SHARE) // nodes)
        return min(limit - total, share - (own - mark.own))

    def is_idle(self) -> bool:
        """Whether nobody, as far as we know, holds a reservation."""
        return self.own_held == 0 and self.held_elsewhere() == 0

    def _mark(self, span: Span, window: int, own: int, total: int) -> Mark:
        mark, silence = self._marks.get(span), self._peers.silences
        if mark is None or mark.silence != silence or mark.window != window:
            unheard = 0 if mark is not None and mark.silence == silence else self._held_by_the_silent()
            mark = self._marks[span] = Mark(silence, window, own, total + unheard)
        return mark

    def _held_by_the_silent(self) -> int:
        """What they held when they fell silent may well be spent by now."""
        alive = self._peers.alive
        return sum(held.amount for node, held in self.held.items() if node not in alive and self._peers.expects(node))
