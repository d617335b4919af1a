"""A keeper of orders in virtual time."""

from collections.abc import Callable
from pathlib import Path

from mainstay.gateway.orders.folder import OrderFolder
from mainstay.gateway.orders.keeper import LOOK_SECONDS, OrderKeeper
from mainstay.model.orders import Order
from tests.engine.routing.given import WALL
from tests.gateway.auth.scene import now_at_once
from tests.gateway.doubles import FakeClock


class Watch:
    """`late` holds back what it would write; `ahead` is how far its wall clock is ahead of others."""

    def __init__(self, state: Path, *, late: bool = False, ahead: float = 0.0) -> None:
        self.clock = FakeClock()
        self.folder = OrderFolder(state)
        self.reports: list[str] = []
        self.followed: list[Order] = []
        self.changes = 0
        self.jobs: list[Callable[[], None]] = []
        self._offset = WALL + ahead - self.clock.now
        run = self.jobs.append if late else now_at_once
        self.keeper = OrderKeeper(self.folder, self.reports.append, self.wall, self.followed.append, run)
        self.keeper.on_change = self._changed
        self.keeper.start(self.clock)

    def wall(self) -> float:
        return self.clock.now + self._offset

    def tick(self, seconds: float = LOOK_SECONDS) -> "Watch":
        self.clock.advance(seconds)
        return self

    @property
    def in_force(self) -> list[str]:
        return [order.id for order in self.keeper.in_force()]

    def _changed(self) -> None:
        self.changes += 1


def write(folder: OrderFolder, order: Order) -> None:
    """As a command does."""
    with folder.lock():
        folder.keep(order)
