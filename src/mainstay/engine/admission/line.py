"""A line: those who wait for the same candidates with the same workload. There is room for all of them or for none."""

from heapq import heappop, heappush, heapreplace
from itertools import count

from mainstay.engine.admission.turns import Order, Turns
from mainstay.engine.admission.waiter import Offer, Waiter
from mainstay.engine.key import Key

LineName = tuple[str, tuple[Key, ...]]
"""Workload, and what its waiters would take."""


class Share:
    """What one tenant has had of what a priority was given. Weighted fair queueing: each call adds 1 / weight to
    `used`, and the tenant that has used least goes first."""

    __slots__ = ("rejectable", "tenant", "used", "weight")

    def __init__(self, tenant: str, weight: float, used: float) -> None:
        """Begin at `used`, where the others stand."""
        self.tenant = tenant
        self.weight = weight
        self.used = used
        self.rejectable = Turns()
        """Its waiters; who must go first when there are too many stands first."""

    @property
    def waiting(self) -> int:
        """How many of its exchanges wait."""
        return self.rejectable.size


class Line:
    """Mutable. Each tenant has turns of its own in it."""

    __slots__ = ("_next", "_numbers", "_turns", "size", "upstreams")

    def __init__(self, offers: tuple[Offer, ...]) -> None:
        """Begin empty, before these candidates."""
        self.upstreams = frozenset([one.key.upstream for one in offers])
        self.size = 0
        self._turns: dict[str, tuple[Share, Turns]] = {}
        """By tenant."""
        self._next: list[tuple[float, int, str]] = []
        """A heap with one entry per tenant, first who has used least. What stands there may be out of date, but only
        too small: it is put right when it comes to the top."""
        self._numbers = count()

    def add(self, share: Share, order: Order, waiter: Waiter) -> None:
        """One more waits."""
        known = self._turns.get(share.tenant)
        if known is None:
            heappush(self._next, (share.used, next(self._numbers), share.tenant))
        turns = Turns() if known is None else known[1]
        self._turns[share.tenant] = share, turns
        turns.add(order, waiter)
        self.size += 1

    def first(self) -> tuple[Share, Order, Waiter] | None:
        """Whose turn it is: of the tenant that has used least, the one whose turn it is there."""
        ahead = self._next
        while ahead:
            used, number, tenant = ahead[0]
            share, turns = self._turns[tenant]
            found = turns.first()
            if found is None:
                heappop(ahead)
                del self._turns[tenant]
            elif used != share.used:
                heapreplace(ahead, (share.used, number, tenant))
            else:
                return (share, *found)
        return None

    def gone(self, waiter: Waiter) -> None:
        """One of them waits no more."""
        self._turns[waiter.demand.tenant][1].gone()
        self.size -= 1
