"""A watch that only listens."""

from mainstay.engine.capacity.change import CapacityChange
from mainstay.engine.gray.watch import Watch
from mainstay.engine.key import Key
from mainstay.engine.observation import Observation


class WatchThatListens(Watch):
    """Keeps what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Observation] = []

    def saw(self, key: Key, seen: Observation) -> tuple[CapacityChange, ...]:
        self.seen.append(seen)
        return ()
