"""Rules about attempts that were served, but slowly: late to begin, or slow to go on."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from mainstay.model.evidence import Evidence
from mainstay.ops.detection.baseline import Usual
from mainstay.ops.detection.finding import Finding, Grade, seconds_words, span_words
from mainstay.ops.detection.histogram import exact_quantile
from mainstay.ops.detection.series import Pace, Series

WINDOW_SECONDS: Final = 300.0
SHORT_WINDOW_SECONDS: Final = 150.0
"""Enough for a suspicion."""
SUSPICION_FACTOR: Final = 2.0
CERTAINTY_FACTOR: Final = 4.0

_SAMPLES_MIN: Final = 12
_SAMPLES_CERTAIN: Final = 20
_SPAN_SECONDS: Final = 100.0
_SPAN_CERTAIN_SECONDS: Final = 240.0
_START_SECONDS_MIN: Final = 0.5
"""A first content that comes sooner than this is never called late."""


class _Measured(NamedTuple):
    """Values of the window, turned so that high is bad (rates are inverted), with what is usual likewise."""

    halves: tuple[float, float]
    tenth: float
    median: float
    usual: Usual
    span_seconds: float
    samples: int


def judge_pace(series: Series, wall: float) -> Finding | None:
    """The strongest thing that slowness proves now; `None` for nothing."""
    found = [
        rule(series, wall, seconds)
        for rule in (_judge_start, _judge_throughput)
        for seconds in (WINDOW_SECONDS, SHORT_WINDOW_SECONDS)
    ]
    return max((one for one in found if one is not None), key=lambda one: one.grade, default=None)


def _judge_start(series: Series, wall: float, seconds: float) -> Finding | None:
    usual = series.usual_start.usual(wall)
    measured = None if usual is None else _measure(_window(series, series.starts, wall, seconds), usual)
    if measured is None or measured.median < _START_SECONDS_MIN:
        return None
    words = (
        f"first content after {seconds_words(measured.median)} (median of {measured.samples} within "
        f"{span_words(measured.span_seconds)}); usual {seconds_words(measured.usual.median)}"
    )
    return _finding(series, wall, measured, "first-content", words, (measured.median, measured.usual.median))


def _judge_throughput(series: Series, wall: float, seconds: float) -> Finding | None:
    usual = series.usual_throughput.usual(wall)
    if usual is None or not usual.low:
        return None
    inverted = [
        Pace(pace.at, 1 / pace.value) for pace in _window(series, series.throughputs, wall, seconds) if pace.value
    ]
    measured = _measure(inverted, Usual(1 / usual.high, 1 / usual.median, 1 / usual.low))
    if measured is None:
        return None
    rate = 1 / measured.median
    words = (
        f"{rate:.0f} output tokens per second (median of {measured.samples} within "
        f"{span_words(measured.span_seconds)}); usual {usual.median:.0f}"
    )
    return _finding(series, wall, measured, "throughput", words, (rate, usual.median))


def _window(series: Series, paces: Sequence[Pace], wall: float, seconds: float) -> list[Pace]:
    start = max(wall - seconds, series.fresh_from)
    return [pace for pace in paces if start <= pace.at <= wall]


def _measure(paces: list[Pace], usual: Usual) -> _Measured | None:
    if len(paces) < _SAMPLES_MIN:
        return None
    span = paces[-1].at - paces[0].at
    if span < _SPAN_SECONDS:
        return None
    middle = len(paces) // 2
    halves = sorted(one.value for one in paces[:middle]), sorted(one.value for one in paces[middle:])
    values = sorted((*halves[0], *halves[1]))
    medians = exact_quantile(halves[0], 0.5), exact_quantile(halves[1], 0.5)
    return _Measured(medians, exact_quantile(values, 0.1), exact_quantile(values, 0.5), usual, span, len(values))


def _grade(measured: _Measured) -> Grade:
    """Half of the attempts must be slower than nine tenths usually are, and twice as slow as usual, before and after
    the middle of the window. It is conclusive when nearly all are slower than the usual median: a few requests that ask
    for more do not look like that."""
    usual = measured.usual
    if min(measured.halves) < max(SUSPICION_FACTOR * usual.median, usual.high):
        return Grade.FINE
    is_long = measured.span_seconds >= _SPAN_CERTAIN_SECONDS and measured.samples >= _SAMPLES_CERTAIN
    is_much = min(measured.halves) >= max(CERTAINTY_FACTOR * usual.median, SUSPICION_FACTOR * usual.high)
    return Grade.CONCLUSIVE if is_long and is_much and measured.tenth >= usual.median else Grade.SUSPICIOUS


def _finding(
    series: Series, wall: float, measured: _Measured, measure: str, words: str, values: tuple[float, float]
) -> Finding | None:
    grade = _grade(measured)
    if grade is Grade.FINE:
        return None
    evidence = Evidence(
        "own",
        series.component.name,
        wall,
        is_bad=True,
        words=words,
        measure=measure,
        value=values[0],
        usual=values[1],
        samples=measured.samples,
        is_conclusive=grade is Grade.CONCLUSIVE,
    )
    return Finding(grade, evidence, began_at=wall - measured.span_seconds)
