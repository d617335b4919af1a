"""What histograms of durations tell; their buckets are those of `tally.bucket_of`."""

from collections.abc import Mapping

from mainstay.ops.tallies.tally import seconds_of


def count_of(histogram: Mapping[int, int]) -> int:
    """How many durations it has."""
    return sum(histogram.values())


def quantile(histogram: Mapping[int, int], share: float) -> float | None:
    """The duration in seconds that this share (0 to 1) does not exceed, interpolated within its bucket; at most 9 %
    off where durations lie between 10 ms and a day. `None` of an empty one."""
    total = count_of(histogram)
    if total <= 0:
        return None
    wanted = min(max(share, 0.0), 1.0) * total
    passed = 0
    bucket = 0
    for bucket, count in sorted(histogram.items()):
        if count > 0 and passed + count >= wanted:
            return _within(bucket, (wanted - passed) / count)
        passed += count
    return seconds_of(bucket)


def share_within(histogram: Mapping[int, int], seconds: float) -> float | None:
    """The share of durations that did not exceed these seconds, by whole buckets; `None` of an empty one."""
    total = count_of(histogram)
    if total <= 0:
        return None
    return sum(count for bucket, count in histogram.items() if seconds_of(bucket) <= seconds) / total


def _within(bucket: int, inside: float) -> float:
    upper = seconds_of(bucket)
    if bucket <= 0:
        return upper * inside
    lower = seconds_of(bucket - 1)
    return float(lower * (upper / lower) ** inside)
