"""Rates of an upstream of which shares may be reserved: each share has an account of its own, and so has the rest."""

from mainstay.engine.capacity.ports import Rates
from mainstay.engine.capacity.shares import common_share, own_share
from mainstay.engine.demand import Demand
from mainstay.model.catalogue import Limits
from mainstay.model.frame import Usage


class ReservedRates:
    """Mutable; one per process."""

    def __init__(self, rates: Rates) -> None:
        """`rates` keeps the accounts."""
        self._rates = rates
        self._in_common: dict[str, int] = {}
        """How many attempts of a workload with a share of its own were counted with the common part. Which ones they
        were is not kept: in sum it makes no difference."""

    def wait_seconds(self, upstream: str, limits: Limits, demand: Demand, wall: float) -> float:
        """How long until such a request may be sent; 0 if it may be sent now."""
        if not limits.reserved:
            return self._rates.wait_seconds(upstream, limits, demand, wall)
        own = own_share(limits, demand.workload)
        wait = self._rates.wait_seconds(upstream, limits, demand, wall, common_share(limits))
        if wait > 0 and own > 0:
            wait = min(wait, self._rates.wait_seconds(_account(upstream, demand), limits, demand, wall, own))
        return wait

    def count(self, upstream: str, limits: Limits, demand: Demand, wall: float) -> None:
        """Such a request is sent, or promised to be: from its own share while there is any."""
        own = own_share(limits, demand.workload)
        account = upstream
        if own > 0:
            account = _account(upstream, demand)
            if self._rates.wait_seconds(account, limits, demand, wall, own) > 0:
                self._in_common[account] = self._in_common.get(account, 0) + 1
                account = upstream
        self._rates.count(account, demand, wall)

    def release(self, upstream: str, limits: Limits, demand: Demand, wall: float) -> None:
        """What was counted a moment ago is not sent after all."""
        self._rates.release(self._counted_at(upstream, limits, demand), demand, wall, wall)

    def correct(
        self, upstream: str, limits: Limits, demand: Demand, usage: Usage, wall: float, counted_at: float
    ) -> None:
        """Put the truth in place of the estimate that was counted at `counted_at`."""
        self._rates.correct(self._counted_at(upstream, limits, demand), demand, usage, wall, counted_at)

    def _counted_at(self, upstream: str, limits: Limits, demand: Demand) -> str:
        if own_share(limits, demand.workload) <= 0:
            return upstream
        account = _account(upstream, demand)
        in_common = self._in_common.get(account, 0)
        if not in_common:
            return account
        if in_common == 1:
            del self._in_common[account]
        else:
            self._in_common[account] = in_common - 1
        return upstream


def _account(upstream: str, demand: Demand) -> str:
    return f"{upstream}/{demand.workload}"
