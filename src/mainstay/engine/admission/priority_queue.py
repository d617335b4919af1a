"""The queue of one priority: its lines, and who of its tenants goes first."""

from itertools import count

from mainstay.engine.admission.drain import Drain
from mainstay.engine.admission.line import Line, LineName, Share
from mainstay.engine.admission.waiter import Waiter
from mainstay.model.catalogue import Priority

SHARES_KEPT_MAX = 1_000
"""Tenants that do not wait and are remembered, because they have had more than others, until nobody waits."""

Turn = tuple[float, tuple[float, float, int], Share, Line, Waiter]
"""Who is first of a line, with what lines are compared by."""


class PriorityQueue:
    """Mutable. The newest goes first or the oldest; between tenants who has had least for its weight."""

    def __init__(self, priority: Priority, *, newest_first: bool, share_of_room: float, trickle_percent: int) -> None:
        """It may take `share_of_room` (0 to 1) of the waiting room; `trickle_percent` of what is handed out while
        somebody waits here is handed out here, whoever else waits (0: it depends on nobody's mercy)."""
        self.name = priority.value
        self.share_of_room = share_of_room
        self.trickle_percent = trickle_percent
        self.drain = Drain()
        self.size = 0
        self.handed_out = 0
        self.owed_percent = 0
        """What it has been passed over for; at 100 it goes first, once."""
        self._newest_first = newest_first
        self._lines: dict[LineName, Line] = {}
        self._shares: dict[str, Share] = {}
        self._used = 0.0
        """Where the tenant stood that was called last: who comes anew begins there."""
        self._numbers = count(1)

    def add(self, waiter: Waiter) -> None:
        """One more waits, for its `offers`."""
        share = self._share(waiter)
        name = _line_name(waiter)
        line = self._lines.get(name)
        if line is None:
            line = self._lines[name] = Line(waiter.offers)
        number, at = next(self._numbers), waiter.arrived_at
        waiter.is_waiting = True
        line.add(share, (-at, 0.0, -number) if self._newest_first else (at, 0.0, number), waiter)
        # Whole sessions: the cohort that pressure turns away first makes way first.
        share.rejectable.add((-float(waiter.demand.cohort), -at, -number), waiter)
        self.size += 1

    def gone(self, waiter: Waiter) -> None:
        """It waits no more."""
        waiter.is_waiting = False
        name = _line_name(waiter)
        line = self._lines[name]
        line.gone(waiter)
        if not line.size:
            del self._lines[name]
        self._shares[waiter.demand.tenant].rejectable.gone()
        self.size -= 1
        if not self.size:
            # The end of a busy time: everybody begins anew.
            self._shares.clear()
            self._used = 0.0

    def called(self, waiter: Waiter, now: float) -> None:
        """It was called, and waits no more."""
        share = self._shares[waiter.demand.tenant]
        self._used = max(self._used, share.used)
        share.used += 1.0 / share.weight
        self.handed_out += 1
        self.drain.add(now)
        self.gone(waiter)

    def turns(self, upstream: str) -> list[Turn]:
        """The first of each line before this upstream (empty: of every line), in the order of their turns."""
        found = []
        for line in self._lines.values():
            if not upstream or upstream in line.upstreams:
                first = line.first()
                if first is not None:
                    share, order, waiter = first
                    found.append((share.used, order, share, line, waiter))
        if len(found) > 1:
            found.sort(key=_turn)
        return found

    def greediest(self) -> Share | None:
        """The tenant that has most waiters for its weight."""
        return max(self._shares.values(), key=_greed, default=None)

    def waiting_of(self, tenant: str) -> int:
        """How many exchanges of a tenant wait here."""
        share = self._shares.get(tenant)
        return 0 if share is None else share.waiting

    def _share(self, waiter: Waiter) -> Share:
        demand = waiter.demand
        share = self._shares.get(demand.tenant)
        if share is None:
            if len(self._shares) >= self.size + SHARES_KEPT_MAX:
                self._shares = {name: one for name, one in self._shares.items() if one.waiting}
            share = self._shares[demand.tenant] = Share(demand.tenant, demand.weight, self._used)
        elif not share.waiting:
            share.used = max(share.used, self._used)
        share.weight = demand.weight
        return share


def _line_name(waiter: Waiter) -> LineName:
    return waiter.demand.workload, tuple([one.key for one in waiter.offers])


def _turn(one: Turn) -> tuple[float, tuple[float, float, int]]:
    return one[0], one[1]


def _greed(share: Share) -> float:
    return share.waiting / share.weight
