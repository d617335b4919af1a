"""The numbers of the last hour, added up of tallies."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

import msgspec

from mainstay.ops.tallies.histogram import quantile
from mainstay.ops.tallies.tally import ExchangeTally

HOUR_SECONDS: Final = 3_600.0


class HourNumbers(msgspec.Struct, frozen=True):
    """What callers asked for and got. Refused ones are the callers' own mistakes: they are left out of
    `answered_percent`, as those are who left. Durations are `None` where nothing was answered."""

    exchanges: int
    answered: int
    failed: int
    refused: int
    left: int
    rescued: int
    cached: int
    answered_percent: float | None
    first_content_p50_seconds: float | None
    first_content_p95_seconds: float | None
    cost_nanodollars: int
    output_tokens: int


def hour_numbers(tallies: Iterable[ExchangeTally]) -> HourNumbers:
    """All tallies together."""
    sums: Counter[str] = Counter()
    histogram: Counter[int] = Counter()
    for one in tallies:
        for name in ("exchanges", "answered", "failed", "refused", "left", "rescued", "cached"):
            sums[name] += getattr(one, name)
        sums["cost_nanodollars"] += one.cost_nanodollars
        sums["output_tokens"] += one.output_tokens
        histogram.update(one.first_content)
    judged = sums["answered"] + sums["failed"]
    return HourNumbers(
        exchanges=sums["exchanges"],
        answered=sums["answered"],
        failed=sums["failed"],
        refused=sums["refused"],
        left=sums["left"],
        rescued=sums["rescued"],
        cached=sums["cached"],
        answered_percent=100 * sums["answered"] / judged if judged else None,
        first_content_p50_seconds=quantile(histogram, 0.5),
        first_content_p95_seconds=quantile(histogram, 0.95),
        cost_nanodollars=sums["cost_nanodollars"],
        output_tokens=sums["output_tokens"],
    )
