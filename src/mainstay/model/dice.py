"""Dice: chance as an argument, so that the same seed gives the same decisions."""

from collections.abc import Callable

Dice = Callable[[], float]
"""Gives the next number in [0, 1). One dice per exchange, seeded from its id."""
