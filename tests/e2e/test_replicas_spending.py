"""What a tenant may use holds over all machines and their workers together, and within the documented bound while they
cannot hear each other (docs/costs.md)."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from mainstay.model.records import ExchangeRecord
from tests.e2e.callers import PATHS, Question
from tests.e2e.lanes import Tree
from tests.e2e.raw import post
from tests.e2e.replicas import Replica, Replicas, measured, one_trust, replicas, solo

MACHINES, WORKERS = 2, 2
NODES = MACHINES * WORKERS
DIALECT = "anthropic"
DOLLAR = 1_000_000_000
DAY = 0.6
"""Dollars."""
PER_MINUTE = 24
ALPHA_PRICE: Tree = {"input": 100, "output": 500}
TENANTS: Tree = {
    "rich": {"usd_per_day": DAY},
    "cut-off": {"usd_per_day": DAY},
    "hasty": {"requests_per_minute": PER_MINUTE},
    "hasty-and-cut-off": {"requests_per_minute": PER_MINUTE},
}
BLIND_SHARE = 0.01
REFUSALS = 20
"""So many refusals, on connections of their own, come from all workers."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    sections: dict[str, Tree] = {"auth": {"callers": "tokens"}, "tenants": TENANTS, "prices": _prices()}
    folder = tmp_path_factory.mktemp("spending")
    with replicas(folder, MACHINES, WORKERS, prepare=one_trust, sections=sections) as running:
        yield running


def _prices() -> dict[str, Tree]:
    return {f"alpha-{DIALECT}/solo-{DIALECT}-{number}": ALPHA_PRICE for number in range(30)}


