"""A lease that lies on a desk, claims on it, and control planes that want it: doubles for tests of the lease."""

from collections.abc import Callable

from mainstay.control.lease import Ears, Lease, Timing
from mainstay.ledger.errors import StoreError
from mainstay.ledger.store.lease_row import Sight

TIMING = Timing(renew_seconds=2.0, look_seconds=1.0, valid_seconds=5.0, stale_seconds=6.0)


class Desk:
    """A lease that lies on a desk, and a clock: what a database does, without one."""

    def __init__(self) -> None:
        self.now = 0.0
        self.owner: Hand | None = None
        self.epoch = 0
        self.beat = 0
        self.name = ""
        self.down = False


class Hand:
    """One claim on the desk's lease."""

    def __init__(self, desk: Desk, name: str) -> None:
        self.desk = desk
        self.name = name
        self.deposed: list[float] = []
        self.before_look: Callable[[], None] = lambda: None
        if desk.down:
            raise StoreError("it does not answer")

    def claim(self) -> int | None:
        self._answer()
        if self.desk.owner is not None:
            return None
        self.desk.owner, self.desk.name = self, self.name
        self.desk.epoch += 1
        self.desk.beat += 1
        return self.desk.epoch

    def renew(self, epoch: int) -> bool:
        self._answer()
        if self.desk.owner is not self:
            return False
        self.desk.beat += 1
        return self.desk.epoch == epoch

    def look(self) -> Sight:
        self._answer()
        seen = Sight(self.desk.name, self.desk.epoch, self.desk.beat)
        self.before_look()
        return seen

    def depose(self) -> None:
        self.deposed.append(self.desk.now)
        self.desk.owner = None

    def close(self) -> None:
        if self.desk.owner is self:
            self.desk.owner = None

    def _answer(self) -> None:
        if self.desk.down:
            raise StoreError("it does not answer")


class Plane:
    """A control plane with its lease."""

    def __init__(self, desk: Desk, name: str) -> None:
        self.told: list[str] = []
        self.recorded: list[tuple[str, str, int, str]] = []
        self.hands: list[Hand] = []
        self._desk = desk
        self._name = name
        self.lease = Lease(self._open, name, Ears(self.told.append, self._record), lambda: desk.now, TIMING)

    def _record(self, event: str, holder: str, epoch: int, reason: str) -> None:
        self.recorded.append((event, holder, epoch, reason))

    def _open(self) -> Hand:
        self.hands.append(Hand(self._desk, self._name))
        return self.hands[-1]
