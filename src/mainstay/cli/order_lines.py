"""Orders as lines for a person."""

from collections.abc import Iterable, Iterator

from mainstay.cli.audit_lines import shown
from mainstay.cli.duration import duration
from mainstay.model.orders import Order, Scope


def order_lines(orders: Iterable[Order], wall: float) -> Iterator[str]:
    """Two lines for each: what it asks and how long, and why."""
    for order in orders:
        yield shown(f"{order.id}  {order.target}{scope_words(order.scope)}  {standing_words(order, wall)}")
        why = f"          by {order.author}: {order.reason}"
        if order.incident or order.run:
            why += f" ({' '.join(filter(None, (order.incident, order.run)))})"
        yield shown(why)


def scope_words(scope: Scope) -> str:
    """What it is about, where that is not everything."""
    parts = (("model", scope.models), ("workload", scope.workloads), ("tenant", scope.tenants))
    found = [f"{name} {', '.join(names)}" for name, names in parts if names]
    return f" for {'; '.join(found)}" if found else ""


def standing_words(order: Order, wall: float) -> str:
    """Until when it counts, or since when it does not."""
    if order.ended_at is not None:
        return f"ended {duration(wall - order.ended_at)} ago by {order.ended_by}"
    if wall >= order.expires_at:
        return f"expired {duration(wall - order.expires_at)} ago"
    ramp = f", grows over {duration(order.ramp_seconds)}" if order.ramp_seconds else ""
    return f"in force for {duration(order.expires_at - wall)} more{ramp}"
