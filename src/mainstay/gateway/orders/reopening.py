"""After `read-only`: what could not be gone on with meanwhile is taken up."""

from collections.abc import Callable

from mainstay.gateway.orders.port import OrderBoard
from mainstay.model.orders import OrderKind


class Reopening:
    """One worker's."""

    def __init__(self, orders: OrderBoard, pick_up: Callable[[], None]) -> None:
        """`pick_up` takes up the durable exchanges that nobody runs."""
        self._orders = orders
        self._pick_up = pick_up
        self._was_closed = self._is_closed()

    def changed(self) -> None:
        """Orders have come, changed or gone."""
        is_closed = self._is_closed()
        if self._was_closed and not is_closed:
            self._pick_up()
        self._was_closed = is_closed

    def _is_closed(self) -> bool:
        """Whether some work may ask no provider."""
        return any(order.kind is OrderKind.READ_ONLY for order in self._orders.in_force())
