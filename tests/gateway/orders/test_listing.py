"""Who learns of which orders."""

import msgspec

from mainstay.gateway.orders.listing import OrderList, list_reply
from mainstay.model.identity import LOCAL, Identity
from mainstay.model.orders import Order, OrderKind, Scope
from tests.engine.routing.given import order

ALL = order(OrderKind.DRAIN, "alpha")
TWO = order(OrderKind.PIN, "beta", Scope(tenants=("acme", "globex")))


def seen(identity: Identity, *orders: Order) -> tuple[Order, ...]:
    return msgspec.json.decode(list_reply(orders, identity).body, type=OrderList).orders


def test_an_open_gateway_shows_all() -> None:
    assert seen(LOCAL, ALL, TWO) == (ALL, TWO)


def test_a_tenant_sees_what_is_about_it_and_no_other_tenants_name() -> None:
    found = seen(Identity("acme"), ALL, TWO)
    assert found[0] == ALL
    assert found[1].scope.tenants == ("acme",)
    assert b"globex" not in list_reply([TWO], Identity("acme")).body


def test_what_is_about_others_is_not_there() -> None:
    assert seen(Identity("initech"), ALL, TWO) == (ALL,)
