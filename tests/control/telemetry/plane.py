"""A control plane's readings without the plane: what its desks would answer."""

from typing import cast

from mainstay.control.console import Control
from mainstay.ledger.errors import StoreError
from mainstay.model.orders import Order, OrderKind
from tests.control.telemetry.values import READINGS


class FakeDesks:
    """All desks in one. A store that is down answers nothing."""

    def __init__(self) -> None:
        self.is_down = False
        self.asked = 0
        self.orders = self.playbooks = self.incidents = self.feeds = self.notices = self

    def in_force(self) -> tuple[Order, ...]:
        if self.is_down:
            raise OSError("the disk does not answer")
        kinds = (OrderKind.DRAIN, OrderKind.DRAIN, OrderKind.PIN)
        return tuple(Order(f"O-{n}", kind, "ada", "why", 0.0, 1.0) for n, kind in enumerate(kinds))

    def waiting(self) -> tuple[str, ...]:
        self._refuse()
        return ("RUN-1",)

    def current(self) -> object:
        self._refuse()
        return READINGS.incidents

    def standings(self) -> object:
        return READINGS.feeds

    def status(self) -> object:
        return READINGS.notices

    def standing(self) -> object:
        self.asked += 1
        return READINGS.standing

    def bookkeeping(self) -> object:
        return READINGS.bookkeeping

    def probes(self) -> object:
        return READINGS.probes

    def _refuse(self) -> None:
        if self.is_down:
            raise StoreError("the store does not answer")


class FakeControl:
    """What pages ask of the plane, as far as metrics do."""

    version = "1.2.3"

    def __init__(self, desks: FakeDesks | None) -> None:
        self.desks = desks

    def shipping_status(self) -> object:
        return READINGS.shipping

    def lease_status(self) -> object:
        return READINGS.lease

    def journal_status(self) -> object:
        return READINGS.journal


def control(desks: FakeDesks | None) -> Control:
    return cast("Control", FakeControl(desks))
