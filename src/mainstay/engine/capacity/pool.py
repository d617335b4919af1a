"""Configured concurrency: how many attempts are under way at one upstream, here and elsewhere.

An attempt may start while fewer than the limit are known to be under way. Below its fair share (the limit divided by
the number of processes) a process asks for nothing more. Beyond, it borrows what others do not use: slowly, a part of
what is free at a time, so that the others are heard before it goes on; and not while one of them says that it waits for
its own share. Two processes that begin at the same moment thus fill up to the limit and not to twice the limit. Only
those who take the very last places within the same tenth of a second exceed it, by one each, until one attempt ends.
"""

from math import inf

from mainstay.engine.capacity.elsewhere import Elsewhere
from mainstay.engine.capacity.hold import Hold
from mainstay.engine.capacity.running import Running
from mainstay.engine.capacity.shares import common, common_used, fair, fits
from mainstay.engine.demand import Demand
from mainstay.engine.peers import Peers
from mainstay.model.catalogue import Limits
from mainstay.model.news import LoadNews

HEARING_SECONDS = 0.15
"""After so long, others have heard what we have begun, and we what they have: three turns of the bus."""
PEAK_SECONDS = 0.6
"""So long a process may come back to what it had under way before, without borrowing it anew."""
_ALONE = 1


class Pool(Running):
    """Mutable; one for each upstream."""

    __slots__ = (
        "_borrow_at",
        "_cap",
        "_peak",
        "_peak_until",
        "_told",
        "_waited",
        "_waiting",
        "elsewhere",
        "limits",
        "name",
    )

    def __init__(self, name: str) -> None:
        """Of the upstream of this name, with nothing under way."""
        super().__init__()
        self.name = name
        self.limits: Limits | None = None
        """The limits that were asked for last, where they bound concurrency."""
        self.elsewhere = Elsewhere()
        self._borrow_at = 0.0
        self._cap = self._peak = 0
        self._peak_until = 0.0
        self._waiting = self._waited = 0
        self._told: dict[str, tuple[int, int]] = {}

    def hold(self, limits: Limits, limit: int, demand: Demand, now: float, peers: Peers | None) -> Hold | None:
        """Why an attempt may not start now."""
        nodes = _ALONE if peers is None else peers.count
        workload, reserved = demand.workload, limits.reserved
        self.elsewhere.sweep(now)
        is_within = not reserved and self.running < limit // nodes and self.running + self.elsewhere.running < limit
        if is_within and (peers is None or not peers.careful):
            # Within the fair share, and nobody has taken it: the usual case.
            return None
        if nodes == _ALONE and not self.elsewhere.running:
            if fits(limit, reserved, workload, self.running, self.running_by):
                return None
            return Hold(inf, _full(limit, self.running, 0))
        share = fair(limit, nodes)
        is_ours = fits(limit, reserved, workload, self.running, self.running_by, nodes)
        others = self._running_elsewhere(peers, share)
        if not fits(limit, reserved, workload, self.running + others, self._known_by()):
            if is_ours:
                self._waiting = min(self._waiting + 1, share - self.running)
            return Hold(now + HEARING_SECONDS if others else inf, _full(limit, self.running, others))
        return None if is_ours else self._borrowing_hold(limits, nodes, others, now)

    def take(self, limits: Limits, limit: int, now: float, peers: Peers | None) -> None:
        """One of bounded many has started, and is counted already."""
        nodes = _ALONE if peers is None else peers.count
        if nodes == _ALONE:
            return
        used = common_used(limit, limits.reserved, self.running, self.running_by, nodes)
        if now >= self._peak_until:
            self._cap = max(common(limit, limits.reserved, nodes), min(self._cap, self._peak))
            self._peak, self._peak_until = 0, now + PEAK_SECONDS
        if used <= self._peak:
            return
        self._peak = used
        if used > self._cap:
            known = self.running + self._running_elsewhere(peers, fair(limit, nodes))
            known_used = common_used(limit, limits.reserved, known, self._known_by())
            free = common(limit, limits.reserved) - known_used + 1
            self._cap = used - 1 + max(1, free // nodes)
        if used >= self._cap:
            self._borrow_at = now + HEARING_SECONDS

    def take_news(self, at: float) -> list[LoadNews]:
        """What others do not know yet of what is under way here."""
        if self.limits is None:
            return []
        # For two turns, because those who wait ask as seldom as the bus tells.
        waiting, self._waited, self._waiting = max(self._waiting, self._waited), self._waiting, 0
        rows = self._rows(waiting)
        news = [self._news(workload, row, at) for workload, row in rows.items() if self._told.get(workload) != row]
        gone = [self._news(workload, (0, 0), at) for workload in self._told if workload not in rows]
        self._told = rows
        return news + gone

    def everything(self, at: float) -> list[LoadNews]:
        """The whole account."""
        if self.limits is None:
            return []
        return [self._news(workload, row, at) for workload, row in self._rows(self._waited).items()]

    def known_elsewhere(self, peers: Peers | None) -> int:
        """How many attempts others are taken to have under way."""
        nodes = _ALONE if peers is None else peers.count
        limit = None if self.limits is None else self.limits.concurrency
        # Without attempts of its own here the limit is not known yet, and so no share of those who are silent.
        return self.elsewhere.running if limit is None else self._running_elsewhere(peers, fair(limit, nodes))

    def _borrowing_hold(self, limits: Limits, nodes: int, others: int, now: float) -> Hold | None:
        """Why nothing may be begun beyond the fair share now."""
        limit = limits.concurrency or 0
        if self.running + others + self.elsewhere.waiting >= limit:
            return Hold(now + HEARING_SECONDS, "another process waits for its share of the upstream's limit")
        used = common_used(limit, limits.reserved, self.running, self.running_by, nodes)
        if now < self._borrow_at and used >= self._cap:
            return Hold(self._borrow_at, "other processes may still begin on their shares of the upstream's limit")
        return None

    def _rows(self, waiting: int) -> dict[str, tuple[int, int]]:
        rows = {workload: (count, 0) for workload, count in self.running_by.items()}
        rest = self.running - sum(self.running_by.values())
        if rest or waiting or self._told.get(""):
            rows[""] = (rest, waiting)
        return rows

    def _news(self, workload: str, row: tuple[int, int], at: float) -> LoadNews:
        return LoadNews(self.name, row[0], at, row[1], workload)

    def _running_elsewhere(self, peers: Peers | None, share: int) -> int:
        """Who cannot be heard may be using as much as his share."""
        if peers is None or not peers.careful:
            return self.elsewhere.running
        silent = frozenset(peers.silent)
        return self.elsewhere.running - self.elsewhere.running_of(silent) + share * len(silent)

    def _known_by(self) -> dict[str, int]:
        others = self.elsewhere.running_by
        if not others:
            return self.running_by
        return {name: self.running_by.get(name, 0) + others.get(name, 0) for name in {*self.running_by, *others}}


def _full(limit: int, ours: int, others: int) -> str:
    more = f", {others} at other processes" if others else ""
    return f"{limit} attempts are the upstream's limit; {ours} are under way{more}"
