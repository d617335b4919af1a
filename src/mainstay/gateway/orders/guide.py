"""The guide: what orders make of one request. Asked only while an order is in force, or of a menu that one changed."""

from collections.abc import Callable

from mainstay.engine.routing.routed import RoutedMenu
from mainstay.engine.routing.safe_modes import turned_away, unasked
from mainstay.engine.routing.share import point_of
from mainstay.gateway.identity import SeededDice
from mainstay.gateway.orders.port import OrderBoard
from mainstay.model.catalogue import Menu
from mainstay.model.fault import Fault


class Guide:
    """One worker's."""

    def __init__(self, orders: OrderBoard, next_id: Callable[[], str], wall: Callable[[], float]) -> None:
        """`next_id` makes ids, `wall` gives seconds since 1970."""
        self._orders = orders
        self._next_id = next_id
        self._wall = wall

    def route(self, menu: Menu, tenant: str, session: str) -> Menu:
        """The menu as orders leave it; `session` is empty for work that belongs to none."""
        routing = self._orders.routing
        if routing is None:
            return menu
        point = point_of(tenant, session, "" if session else self._next_id()) if routing.has_shifts else 0.0
        return routing.route(menu, tenant, point, self._wall())

    def turned_away(self, menu: Menu) -> Fault | None:
        """Why this work may not come in at all."""
        if not isinstance(menu, RoutedMenu):
            return None
        return turned_away(menu, self._wall(), SeededDice(self._next_id()))

    def unasked(self, menu: Menu) -> Fault | None:
        """Why no provider may be asked for it."""
        if not isinstance(menu, RoutedMenu):
            return None
        return unasked(menu, self._wall(), SeededDice(self._next_id()))
