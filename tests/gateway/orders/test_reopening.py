from mainstay.gateway.orders.port import NoOrders
from mainstay.gateway.orders.reopening import Reopening
from mainstay.model.orders import Order, OrderKind
from tests.engine.routing.given import order

CLOSED, DRAIN = order(OrderKind.READ_ONLY), order(OrderKind.DRAIN, "alpha")


class Board(NoOrders):
    def __init__(self) -> None:
        super().__init__()
        self.orders: tuple[Order, ...] = ()

    def in_force(self) -> tuple[Order, ...]:
        return self.orders


def test_what_was_left_is_taken_up_once_when_providers_may_be_asked_again() -> None:
    board, taken_up = Board(), list[int]()
    reopening = Reopening(board, lambda: taken_up.append(1))
    for orders, times in (((DRAIN,), 0), ((DRAIN, CLOSED), 0), ((CLOSED,), 0), ((DRAIN,), 1), ((), 1)):
        board.orders = orders
        reopening.changed()
        assert len(taken_up) == times


def test_a_gateway_that_starts_closed_knows_it() -> None:
    board, taken_up = Board(), list[int]()
    board.orders = (CLOSED,)
    reopening = Reopening(board, lambda: taken_up.append(1))
    board.orders = ()
    reopening.changed()
    assert taken_up == [1]
