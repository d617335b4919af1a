"""What one tenant, token or upstream has used, and what it has reserved. Money is in nanodollars."""

from typing import Final

import msgspec

from mainstay.engine.page import DAY, Page
from mainstay.engine.peers import Peers
from mainstay.engine.quantities import REFUNDS
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


class Account(Page):
    """Mutable. `node` is ourselves."""

    __slots__ = ("_marks", "_peers", "held", "released", "reserved", "subject", "told_held", "touched")

    def __init__(self, node: str, peers: Peers, subject: str = "") -> None:
        """Nothing used yet. `subject` is whose account this is: `tenant:NAME`, `token:ID` or `upstream:NAME`."""
        super().__init__(node)
        self._peers = peers
        self._marks: dict[Span, Mark] = {}
        self.subject = subject
        self.reserved = 0
        self.released = 0
        """Our own, in all our life: both only grow."""
        self.told_held = (0, 0)
        """Both, as meters noted them last."""
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

    def own_used_around(self, quantity: str, minute: int) -> tuple[int, int]:
        """The same, our own alone."""
        self.fold()
        return self._own_used(quantity, minute), self._own_used(quantity, minute - 1)

    def _own_used(self, quantity: str, minute: int) -> int:
        counters, refunds = self._minutes.get(quantity), self._minutes.get(REFUNDS[quantity])
        used = 0 if counters is None else counters.of(minute, self._node)
        return used if refunds is None else max(0, used - refunds.of(minute, self._node))

    @property
    def nodes(self) -> int:
        """How many nodes are or may be alive."""
        return self._peers.count

    def has_spent(self, span: Span, limit: int, wall: float) -> bool:
        """Whether nothing is left, reservations aside."""
        return self._spent_in(span, wall) >= limit

    def room(self, span: Span, limit: int, wall: float) -> int:
        """How much may still be reserved; not above 0 when nothing may. While somebody is silent it is our share."""
        own_held = self.reserved - self.released
        if self.day_begins_at <= wall < self.day_ends_at and not self.held:
            # The usual case, without a call.
            total = own_held + (self.spent_today if span is DAY else self.spent_this_month)
        else:
            total = own_held + self._spent_in(span, wall) + self.held_elsewhere()
        if not self._peers.careful:
            return limit - total
        self.fold()
        window = number_at(span, wall)
        own = self._spent[span].of(window, self._node) + own_held
        mark = self._mark(span, window, own, total)
        nodes = self._peers.count
        share = max((limit - mark.total) // nodes, int(limit * BLIND_SHARE) // nodes)
        return min(limit - total, share - (own - mark.own))

    def _spent_in(self, span: Span, wall: float) -> int:
        """By all nodes together, in the window that holds this instant."""
        if self.day_begins_at <= wall < self.day_ends_at:
            return self.spent_today if span is DAY else self.spent_this_month
        self.fold()
        return self._spent[span].total(number_at(span, wall))

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
