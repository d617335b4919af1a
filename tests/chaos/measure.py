"""What a time of trouble cost, against the quiet time just before it."""

from collections.abc import Iterable, Sequence
from statistics import median

import msgspec

from tests.chaos.load import Kind, Sample

NOTICEABLE_SECONDS = 0.1
"""So much longer than the slowest of quiet times a request must take to be called slow."""


class Latency(msgspec.Struct, frozen=True):
    """Added seconds: the middle, the 99th of a hundred, the slowest."""

    p50: float
    p99: float
    slowest: float


class Usual(msgspec.Struct, frozen=True):
    """How long requests of each kind take in quiet times, and by how much they exceed it."""

    medians: dict[Kind, float]
    excess: Latency

    def excess_of(self, sample: Sample) -> float:
        """Seconds by which a request took longer than is usual for its kind."""
        return sample.seconds - self.medians.get(sample.kind, 0.0)

    def is_bad(self, sample: Sample) -> bool:
        """Whether a caller would notice."""
        return bool(sample.trouble) or self.excess_of(sample) > self.excess.slowest + NOTICEABLE_SECONDS

    def added(self, samples: Iterable[Sample]) -> Latency:
        """What was added by trouble: excess beyond the excess of quiet times."""
        found, usual = latency([self.excess_of(one) for one in samples if not one.trouble]), self.excess
        return Latency(found.p50 - usual.p50, found.p99 - usual.p99, found.slowest - usual.slowest)


def usual_of(samples: Sequence[Sample]) -> Usual:
    """What these requests of a quiet time teach."""
    kinds = {one.kind for one in samples}
    medians = {kind: median(one.seconds for one in samples if one.kind == kind) for kind in kinds}
    return Usual(medians, latency([one.seconds - medians[one.kind] for one in samples]))


def latency(seconds: Sequence[float]) -> Latency:
    """The three figures of these."""
    found = sorted(seconds) or [0.0]
    return Latency(median(found), found[min(len(found) - 1, int(0.99 * len(found)))], found[-1])
