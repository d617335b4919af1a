"""Where orders are kept: `gateway.orders.folder.OrderFolder` of the state folder."""

from contextlib import AbstractContextManager
from typing import Protocol

from mainstay.model.orders import Order


class OrderShelf(Protocol):
    """All methods may raise `OSError`."""

    def lock(self) -> AbstractContextManager[None]:
        """Keep all others from writing meanwhile."""

    def all(self) -> tuple[dict[str, Order], list[str]]:
        """Every order that can be read, by its id, and what is wrong with others."""

    def keep(self, order: Order) -> Order:
        """Write an order where it is the newer account; which one is kept. Hold the lock."""
