"""The metric of orders: how many are in force, by kind."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric

from mainstay.gateway.orders.keeper import OrdersStatus
from mainstay.model.orders import OrderKind


def order_families(status: OrdersStatus) -> Iterator[Metric]:
    """Every metric with its number of this moment."""
    counted = Counter(one.kind for one in status.in_force)
    family = GaugeMetricFamily("mainstay_orders_in_force", "Orders that this gateway follows now.", labels=["kind"])
    for kind in OrderKind:
        family.add_metric((kind.value,), counted[kind.value])
    yield family
