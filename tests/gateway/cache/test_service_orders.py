"""Kept answers while orders are in force: `cache-first`, `read-only`, and orders about who serves."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import pytest

from mainstay.engine.routing.applying import applied
from mainstay.engine.routing.safe_modes import unasked
from mainstay.gateway.cache.service import Caching
from mainstay.gateway.driver import Caller
from mainstay.gateway.runs import Job
from mainstay.gateway.visits import Answered
from mainstay.model.catalogue import CacheRule
from mainstay.model.orders import Order, OrderKind
from tests.engine.routing.given import order
from tests.gateway.cache.shelves import MemoryShelf
from tests.gateway.kept_rig import KeptRig, kept_rig
from tests.gateway.listener import Listener
from tests.gateway.rig import ANSWER

RULE: Final = CacheRule(ttl_seconds=60.0, every=True)
CACHE_FIRST, READ_ONLY = order(OrderKind.CACHE_FIRST), order(OrderKind.READ_ONLY)


class House:
    """One worker with a cache, and orders."""

    def __init__(self, rig: KeptRig) -> None:
        self.rig = rig
        self.orders: tuple[Order, ...] = ()
        self.caching = Caching(rig.runs, rig.resumption, MemoryShelf(), lambda *_: None)

    def ask(self, *, wish: str = "") -> Listener:
        job = self.rig.job(stream=False)
        workload = msgspec.structs.replace(job.menu.workload, cache=RULE)
        alpha = job.menu.candidates[0]
        other = msgspec.structs.replace(alpha.upstream, name="beta")
        beta = msgspec.structs.replace(alpha, upstream=other, model="another-name")
        menu = msgspec.structs.replace(job.menu, workload=workload, candidates=(alpha, beta))
        menu = applied(menu, self.orders, ())
        caller = Listener()
        job = msgspec.structs.replace(job, menu=menu)
        self.caching.serve(job, wish, caller, caller.refuse, self._start, may_mark=True)
        self.rig.settle()
        return caller

    def _start(self, job: Job, caller: Caller, otherwise: Answered) -> None:
        """As the gateway does."""
        fault = unasked(job.menu, self.rig.clock.wall(), lambda: 0.5)
        if fault is not None:
            otherwise(fault)
        else:
            self.rig.runs.start(job, caller)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """An answer is kept, and has expired."""
    for rig in kept_rig(tmp_path):
        house = House(rig)
        house.ask()
        rig.replies()
        rig.clock.advance(3_600.0)
        yield house


def told(caller: Listener) -> dict[str, str]:
    return dict(caller.answer.headers)


@pytest.mark.parametrize("given", [CACHE_FIRST, READ_ONLY])
@pytest.mark.parametrize("wish", ["", "refresh"])
def test_an_old_answer_goes_before_any_provider(house: House, given: Order, wish: str) -> None:
    house.orders = (given,)
    caller = house.ask(wish=wish)
    assert caller.answer.body == ANSWER
    assert told(caller)["x-mainstay-cache"] == "stale"
    assert told(caller)["x-mainstay-degraded"] == f"{given.words}: an answer of 3600 seconds ago"
    assert len(house.rig.attempts) == 1
    assert house.rig.exchanges[-1].degraded == told(caller)["x-mainstay-degraded"]


def test_without_such_an_order_a_provider_is_asked(house: House) -> None:
    house.orders = (order(OrderKind.CRITICAL_ONLY),)
    house.ask()
    assert len(house.rig.attempts) == 2


def test_a_fresh_answer_is_a_hit_as_ever(house: House) -> None:
    house.ask()
    house.rig.replies()
    house.orders = (CACHE_FIRST,)
    caller = house.ask()
    assert told(caller)["x-mainstay-cache"] == "hit"
    assert "x-mainstay-degraded" not in told(caller)


def test_where_nothing_is_kept_only_read_only_refuses(tmp_path: Path) -> None:
    for rig in kept_rig(tmp_path):
        house = House(rig)
        house.orders = (READ_ONLY,)
        assert house.ask().refusal == (0, "safe_mode")
        house.orders = (CACHE_FIRST,)
        house.ask()
        assert len(rig.attempts) == 1


def test_an_answer_of_somebody_who_is_drained_is_as_good_as_before(house: House) -> None:
    house.ask()
    house.rig.replies()
    for kind, upstream in ((OrderKind.DRAIN, "alpha"), (OrderKind.PIN, "beta")):
        house.orders = (order(kind, upstream),)
        assert told(house.ask())["x-mainstay-cache"] == "hit"


def test_an_answer_of_somebody_who_is_forbidden_is_not_given(house: House) -> None:
    house.orders = (order(OrderKind.FORBID, "alpha"), CACHE_FIRST)
    house.ask()
    assert house.rig.attempts[-1].command.url.startswith("http://alpha"), "beta has alpha's address here"
    assert house.rig.attempts[-1].command.body.count(b"another-name") == 1
    assert len(house.rig.attempts) == 2
