"""A tally: what exchanges of one kind add up to. Each record costs one look-up of its tally and a few additions; the
metrics take the sums over when somebody looks."""

from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from mainstay.gateway.series import Cells
from mainstay.model.records import ExchangeRecord

SECONDS_BOUNDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0)
"""Upper limits of the cells of every histogram of ours."""


class Tally:
    """Mutable. All exchanges that asked for one model in one dialect and ended in one way."""

    __slots__ = (
        "_cache_write_tokens",
        "_cached_tokens",
        "_input_tokens",
        "_output_tokens",
        "_reasoning_tokens",
        "cost_nanodollars",
        "exchanges",
        "first_content_seconds",
        "total_seconds",
    )

    def __init__(self) -> None:
        """Begin with none."""
        self.exchanges = 0
        self.total_seconds = Cells(len(SECONDS_BOUNDS) + 1)
        self.first_content_seconds = Cells(len(SECONDS_BOUNDS) + 1)
        self.cost_nanodollars = 0
        self._input_tokens = self._output_tokens = self._cached_tokens = 0
        self._cache_write_tokens = self._reasoning_tokens = 0

    def take(self, record: ExchangeRecord) -> None:
        """Count one."""
        self.exchanges += 1
        seconds, cells = record.total_seconds, self.total_seconds
        cells.counts[bisect_left(SECONDS_BOUNDS, seconds)] += 1
        cells.seconds += seconds
        first = record.first_content_seconds
        if first is not None:
            cells = self.first_content_seconds
            cells.counts[bisect_left(SECONDS_BOUNDS, first)] += 1
            cells.seconds += first
        # Asked one by one, for most of them are 0 nearly always.
        if record.input_tokens:
            self._input_tokens += record.input_tokens
        if record.output_tokens:
            self._output_tokens += record.output_tokens
        if record.cached_tokens:
            self._cached_tokens += record.cached_tokens
        if record.cache_write_tokens:
            self._cache_write_tokens += record.cache_write_tokens
        if record.reasoning_tokens:
            self._reasoning_tokens += record.reasoning_tokens
        if record.cost_nanodollars:
            self.cost_nanodollars += record.cost_nanodollars

    def tokens(self) -> Iterator[tuple[str, int]]:
        """The kinds of tokens that were used, and how many of each."""
        for direction, tokens in (
            ("input", self._input_tokens),
            ("output", self._output_tokens),
            ("cached", self._cached_tokens),
            ("cache-write", self._cache_write_tokens),
            ("reasoning", self._reasoning_tokens),
        ):
            if tokens:
                yield direction, tokens
