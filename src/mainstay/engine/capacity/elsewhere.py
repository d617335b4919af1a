"""What other processes have under way at one upstream, as far as they can be heard."""

from collections.abc import Collection
from typing import NamedTuple

from mainstay.model.news import LoadNews

HEARD_SECONDS_MAX = 12.5
"""An account that was not repeated for so long has ended: whole accounts come twice as often."""
SWEEP_SECONDS = 1.0
ACCOUNTS_MAX = 10_000
"""Accounts of nodes and workloads, for each upstream."""


class _Account(NamedTuple):
    running: int
    waiting: int
    at: float
    heard_at: float


class Elsewhere:
    """Mutable; one for each upstream whose concurrency is bounded."""

    __slots__ = ("_accounts", "_sweep_at", "running", "running_by", "waiting")

    def __init__(self) -> None:
        """Begin with nobody heard."""
        self.running = 0
        """Of all others together."""
        self.running_by: dict[str, int] = {}
        """Of workloads with shares of their own."""
        self.waiting = 0
        """How many others say that they wait for their fair share."""
        self._accounts: dict[tuple[str, str], _Account] = {}
        self._sweep_at = 0.0

    def heard(self, node: str, news: LoadNews, now: float) -> bool:
        """Take another process's account; false where a later one is known, or there are too many."""
        who = (node, news.workload)
        known = self._accounts.get(who)
        if len(self._accounts) >= ACCOUNTS_MAX if known is None else known.at > news.at:
            return False
        self._forget(who)
        self._accounts[who] = _Account(news.running, news.waiting, news.at, now)
        self._add(news.workload, news.running, news.waiting)
        return True

    def sweep(self, now: float) -> None:
        """Forget accounts that nobody repeats any more."""
        if now < self._sweep_at or not self._accounts:
            return
        self._sweep_at = now + SWEEP_SECONDS
        for who in [who for who, one in self._accounts.items() if one.heard_at + HEARD_SECONDS_MAX < now]:
            self._forget(who)

    def running_of(self, nodes: Collection[str]) -> int:
        """What these nodes last said that they have under way."""
        return sum([one.running for (node, _), one in self._accounts.items() if node in nodes])

    def _forget(self, who: tuple[str, str]) -> None:
        known = self._accounts.pop(who, None)
        if known is not None:
            self._add(who[1], -known.running, -known.waiting)

    def _add(self, workload: str, running: int, waiting: int) -> None:
        self.running += running
        self.waiting += waiting
        if workload:
            count = self.running_by.get(workload, 0) + running
            if count:
                self.running_by[workload] = count
            else:
                self.running_by.pop(workload, None)
