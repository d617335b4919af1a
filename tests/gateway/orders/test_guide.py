"""What orders make of one request."""

from itertools import count

from mainstay.engine.routing.routed import RoutedMenu
from mainstay.engine.routing.routing import Routing
from mainstay.gateway.orders.guide import Guide
from mainstay.gateway.orders.port import NoOrders
from mainstay.model.orders import Order, OrderKind
from tests.engine.routing.given import WALL, candidate, menu, names, order

PLAIN = menu(candidate("alpha"), candidate("beta"))


def guide(*orders: Order) -> Guide:
    board, numbers = NoOrders(), count()
    board.routing = Routing(orders) if orders else None
    return Guide(board, lambda: f"ex_{next(numbers)}", lambda: WALL)


def test_without_orders_the_menu_stays_as_it_is() -> None:
    assert guide().route(PLAIN, "acme", "chat") is PLAIN


def test_a_session_keeps_its_side_and_requests_without_one_are_spread() -> None:
    half = guide(order(OrderKind.SHIFT, "beta", percent=50.0))
    assert len({tuple(names(half.route(PLAIN, "acme", "chat-1"))) for _ in range(20)}) == 1
    alone = [names(half.route(PLAIN, "acme", ""))[0] for _ in range(1_000)]
    assert 400 < alone.count("beta") < 600


def test_safe_modes_turn_away() -> None:
    found = guide(order(OrderKind.CRITICAL_ONLY), order(OrderKind.READ_ONLY))
    routed = found.route(PLAIN, "acme", "")
    assert isinstance(routed, RoutedMenu)
    shed, unasked = found.turned_away(routed), found.unasked(routed)
    assert shed is not None
    assert unasked is not None
    assert "only critical work" in shed.message
    assert "no provider is asked" in unasked.message


def test_nobody_is_turned_away_from_a_menu_that_no_order_has_changed() -> None:
    assert guide().turned_away(PLAIN) is None
    assert guide().unasked(PLAIN) is None
