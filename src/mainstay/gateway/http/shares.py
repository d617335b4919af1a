"""How many connections each worker has, in memory that all of them see, so that none takes far more than its share.

Who asks the system for a connection first gets it, and that is often the same one again. A worker that has clearly more
than another stands back for a moment when one comes. It never refuses: a sibling that is slow to take it loses it.
"""

import mmap
import os
from typing import Final

LIVING_SECONDS: Final = 2.5
"""A worker that has written nothing for so long is paused or gone, and nobody waits for it."""
SLACK_CONNECTIONS: Final = 2
SLACK_SHARE: Final = 8
"""One eighth more than a sibling is no reason to stand back."""
_BYTES: Final = 8


def make_shares(workers: int) -> int | None:
    """Memory for so many workers, as a descriptor to be passed on to them; `None` where the system has none to give:
    then nobody stands back."""
    try:
        descriptor = os.memfd_create("mainstay-shares")
        os.ftruncate(descriptor, workers * 2 * _BYTES)
    except (AttributeError, OSError):
        return None
    return descriptor


class Shares:
    """One worker's view. Each writes only its own two numbers: connections, and when it wrote them."""

    def __init__(self, descriptor: int, number: int) -> None:
        """The descriptor is not needed afterwards. Raises `OSError` and `ValueError` for one that is no such memory."""
        self._memory = memoryview(mmap.mmap(descriptor, 0)).cast("d")
        self._number = number
        if not 0 <= number < len(self._memory) // 2:
            raise ValueError(f"no room for worker {number}")

    def write(self, connections: int, now: float) -> None:
        """So many are open here. `now` is an instant of the machine's monotonic clock, in seconds."""
        at = 2 * self._number
        self._memory[at] = float(connections)
        self._memory[at + 1] = now

    def has_enough(self, now: float) -> bool:
        """Whether a living sibling has clearly fewer than we have."""
        memory, own = self._memory, 2 * self._number
        mine = memory[own]
        others = [memory[at] for at in range(0, len(memory), 2) if at != own and now - memory[at + 1] < LIVING_SECONDS]
        return bool(others) and mine > min(others) + SLACK_CONNECTIONS + min(others) / SLACK_SHARE
