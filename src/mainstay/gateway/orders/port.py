"""What the gateway's other parts ask of whoever holds the orders."""

from collections.abc import Callable, Sequence
from typing import Protocol

from mainstay.engine.routing.routing import Routing
from mainstay.model.orders import Order


class OrderBoard(Protocol):
    """Holds the orders. Never blocks."""

    routing: Routing | None
    """What they make of menus; `None` while none is in force."""
    on_change: Callable[[], None]
    """Is called when `routing` has changed."""

    def in_force(self) -> tuple[Order, ...]:
        """Those that count now."""

    def offer(self, order: Order) -> str:
        """Take an order that proved itself; empty, or why it is not taken."""


class OrderExchange(Protocol):
    """Tells others of orders, and hears of theirs."""

    def take_news(self) -> Sequence[Order]:
        """What was learned here since the last time."""

    def everything(self) -> Sequence[Order]:
        """A whole account: all that others may have to know, those among them that were ended."""

    def hear(self, order: Order) -> bool:
        """Learn of another process' account; whether it was new."""


class NoOrders:
    """A gateway without orders."""

    def __init__(self) -> None:
        """There are none."""
        self.routing: Routing | None = None
        self.on_change: Callable[[], None] = _nothing

    def in_force(self) -> tuple[Order, ...]:
        """None."""
        return ()

    def offer(self, order: Order) -> str:  # noqa: ARG002 (none is taken)
        """None is taken."""
        return "this gateway follows no orders"

    def take_news(self) -> Sequence[Order]:
        """Nothing."""
        return ()

    def everything(self) -> Sequence[Order]:
        """Nothing."""
        return ()

    def hear(self, order: Order) -> bool:  # noqa: ARG002 (nobody listens)
        """Nobody listens."""
        return False


def _nothing() -> None:
    pass
