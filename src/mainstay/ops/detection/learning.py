"""Learning what is usual from tallies of earlier spans."""

from typing import Final

from mainstay.model.components import Component
from mainstay.ops.detection.baseline import RATIO_MAX
from mainstay.ops.detection.series import Series
from mainstay.ops.detection.watches import Watches
from mainstay.ops.tallies.tally import OTHERS, AttemptTally, ExchangeTally, SpanTallies, seconds_of

_WITHIN_BUCKET: Final = 0.84
"""The middle of a bucket as a share of its upper end: buckets are half a doubling wide."""


def learn_span(watches: Watches, start: float, seconds: float, tallies: SpanTallies) -> None:
    """Learn from one span. Times in which more failed than is ever usual are counted, but no measure for what is."""
    middle = start + seconds / 2
    for key, tally in tallies.attempts.items():
        upstream, _, model = key.partition("/")
        child = watches.inference(upstream, model) if key != OTHERS and model else None
        whole = watches.inference(upstream, "") if child is not None else None
        if child is not None and whole is not None:
            _learn_attempts(child.series, middle, tally)
            _learn_counts(whole.series, middle, _attempts(tally), tally.blamed)
    for key, exchanges in tallies.exchanges.items():
        watch = watches.of(Component(model=key.partition(" ")[0])) if key != OTHERS else None
        if watch is not None:
            _learn_exchanges(watch.series, middle, exchanges)
            _learn_counts(watches.gateway.series, middle, exchanges.answered + exchanges.failed, 0)


def _attempts(tally: AttemptTally) -> int:
    """Those that say something of the provider."""
    return max(0, tally.attempts - tally.no_sample)


def _learn_attempts(series: Series, at: float, tally: AttemptTally) -> None:
    total = _attempts(tally)
    _learn_counts(series, at, total, tally.blamed)
    if not total or tally.blamed > RATIO_MAX * total:
        return
    for bucket, count in tally.first_content.items():
        series.usual_start.learn(at, seconds_of(bucket) * _WITHIN_BUCKET, count)
    if tally.generation_seconds > 0 and tally.output_tokens:
        series.usual_throughput.learn(at, tally.output_tokens / tally.generation_seconds, tally.served)


def _learn_exchanges(series: Series, at: float, tally: ExchangeTally) -> None:
    _learn_counts(series, at, tally.answered + tally.failed, tally.failed)


def _learn_counts(series: Series, at: float, attempts: int, failures: int) -> None:
    series.hours.add(at, attempts, failures)
    if failures <= RATIO_MAX * attempts:
        series.usual_errors.add(at, attempts, failures)