class Spenders:
    """Callers of one tenant, one for each machine, who ask one question after the other, refused or not."""

    def __init__(self, world: Replicas, tenant: str) -> None:
        self.tenant = tenant
        self.served = [0] * MACHINES
        self.others: list[str] = []
        self._refusals = [0] * MACHINES
        self._gateways = world.gateways
        self._token = world.gateways[0].token(tenant)
        self._model = solo(DIALECT)
        # Slower than news are told: else much is spent that nobody can have heard of.
        world.alpha.break_with("slow:chars_per_second=600", model=self._model)
        self._over = threading.Event()

    @contextmanager
    def busy(self) -> Iterator[None]:
        """They ask until the block ends."""
        self._over.clear()
        threads = [threading.Thread(target=self._spend, args=(number,), daemon=True) for number in range(MACHINES)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join(30)

    def until_served(self, times: int) -> None:
        self._gateways[0].until(lambda: min(self.served) >= times, f"all machines served: {self.served}")

    def until_refused(self) -> None:
        """Every machine has nothing left, whichever of its workers is asked."""
        self._until_refusals([REFUSALS] * MACHINES)

    def refused_again(self) -> None:
        """The same, from now on."""
        self._until_refusals([before + REFUSALS for before in self._refusals])

    def _until_refusals(self, wanted: list[int]) -> None:
        def are_refused() -> bool:
            return all(now >= then for now, then in zip(self._refusals, wanted, strict=True))

        self._gateways[0].until(are_refused, f"all machines refuse: {self.served}")

    def _spend(self, machine: int) -> None:
        url = self._gateways[machine].url
        body = Question(model=self._model, prompt="Why do bridges hum in 12 words?", stream=False).body(DIALECT)
        while not self._over.is_set():
            heard = post(url, PATHS[DIALECT], body | {"max_tokens": 20}, {"x-api-key": self._token})
            if heard.status == 200:
                self.served[machine] += 1
            elif heard.status == 429:
                self._refusals[machine] += 1
            else:
                self.others.append(heard.text)


def costs(world: Replicas, spenders: Spenders) -> tuple[int, int]:
    """What a tenant has spent, and what its dearest exchange cost, once everything is written down."""

    def answered() -> list[ExchangeRecord]:
        return [two for one in world.gateways for two in one.exchanges(tenant=spenders.tenant, outcome="answered")]

    world.gateways[0].until(lambda: len(answered()) == sum(spenders.served), "everything is written down")
    each = [one.cost_nanodollars or 0 for one in answered()]
    return sum(each), max(each)


def hears_nobody_else(gateway: Replica) -> bool:
    return len(gateway.readiness.spending.silent) == NODES - WORKERS


def hears_all(gateway: Replica) -> bool:
    """Whichever of its workers is asked."""
    return not any(gateway.readiness.spending.silent for _ in range(4 * WORKERS))


@contextmanager
def cut_off(world: Replicas) -> Iterator[None]:
    """Redis is paused, and every machine has noticed that it cannot hear the others."""
    world.redis.pause()
    try:
        for one in world.gateways:
            one.until(partial(hears_nobody_else, one), "it is careful")
        yield
    finally:
        world.redis.resume()


def test_dollars_are_spent_once_over_machines_and_workers(world: Replicas) -> None:
    spenders = Spenders(world, "rich")
    with spenders.busy():
        spenders.until_refused()
    spent, dearest = costs(world, spenders)
    measured(f"spent {spent / DOLLAR:.4f} of {DAY:.2f} dollars, each exchange {dearest / DOLLAR:.4f} at most")
    assert spenders.others == []
    assert min(spenders.served) > 0
    # What is left may be used by one exchange more, and each caller may have had one under way unseen.
    assert DAY * DOLLAR - 3 * dearest <= spent <= DAY * DOLLAR + (1 + MACHINES) * dearest


def test_dollars_are_bounded_while_machines_cannot_hear_each_other_and_never_nothing(world: Replicas) -> None:
    spenders = Spenders(world, "cut-off")
    with spenders.busy():
        spenders.until_served(10)
    before = list(spenders.served)
    with cut_off(world), spenders.busy():
        spenders.until_refused()
    alone = [now - then for then, now in zip(before, spenders.served, strict=True)]
    spent, dearest = costs(world, spenders)
    bound = DAY * DOLLAR * (1 + BLIND_SHARE) + NODES * dearest
    measured(f"alone {alone} exchanges; spent {spent / DOLLAR:.4f} of {DAY:.2f} dollars, bound {bound / DOLLAR:.4f}")
    assert spenders.others == []
    assert min(alone) > 0
    assert spent <= bound
    # They keep to their shares until they know what the others have spent; what these left over may be spent then.
    with spenders.busy():
        for one in world.gateways:
            one.until(partial(hears_all, one), "all are heard")
        spenders.refused_again()
    spent, dearest = costs(world, spenders)
    measured(f"together again: spent {spent / DOLLAR:.4f}")
    assert DAY * DOLLAR - 3 * dearest <= spent <= bound


def test_requests_of_a_minute_are_counted_over_machines_and_workers(world: Replicas) -> None:
    spenders = Spenders(world, "hasty")
    began_at = time.monotonic()
    with spenders.busy():
        spenders.until_refused()
    seconds = time.monotonic() - began_at
    served = sum(spenders.served)
    measured(f"served {served} of {PER_MINUTE} requests in {seconds:.1f} s")
    assert spenders.others == []
    # What two callers could send before the others had heard of it, and what the sliding minute lets go.
    assert PER_MINUTE - 1 <= served <= PER_MINUTE * (1 + seconds / 60) + MACHINES


def test_requests_of_a_minute_are_divided_while_machines_cannot_hear_each_other(world: Replicas) -> None:
    spenders = Spenders(world, "hasty-and-cut-off")
    with cut_off(world):
        began_at = time.monotonic()
        with spenders.busy():
            spenders.until_refused()
        seconds = time.monotonic() - began_at
    served = sum(spenders.served)
    measured(f"served {spenders.served} of {PER_MINUTE} requests while alone")
    world.until_together()
    assert spenders.others == []
    assert min(spenders.served) >= 1
    assert served <= PER_MINUTE * (1 + BLIND_SHARE + seconds / 60) + NODES + MACHINES
