"""Doubles for the waiting room: upstreams with so many places, and people who wait for them."""

from math import inf

import msgspec

from mainstay.engine.admission.waiter import Offer, Waiter
from mainstay.engine.capacity.capacity import Capacity
from mainstay.engine.capacity.hold import Hold
from mainstay.engine.demand import USUAL_DEMAND, Demand
from mainstay.engine.key import Key
from mainstay.model.catalogue import Candidate, Priority, Upstream

CRITICAL, INTERACTIVE, BATCH = Priority.CRITICAL, Priority.INTERACTIVE, Priority.BATCH


class Choice(msgspec.Struct, frozen=True):
    """An `Offer`."""

    candidate: Candidate
    key: Key


class Vacancies(Capacity):
    """A capacity that is nothing but a number for each upstream, and counts what happens to it."""

    def __init__(self, **free: int) -> None:
        super().__init__()
        self.free = free
        self.taken = self.released = self.asked = 0
        self.log: list[Demand] = []
        self.never: set[str] = set()
        """Workloads that there is no room for, whatever is free."""

    def hold(self, candidate: Candidate, key: Key, demand: Demand, now: float) -> Hold | None:
        self.asked += 1
        return None if self.free[key.upstream] > 0 and demand.workload not in self.never else Hold(inf, "full")

    def take(self, candidate: Candidate, key: Key, demand: Demand, now: float) -> None:
        assert self.free[key.upstream] > 0, "more was given than there is"
        self.free[key.upstream] -= 1
        self.taken += 1
        self.log.append(demand)

    def release(self, candidate: Candidate, key: Key, demand: Demand, now: float) -> None:
        self.free[key.upstream] += 1
        self.released += 1


def offers(*upstreams: str, model: str = "m") -> tuple[Offer, ...]:
    made = []
    for name in upstreams or ("up",):
        upstream = Upstream(name, "toy", f"http://{name}")
        made.append(Choice(Candidate(upstream, model), Key(name, model, "")))
    return tuple(made)


def demand(priority: Priority = INTERACTIVE, tenant: str = "t", weight: float = 1.0, cohort: int = 0) -> Demand:
    return msgspec.structs.replace(
        USUAL_DEMAND, workload=f"w-{priority.value}", priority=priority, tenant=tenant, weight=weight, cohort=cohort
    )


def waiter(  # noqa: PLR0913 - a test may set anything
    priority: Priority = INTERACTIVE,
    at: float = 0.0,
    *,
    tenant: str = "t",
    weight: float = 1.0,
    cohort: int = 0,
    model: str = "m",
    arrived_at: float | None = None,
) -> Waiter:
    return Waiter(demand(priority, tenant, weight, cohort), at, at + 30.0, model, arrived_at)


def even() -> float:
    """Dice that always say the same."""
    return 0.0
