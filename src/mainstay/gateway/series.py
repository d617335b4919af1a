"""Numbers behind the metrics: plain dictionaries and lists with a bound, cheap enough for every record."""

from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

Labels = tuple[str, ...]
"""Values of a metric's labels, in the order of their names."""

OTHER: Final = "other"
"""Label value for what is not configured, or came after a metric was full."""

SERIES_MAX: Final = 1_000
"""Most label combinations of one metric (law 12: cardinality is bounded)."""


class Counts:
    """Counters by labels. Beyond `SERIES_MAX` combinations, new ones are counted together as `other`."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        """Begin with no series."""
        self._values: dict[Labels, float] = {}

    def add(self, labels: Labels, amount: float = 1) -> None:
        """Count `amount` more."""
        values = self._values
        if labels not in values and len(values) >= SERIES_MAX:
            labels = (OTHER,) * len(labels)
        values[labels] = values.get(labels, 0) + amount

    def series(self) -> Iterator[tuple[Labels, float]]:
        """Give each combination of labels with its count."""
        yield from self._values.items()


class Spread:
    """A histogram of seconds by one label."""

    __slots__ = ("_bounds", "_cells", "_sums")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        """`bounds` are the upper limits of the cells, in seconds, rising; one more cell takes what is above them."""
        self._bounds = bounds
        self._cells: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}

    def add(self, label: str, seconds: float) -> None:
        """Sort one duration into its cell."""
        cells = self._cells.get(label)
        if cells is None:
            if len(self._cells) >= SERIES_MAX:
                label = OTHER
            cells = self._cells.setdefault(label, [0] * (len(self._bounds) + 1))
            self._sums.setdefault(label, 0.0)
        cells[bisect_left(self._bounds, seconds)] += 1
        self._sums[label] += seconds

    def series(self) -> Iterator[tuple[str, list[tuple[str, float]], float]]:
        """Give each label with its cumulative buckets (upper limit as text, count) and the sum of its seconds."""
        names = [*(str(bound) for bound in self._bounds), "+Inf"]
        for label, cells in self._cells.items():
            total = 0
            buckets: list[tuple[str, float]] = []
            for name, count in zip(names, cells, strict=True):
                total += count
                buckets.append((name, total))
            yield label, buckets, self._sums[label]
