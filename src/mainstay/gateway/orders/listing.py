"""The list of orders that `GET /v1/mainstay/orders` gives. What is about other tenants is not in it."""

from collections.abc import Iterable

import msgspec

from mainstay.gateway.status import JSON_HEADERS
from mainstay.model.http import Reply
from mainstay.model.identity import LOCAL, Identity
from mainstay.model.orders import Order


class OrderList(msgspec.Struct, frozen=True):
    """Those in force."""

    orders: tuple[Order, ...]


def list_reply(orders: Iterable[Order], identity: Identity) -> Reply:
    """The orders in force that are about this caller, or about everybody."""
    seen = [_as_seen(order, identity.tenant) for order in orders if is_seen_by(order, identity.tenant)]
    return Reply(200, JSON_HEADERS, msgspec.json.encode(OrderList(tuple(seen))))


def is_seen_by(order: Order, tenant: str) -> bool:
    """Whether a tenant may know of it. An open gateway has one tenant only, to whom everything belongs."""
    return tenant == LOCAL.tenant or not order.scope.tenants or tenant in order.scope.tenants


def _as_seen(order: Order, tenant: str) -> Order:
    if tenant == LOCAL.tenant or not order.scope.tenants:
        return order
    return msgspec.structs.replace(order, scope=msgspec.structs.replace(order.scope, tenants=(tenant,)))
