"""Orders that would be refused whatever happens."""

from mainstay.control.playbooks.order_checks import forbidden_orders
from mainstay.control.playbooks.ports import EffectError, OrderPreview
from mainstay.model.orders import Order, OrderKind
from mainstay.model.playbook import GiveOrder
from tests.control.playbooks.world import OrderWorld, World
from tests.ops.playbooks.drill import book_of, note, step_of

ABROAD = GiveOrder(OrderKind.PIN, "abroad")


def test_an_order_that_policy_forbids_is_found_where_it_stands() -> None:
    book = book_of(step_of("a", GiveOrder(OrderKind.PIN, "near")), step_of("b", ABROAD), note("c", undo=ABROAD))
    found = list(forbidden_orders({"help": book}, OrderWorld(World()), 5.0))
    assert [one.path for one in found] == ["playbooks.help.steps[1].order", "playbooks.help.steps[2].undo.order"]
    assert found[0].message == "would be refused: residency forbids it"


def test_what_is_known_only_later_is_not_asked() -> None:
    book = book_of(step_of("a", GiveOrder(OrderKind.PIN, "abroad", model="{run.model}")))
    assert list(forbidden_orders({"help": book}, OrderWorld(World()), 5.0)) == []


def test_where_nobody_can_tell_nothing_is_said() -> None:
    class Broken(OrderWorld):
        def preview(self, order: Order) -> OrderPreview:
            raise EffectError("the disk is gone")

    assert list(forbidden_orders({"help": book_of(step_of("a", ABROAD))}, Broken(World()), 5.0)) == []
