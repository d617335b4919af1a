"""The recent past of one candidate: its last samples, and how many of them bear which marks."""

from collections import deque

import msgspec

WINDOW_SECONDS = 60.0
SAMPLES_MIN = 20
"""Samples that anything is concluded from. So many are kept even where they are older than the window."""
STALE_SECONDS = 900.0
"""Older than this, no sample is recent."""
SAMPLES_MAX = 512
THINNED_SECONDS = WINDOW_SECONDS / SAMPLES_MAX
"""A window that is full takes a sample this often, so that it goes on to cover its time."""


class Sample(msgspec.Struct, gc=False):
    """One answer. `place` is its baseline; `wait` (seconds) and `speed` (tokens per second) are 0 where unknown. Not
    frozen, only because frozen structs cost more to build and each attempt makes one."""

    at: float
    place: int
    wait: float
    speed: float
    marks: int


class Window:
    """Mutable, bounded."""

    __slots__ = ("_last_at", "counts", "samples")

    def __init__(self) -> None:
        """Nothing seen."""
        self.samples: deque[Sample] = deque()
        self.counts: dict[int, int] = {}
        """Samples by all their marks together."""
        self._last_at = 0.0

    def takes(self, now: float) -> bool:
        """Whether there is need of one more sample."""
        samples = self.samples
        return len(samples) < SAMPLES_MAX or now >= self._last_at + THINNED_SECONDS

    def add(self, sample: Sample) -> None:
        """Take the next sample."""
        self.samples.append(sample)
        self._last_at = sample.at
        marks = sample.marks
        self.counts[marks] = self.counts.get(marks, 0) + 1

    def leavers(self, now: float) -> list[Sample]:
        """Take out the samples that are recent no more."""
        samples, gone = self.samples, []
        while samples:
            oldest = samples[0]
            age, size = now - oldest.at, len(samples)
            if (age < WINDOW_SECONDS and size <= SAMPLES_MAX) or (size <= SAMPLES_MIN and age < STALE_SECONDS):
                break
            gone.append(samples.popleft())
            rest = self.counts[oldest.marks] - 1
            if rest:
                self.counts[oldest.marks] = rest
            else:
                del self.counts[oldest.marks]
        return gone

    def clear(self) -> None:
        """Forget everything."""
        self.samples.clear()
        self.counts.clear()

    def count(self, mark: int) -> int:
        """Samples that bear this mark."""
        return sum(count for marks, count in self.counts.items() if marks & mark)
