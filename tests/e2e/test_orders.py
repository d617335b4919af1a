"""An order reaches three gateways at once: two that share a Redis, and one that is told by a signature. It outlives the
control plane, the Redis and a gateway's restart, and one command undoes it everywhere."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from typing import NamedTuple

import msgspec
import pytest

from mainstay.gateway.orders.folder import OrderFolder
from mainstay.model.orders import Order
from mainstay.model.records import OrderRecord
from tests.e2e.lanes import Tree
from tests.e2e.process import Process, answer_or_none
from tests.e2e.raw import Heard, get
from tests.e2e.replicas import Replica, Replicas, ask, lane, measured, one_trust, replicas

SOON_SECONDS = 5.0
"""Far more than it takes: slow machines change no outcome."""
WHY = ("--reason", "it is slow", "--yes")
HERE, THERE = "alpha-anthropic", "beta-anthropic"


class Site(NamedTuple):
    """Two gateways that share a Redis, and a third that has nobody."""

    world: Replicas
    lone: Replica

    @property
    def first(self) -> Replica:
        """Where the operator works."""
        return self.world.gateways[0]

    @property
    def second(self) -> Replica:
        """Another machine."""
        return self.world.gateways[1]

    @property
    def all(self) -> tuple[Replica, ...]:
        """All three."""
        return (*self.world.gateways, self.lone)

    def give(self, *arguments: str) -> Order:
        """An order, by the operator's command."""
        said = self.first.command("route", *arguments, *WHY, "--to", self.lone.url)
        (identity,) = set(re.findall(r"ORD-[0-9A-Z]+", said.err))
        found = OrderFolder(self.first.state).read(identity)
        assert isinstance(found, Order)
        return found

    def undo(self, order: Order) -> None:
        """The one command."""
        self.first.command("route", "undo", order.id, "--to", self.lone.url)


def served(gateway: Replica, model: str) -> Heard:
    (heard,) = ask(gateway, model)
    assert heard.status == 200, heard.text
    return heard


def is_at(upstream: str, model: str, gateway: Replica) -> bool:
    return served(gateway, model).header("x-mainstay-upstream") == upstream


def followed_at(gateway: Replica, order: Order) -> float | None:
    """When it took note of this account of an order, in seconds since 1970."""
    found = [
        one.at
        for one in gateway.records()
        if isinstance(one, OrderRecord)
        and one.event == "followed"
        and (one.order.id, one.order.revision) == (order.id, order.revision)
    ]
    assert len(found) <= 1, "each process writes it down once"
    return found[0] if found else None


def delays(gateways: tuple[Replica, ...], order: Order, since: float) -> list[float]:
    """How long after `since` each gateway followed it."""
    found = []
    for one in gateways:
        one.until(lambda one=one: followed_at(one, order) is not None, f"{order.id} is followed")  # type: ignore[misc]
        found.append((followed_at(one, order) or 0.0) - since)
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("orders")
    with ExitStack() as stack:
        lone: list[Replica] = []

        def prepare(gateways: tuple[Replica, ...]) -> None:
            tree: dict[str, Tree] = msgspec.json.decode(gateways[0].file.read_bytes())
            alone = {name: value for name, value in tree.items() if name not in {"shared", "drafts", "control"}}
            alone["gateway"] = {"drain_seconds": 10}
            place = folder / "lone"
            place.mkdir()
            lone.append(stack.enter_context(Replica(place, alone)))
            one_trust((*gateways, *lone))

        world = stack.enter_context(replicas(folder, prepare=prepare))
        yield Site(world, lone[0].start())


def test_an_order_reaches_three_gateways_and_is_undone_by_one_command(site: Site) -> None:
    model = lane()
    assert {served(one, model).header("x-mainstay-upstream") for one in site.all} == {HERE}
    order = site.give("drain", HERE, "--model", model)
    late = delays(site.all, order, order.given_at)
    measured(f"an order is followed {', '.join(f'{one * 1000:.0f}' for one in late)} ms after it was given")
    assert max(late) < SOON_SECONDS
    for one in site.all:
        heard = served(one, model)
        assert heard.header("x-mainstay-upstream") == THERE
        assert heard.header("x-mainstay-degraded") == f"{HERE}: {order.words}"
        listed = msgspec.json.decode(get(one.url, "/v1/mainstay/orders", {"x-api-key": one.key}).body)
        assert order.id in str(listed)
    site.undo(order)
    ended = OrderFolder(site.first.state).read(order.id)
    assert isinstance(ended, Order)
    assert ended.ended_at is not None
    late = delays(site.all, ended, ended.ended_at)
    measured(f"its end is followed {', '.join(f'{one * 1000:.0f}' for one in late)} ms after the command")
    assert max(late) < SOON_SECONDS
    assert {served(one, model).header("x-mainstay-upstream") for one in site.all} == {HERE}


def test_it_outlives_the_control_plane_redis_and_a_restart(site: Site) -> None:
    first, second = site.first, site.second
    place = first.folder / "killed"
    place.mkdir()
    with Process(["control", "-c", str(first.file)], place, first.environment) as control:
        control.until(lambda: answer_or_none(first.control_url, "/livez") is not None, "the control plane answers")
        model = lane()
        order = site.give("pin", THERE, "--model", model)
        delays(site.all, order, order.given_at)
        control.kill()
    assert all(is_at(THERE, model, one) for one in site.all)
    # Nobody is left who could tell it: the second machine has it on its own disk.
    site.world.redis.kill()
    second.kill_all()
    second.start()
    assert is_at(THERE, model, second), "from the very first request"
    # What happens while it is off, it learns when it is back.
    second.kill_all()
    site.undo(order)
    for one in (first, site.lone):
        one.until(partial(is_at, HERE, model, one), "the order has ended")
    site.world.redis.start()
    second.start()
    second.until(partial(is_at, HERE, model, second), "it learns that the order has ended")


def test_residency_goes_before_any_order(site: Site) -> None:
    said = site.first.command("route", "pin", "nowhere", *WHY, code=1)
    assert "no upstream is called 'nowhere'" in said.out
    folder = site.first.folder / "private"
    folder.mkdir()
    tree: dict[str, Tree] = msgspec.json.decode(site.first.file.read_bytes())
    workloads: dict[str, Tree] = {"default": {"residency": ["eu"]}}
    (folder / "mainstay.yaml").write_bytes(msgspec.json.encode({**tree, "workloads": workloads, "state": "state"}))
    said = site.first.run("route", "pin", HERE, *WHY, "-c", str(folder / "mainstay.yaml"), code=1)
    assert "policy forbids it for everything in scope" in said.out
    assert not (folder / "state").exists()
