"""Routing: the orders in force, ready to be applied. Made anew whenever an order comes, changes or goes; what it has
worked out for one exchange serves for all like it."""

from collections.abc import Iterable
from typing import Final

from mainstay.engine.routing.applying import applied
from mainstay.engine.routing.scoping import covers, precedence
from mainstay.engine.routing.share import share_of
from mainstay.model.catalogue import Menu
from mainstay.model.orders import Order, OrderKind

REMEMBERED_MAX: Final = 4_096
"""Menus that are kept worked out. Callers may ask for any name where a model is passed through."""

NOBODY: Final[frozenset[str]] = frozenset()


class Routing:
    """Owned by one process. The menus that it gives obey policy: an order only takes away and puts in order."""

    __slots__ = ("_known", "_shifts", "_tenants", "has_shifts", "orders")

    def __init__(self, orders: Iterable[Order]) -> None:
        """`orders` are those in force."""
        self.orders = tuple(sorted(orders, key=precedence))
        self._shifts = tuple(one for one in self.orders if one.kind is OrderKind.SHIFT)
        self.has_shifts = bool(self._shifts)
        """Whether it matters where a session stands."""
        self._tenants = frozenset(tenant for one in self.orders for tenant in one.scope.tenants)
        self._known: dict[tuple[str, str, str, frozenset[str]], tuple[Menu, Menu]] = {}

    def route(self, menu: Menu, tenant: str, point: float, wall: float) -> Menu:
        """The menu as orders leave it for one exchange, whose session stands at `point` (see `share.point_of`), at
        `wall` (seconds since 1970). A `RoutedMenu` where any order changes anything."""
        moving = self._moving(point, wall) if self.has_shifts else NOBODY
        named = tenant if tenant in self._tenants else ""
        key = (menu.model, menu.workload.name, named, moving)
        known = self._known.get(key)
        if known is not None and known[0] is menu:
            return known[1]
        about = [one for one in self.orders if covers(one.scope, menu.model, menu.workload.name, named)]
        routed = applied(menu, about, moving) if about else menu
        if len(self._known) >= REMEMBERED_MAX:
            self._known.clear()
        self._known[key] = (menu, routed)
        return routed

    def _moving(self, point: float, wall: float) -> frozenset[str]:
        return frozenset(one.id for one in self._shifts if point < share_of(one, wall))


def routing_of(orders: Iterable[Order], wall: float) -> Routing | None:
    """The routing of those orders that are in force; `None` without any, for then nothing is to be looked up."""
    in_force = [one for one in orders if one.is_open(wall)]
    return Routing(in_force) if in_force else None
