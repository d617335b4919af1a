"""The watch over gray failures."""

from collections.abc import Sequence

from mainstay.engine.capacity.change import CapacityChange
from mainstay.engine.key import Key
from mainstay.engine.observation import Observation

NOTHING: tuple[CapacityChange, ...] = ()


class Watch:
    """Mutable; one per process."""

    def is_suspect(self, key: Key, cohort: int, now: float) -> bool:  # noqa: ARG002
        """Whether this candidate should be avoided where another one can serve."""
        return False

    def saw(self, key: Key, seen: Observation) -> Sequence[CapacityChange]:  # noqa: ARG002
        """An attempt has ended; what that changed and is worth a record."""
        return NOTHING
