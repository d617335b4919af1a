"""Orders of playbooks at the real desk of orders."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from mainstay.control.playbooks.desk_orders import DeskOrders
from mainstay.control.playbooks.ports import EffectError
from mainstay.model.orders import Order, OrderKind
from mainstay.model.playbook import GiveOrder
from mainstay.ops.playbooks.actions import order_of
from tests.control.orders.house import WALL, House
from tests.ops.playbooks.drill import Drill, book_of, note

KEY = "RUN-1/5/drain"
STATE = Drill(book_of(note("a")), incident="INC-7").state


def order(kind: OrderKind = OrderKind.DRAIN, upstream: str = "anthropic") -> Order:
    return order_of(GiveOrder(kind, upstream, for_seconds=60.0), STATE, KEY, WALL)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_it_is_given_once_under_the_id_that_the_playbook_knows(house: House) -> None:
    orders = DeskOrders(house.desk)
    for _ in range(2):
        assert orders.give(order(), KEY) == f"gave order {order().id} (drain anthropic) by playbook help"
    assert house.events == [(order().id, "given", "playbook help")]
    (given,) = house.desk.in_force()
    assert given == replace(order(), given_at=house.wall, expires_at=house.wall + 60)
    assert orders.in_force("anthropic", (OrderKind.DRAIN,)) == (order().id,)
    assert orders.in_force("anthropic", (OrderKind.FORBID,)) == orders.in_force("bedrock", ()) == ()


def test_it_is_ended_once(house: House) -> None:
    orders = DeskOrders(house.desk)
    assert not orders.end(order().id, "playbook RUN-1", "undo")
    orders.give(order(), KEY)
    assert orders.end(order().id, "playbook RUN-1", "undo")
    assert not orders.end(order().id, "playbook RUN-1", "undo")
    assert house.events[-1] == (order().id, "ended", "playbook RUN-1")
    assert orders.in_force("anthropic", ()) == ()


def test_what_is_ended_already_is_not_given_again(house: House) -> None:
    orders = DeskOrders(house.desk)
    orders.give(order(), KEY)
    orders.end(order().id, "ann", "enough")
    orders.give(order(), KEY)
    assert house.desk.in_force() == ()


def test_what_policy_or_sense_forbids_is_refused_for_good(house: House) -> None:
    orders = DeskOrders(house.desk)
    unknown = order(upstream="nobody")
    assert "nobody" in orders.preview(unknown).refusal
    with pytest.raises(EffectError, match="nobody") as refused:
        orders.give(unknown, KEY)
    assert refused.value.is_final


def test_what_somebody_else_asks_already_is_no_failure_and_stays_theirs(house: House) -> None:
    orders = DeskOrders(house.desk)
    theirs = house.given(OrderKind.PIN, "bedrock")
    mine = order(OrderKind.PIN, "bedrock")
    assert orders.preview(mine).words == (f"{theirs.id} asks the same already",)
    assert orders.give(mine, KEY) == f"{theirs.id} asks the same already"
    assert not orders.end(mine.id, "playbook RUN-1", "undo")
    assert house.desk.in_force() == (theirs,)


def test_a_preview_has_its_effect_in_words_and_changes_nothing(house: House) -> None:
    found = DeskOrders(house.desk).preview(order())
    assert found.refusal == ""
    assert found.words
    assert house.events == []


def test_a_disk_that_cannot_be_read_may_be_tried_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> tuple[Order, ...]:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(house.desk, "in_force", broken)
    orders = DeskOrders(house.desk)
    for act in (lambda: orders.end("ORD-1", "ann", ""), lambda: orders.in_force("anthropic", ())):
        with pytest.raises(EffectError, match="Input/output error") as failed:
            act()
        assert not failed.value.is_final
