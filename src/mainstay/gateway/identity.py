"""Ids and dice of exchanges."""

import os
import random
import time
from collections.abc import Callable

RANDOM_BYTES = 7
POOL_IDS = 512
"""Ids whose random part is fetched from the system at once: one call for each would cost more than all the rest."""


def id_maker(wall: Callable[[], float] = time.time) -> Callable[[], str]:
    """A maker of exchange ids: sortable by time (milliseconds since 1970), unguessable behind it."""
    pool: list[str] = []

    def next_id() -> str:
        if not pool:
            data = os.urandom(RANDOM_BYTES * POOL_IDS).hex()
            width = 2 * RANDOM_BYTES
            pool.extend(data[start : start + width] for start in range(0, len(data), width))
        return f"ex_{int(wall() * 1000):011x}{pool.pop()}"

    return next_id


class SeededDice:
    """The dice of one exchange, seeded from its id. Built on the first throw, since most exchanges throw none."""

    __slots__ = ("_random", "_seed")

    def __init__(self, seed: str) -> None:
        """The same seed gives the same throws."""
        self._seed = seed
        self._random: random.Random | None = None

    def __call__(self) -> float:
        """The next number in [0, 1)."""
        if self._random is None:
            self._random = random.Random(self._seed)  # noqa: S311 - jitter, no secret
        return self._random.random()
