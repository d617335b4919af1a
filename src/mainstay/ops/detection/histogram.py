"""Histograms of durations and rates on a logarithmic scale: four buckets for each doubling."""

from array import array
from collections.abc import Iterable, Sequence
from math import log2
from typing import Final

BUCKETS: Final = 72
_LOWEST: Final = 0.01
_PER_DOUBLING: Final = 4


def bucket_of(value: float) -> int:
    """The bucket of a value; what is beyond either end counts in the last one there."""
    if value <= _LOWEST:
        return 0
    return min(BUCKETS - 1, int(log2(value / _LOWEST) * _PER_DOUBLING))


def empty() -> "array[int]":
    """A histogram of nothing."""
    return array("L", [0]) * BUCKETS


def merged(histograms: Iterable["array[int]"]) -> list[int]:
    """All of them together."""
    found = [0] * BUCKETS
    for histogram in histograms:
        for bucket, count in enumerate(histogram):
            if count:
                found[bucket] += count
    return found


def quantile(histogram: Sequence[int], share: float) -> float:
    """The value below which this share lies, interpolated within its bucket; 0 of nothing."""
    total = sum(histogram)
    wanted = share * total
    passed = 0
    for bucket, count in enumerate(histogram):
        if count and passed + count >= wanted:
            inside = (wanted - passed) / count
            return float(_LOWEST * 2 ** ((bucket + inside) / _PER_DOUBLING))
        passed += count
    return 0.0


def exact_quantile(values: Sequence[float], share: float) -> float:
    """The value of a sorted, not empty sequence below which this share lies."""
    return values[min(len(values) - 1, int(share * len(values)))]
