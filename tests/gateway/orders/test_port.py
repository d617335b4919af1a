from mainstay.gateway.orders.port import NoOrders
from mainstay.model.orders import OrderKind
from tests.engine.routing.given import order

PIN = order(OrderKind.PIN, "beta")


def test_a_gateway_without_orders_has_none_takes_none_and_tells_of_none() -> None:
    nobody = NoOrders()
    assert nobody.routing is None
    assert nobody.in_force() == ()
    assert nobody.offer(PIN) == "this gateway follows no orders"
    assert not nobody.hear(PIN)
    assert (list(nobody.take_news()), list(nobody.everything())) == ([], [])
    nobody.on_change()
