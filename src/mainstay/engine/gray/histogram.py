"""A histogram on a logarithmic scale: quantiles of what was seen over hours, in bounded space."""

from math import log2

BINS_PER_DOUBLING = 8
"""A bin is 9 percent wide."""
LOWEST, HIGHEST = 1e-4, 1e7
"""Values beyond count as these: a tenth of a millisecond, ten million tokens per second. 293 bins in all."""
SCALE = 1.0 / LOWEST
NEGLIGIBLE = 1e-3
"""A bin that has faded to this part of one value is dropped."""


class Histogram:
    """Mutable. Values are positive numbers of whatever unit."""

    __slots__ = ("_bins", "total")

    def __init__(self) -> None:
        """Nothing seen yet."""
        self._bins: dict[int, float] = {}
        self.total = 0.0
        """How many values it holds; a fraction of each once they fade."""

    def add(self, value: float) -> None:
        """Count a value."""
        if not LOWEST < value < HIGHEST:
            value = LOWEST if value <= LOWEST else HIGHEST
        place = int(log2(value * SCALE) * BINS_PER_DOUBLING)
        self._bins[place] = self._bins.get(place, 0.0) + 1.0
        self.total += 1.0

    def quantile(self, share: float) -> float:
        """The value that this share (0 to 1) of all stays below, as exact as a bin is wide; 0 where there is none."""
        rank, passed = share * self.total, 0.0
        for place in sorted(self._bins):
            count = self._bins[place]
            if passed + count >= rank:
                return float(LOWEST * 2.0 ** ((place + (rank - passed) / count) / BINS_PER_DOUBLING))
            passed += count
        return 0.0

    def fade(self, factor: float) -> None:
        """Let all that was seen so far count for less, by a factor between 0 and 1."""
        faded = {place: count * factor for place, count in self._bins.items()}
        self._bins = {place: count for place, count in faded.items() if count > NEGLIGIBLE}
        self.total = sum(self._bins.values())
