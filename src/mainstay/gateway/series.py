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
        if labels in values:
            values[labels] += amount
            return
        if len(values) >= SERIES_MAX:
            labels = (OTHER,) * len(labels)
        values[labels] = values.get(labels, 0) + amount

    def series(self) -> Iterator[tuple[Labels, float]]:
        """Give each combination of labels with its count."""
        yield from self._values.items()


class Cells:
    """A histogram: how many durations each cell holds, and the sum of all."""

    __slots__ = ("counts", "seconds")

    def __init__(self, count: int) -> None:
        """So many empty cells."""
        self.counts = [0] * count
        self.seconds = 0.0


class Spread:
    """A histogram of seconds by one label."""

    __slots__ = ("_bounds", "_cells")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        """`bounds` are the upper limits of the cells, in seconds, rising; one more cell takes what is above them."""
        self._bounds = bounds
        self._cells: dict[str, Cells] = {}

    def add(self, label: str, seconds: float) -> None:
        """Sort one duration into its cell."""
        cells = self._of(label)
        cells.counts[bisect_left(self._bounds, seconds)] += 1
        cells.seconds += seconds

    def add_all(self, label: str, more: Cells) -> None:
        """Add durations that were sorted already, into as many cells. None of them changes nothing."""
        if any(more.counts):
            cells = self._of(label)
            cells.counts = [mine + theirs for mine, theirs in zip(cells.counts, more.counts, strict=True)]
            cells.seconds += more.seconds

    def _of(self, label: str) -> Cells:
        cells = self._cells.get(label)
        if cells is None:
            if len(self._cells) >= SERIES_MAX:
                label = OTHER
            cells = self._cells.setdefault(label, Cells(len(self._bounds) + 1))
        return cells

    def series(self) -> Iterator[tuple[str, list[tuple[str, float]], float]]:
        """Give each label with its cumulative buckets (upper limit as text, count) and the sum of its seconds."""
        names = [*(str(bound) for bound in self._bounds), "+Inf"]
        for label, cells in self._cells.items():
            total = 0
            buckets: list[tuple[str, float]] = []
            for name, count in zip(names, cells.counts, strict=True):
                total += count
                buckets.append((name, total))
            yield label, buckets, cells.seconds
