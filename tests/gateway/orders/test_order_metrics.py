from mainstay.gateway.orders.keeper import InForce, OrdersStatus
from mainstay.gateway.orders.order_metrics import order_families
from mainstay.model.orders import OrderKind


def test_orders_in_force_are_counted_by_kind_and_every_kind_is_there() -> None:
    shown = tuple(InForce(f"ORD-{number}", kind, "", 1.0) for number, kind in enumerate(("drain", "drain", "pin")))
    (family,) = order_families(OrdersStatus(shown, None))
    values = {sample.labels["kind"]: sample.value for sample in family.samples}
    assert {kind: number for kind, number in values.items() if number} == {"drain": 2, "pin": 1}
    assert set(values) == {kind.value for kind in OrderKind}
