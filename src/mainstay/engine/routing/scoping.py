"""Which exchanges an order is about, and which of several orders has the last word."""

from mainstay.model.orders import Order, Scope


def covers(scope: Scope, model: str, workload: str, tenant: str) -> bool:
    """Whether it is about such an exchange."""
    return (
        (not scope.models or model in scope.models)
        and (not scope.workloads or workload in scope.workloads)
        and (not scope.tenants or tenant in scope.tenants)
    )


def precedence(order: Order) -> tuple[int, float, str]:
    """Orders are applied from the smallest to the largest of these: what is narrower goes before what is wide, what was
    given later before what was given sooner."""
    scope = order.scope
    narrowness = 4 * bool(scope.tenants) + 2 * bool(scope.workloads) + bool(scope.models)
    return narrowness, order.given_at, order.id
