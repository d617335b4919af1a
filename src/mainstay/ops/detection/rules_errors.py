"""Rules about attempts that failed: bursts, outages, burn rates."""

from collections.abc import Iterator
from math import ceil, log
from typing import Final, NamedTuple

import msgspec

from mainstay.model.evidence import Evidence
from mainstay.model.settings import DetectionSettings
from mainstay.ops.detection.breadth import whose_alone
from mainstay.ops.detection.finding import Finding, Grade, kinds_words, noun_of, percent, span_words
from mainstay.ops.detection.ring import Count, by_frequency
from mainstay.ops.detection.series import Series
from mainstay.ops.detection.surprise import surprise

SUSPICION_NATS: Final = 14.0
"""By chance once in a million times."""
CERTAINTY_NATS: Final = 20.0
"""By chance less than once in a hundred million times."""

_RUN_MIN: Final = 3
_RUN_SECONDS: Final = 1_800.0
"""A run of failures whose last is older than this says nothing of now."""
_BURST_WINDOWS: Final = (15.0, 60.0, 300.0, 3_600.0)
_BURST_FAILURES_MIN: Final = 3

_FAILURES_MIN: Final = 5
_BACKGROUND_MIN: Final = 0.02
_LATELY_SECONDS: Final = 20.0
_ALL_FAILED_SPREAD_SECONDS: Final = 20.0
_ALL_FAILED_SECONDS: Final = 120.0
_THIN_SECONDS: Final = 3_600.0
_PROBES_MIN: Final = 2

_NOISE_PROVIDER: Final = 0.015
"""Below this share of failures a provider is never ill: retries absorb it."""
_NOISE_CALLERS: Final = 0.005
"""Likewise for what callers feel after everything has been absorbed."""
_BURN_LONG_MIN: Final = 10
_BURN_SHORT_MIN: Final = 3
_KINDS_SECONDS: Final = 300.0
_TRUNCATIONS: Final = ("cut", "stall")


class _Outage(NamedTuple):
    """So many seconds of a window, in which failures must lie at least so far apart."""

    seconds: float
    spread_seconds: float


_OUTAGES: Final = (_Outage(60.0, 20.0), _Outage(300.0, 60.0), _Outage(3_600.0, 300.0))


class _Burn(NamedTuple):
    """A burn rate that both windows must exceed (Google's SRE workbook, chapter 5), with failures in so many minutes of
    the short one (of the last hour at most)."""

    rate: float
    long_seconds: float
    short_seconds: float
    minutes_min: int
    grade: Grade


_BURNS: Final = (
    _Burn(14.4, 3_600.0, 300.0, 3, Grade.CONCLUSIVE),
    _Burn(6.0, 21_600.0, 1_800.0, 6, Grade.CONCLUSIVE),
    _Burn(1.0, 259_200.0, 21_600.0, 3, Grade.SUSPICIOUS),
)


class _Failed(NamedTuple):
    """How many failed, within how many seconds, by which kinds (empty: not known)."""

    of: Count
    seconds: float
    kinds: dict[str, int]


def judge_errors(series: Series, wall: float, settings: DetectionSettings) -> Finding | None:
    """The strongest thing that failures prove now; `None` for nothing."""
    if not series.last_failure_at:
        return None
    best: Finding | None = None
    for finding in _findings(series, wall, settings):
        if finding.grade is Grade.CONCLUSIVE:
            return _unless_alone(series, wall, finding)
        best = best or finding
    return best


def _findings(series: Series, wall: float, settings: DetectionSettings) -> Iterator[Finding]:
    yield from _outage(series, wall, settings)
    yield from _all_failed(series, wall, settings)
    yield from _burning(series, wall, settings)
    yield from _burst(series, wall)
    yield from _run(series, wall)


def is_served_well(series: Series, wall: float, settings: DetectionSettings) -> bool:
    """Whether our own requests prove that there is no trouble worth the name."""
    count = series.window(wall, _ALL_FAILED_SECONDS)
    limit = settings.error_percent / 100 / 4
    return count.attempts >= 2 * settings.attempts_min and count.ratio < limit and not series.run.failures


def _outage(series: Series, wall: float, settings: DetectionSettings) -> Iterator[Finding]:
    """So many of enough attempts, and for long enough, that it is an outage by the operator's own measure: since it
    began, or in a window."""
    share = settings.error_percent / 100
    lately = series.window(wall, _OUTAGES[0].seconds)
    if lately.failures >= _FAILURES_MIN and lately.attempts >= settings.attempts_min:
        since = series.trouble_since(wall, max(share, lately.ratio))
        seconds = wall - since
        is_long = series.last_failure_at - since >= _OUTAGES[0].spread_seconds
        if is_long and _is_outage(series, wall, seconds, settings):
            yield _finding(series, wall, series.window(wall, seconds), seconds, Grade.CONCLUSIVE)
    for outage in _OUTAGES:
        if not _is_outage(series, wall, outage.seconds, settings):
            continue
        count = series.window(wall, outage.seconds)
        if series.last_failure_at - series.trouble_since(wall, count.ratio) >= outage.spread_seconds:
            yield _finding(series, wall, count, outage.seconds, Grade.CONCLUSIVE)


def _is_outage(series: Series, wall: float, seconds: float, settings: DetectionSettings) -> bool:
    """Whether enough of the window's attempts failed, more than chance explains, and still do."""
    share = settings.error_percent / 100
    count = series.window(wall, seconds)
    if count.ratio < share or count.attempts < settings.attempts_min or count.failures < _FAILURES_MIN:
        return False
    background = max(3 * series.usual_errors.ratio(wall), _BACKGROUND_MIN)
    if surprise(count.failures, count.attempts * background) < CERTAINTY_NATS:
        return False
    lately = series.window(wall, max(_LATELY_SECONDS, seconds / 5))
    return lately.attempts < _FAILURES_MIN or lately.ratio >= share / 2


def _all_failed(series: Series, wall: float, settings: DetectionSettings) -> Iterator[Finding]:
    """Nothing was served any more. Breakers let little through then, so few attempts must be enough; where traffic is
    thin, probes must be among them."""
    run = series.run
    if run.failures < _FAILURES_MIN or not series.has_only_failed(wall):
        return
    age, spread = wall - run.last_at, run.last_at - run.from_at
    lately = series.window(wall, _ALL_FAILED_SECONDS).failures
    is_dense = spread >= _ALL_FAILED_SPREAD_SECONDS and lately >= _FAILURES_MIN
    is_probed = run.probes >= _PROBES_MIN and age <= _RUN_SECONDS
    is_many = run.failures >= settings.attempts_min and age <= _THIN_SECONDS and spread >= _ALL_FAILED_SPREAD_SECONDS
    if len(run.exchanges) > 1 and (is_dense or is_probed or is_many):
        yield _of_run(series, wall, Grade.CONCLUSIVE)


def _burning(series: Series, wall: float, settings: DetectionSettings) -> Iterator[Finding]:
    budget = 1 - settings.objective_percent / 100
    usual = series.usual_errors.ratio(wall)
    noise = _NOISE_PROVIDER if series.component.is_provider else _NOISE_CALLERS
    for burn in _BURNS:
        limit = max(burn.rate * budget, 3 * usual)
        long = series.window(wall, burn.long_seconds)
        if long.failures < _BURN_LONG_MIN or long.ratio <= limit:
            continue
        short = series.window(wall, burn.short_seconds)
        if short.failures < _BURN_SHORT_MIN or short.ratio <= limit:
            continue
        if series.failing_minutes(wall, burn.short_seconds, limit) < burn.minutes_min:
            continue
        if surprise(long.failures, long.attempts * 2 * usual) < CERTAINTY_NATS:
            continue
        is_noise = min(long.ratio, short.ratio) <= noise
        grade = Grade.SUSPICIOUS if is_noise else burn.grade
        words = f"; that spends the error budget {long.ratio / budget:.0f} times as fast as it lasts"
        yield _finding(series, wall, long, burn.long_seconds, grade, words)


def _burst(series: Series, wall: float) -> Iterator[Finding]:
    """More failures than chance explains, in any of several windows."""
    usual = series.usual_errors.ratio(wall)
    noise = (_NOISE_PROVIDER if series.component.is_provider else _NOISE_CALLERS) * 2 / 3
    background = max(2 * usual, noise)
    for seconds in _BURST_WINDOWS:
        count = series.window(wall, seconds)
        if count.failures < _BURST_FAILURES_MIN:
            continue
        if surprise(count.failures, count.attempts * background) >= SUSPICION_NATS:
            yield _finding(series, wall, count, seconds, Grade.SUSPICIOUS)


def _run(series: Series, wall: float) -> Iterator[Finding]:
    """Several failures in a row, so many that what is usual does not explain them."""
    run = series.run
    needed = max(_RUN_MIN, ceil(-SUSPICION_NATS / log(series.usual_errors.ratio(wall))))
    is_fresh = run.last_at >= wall - _RUN_SECONDS
    if run.failures >= needed and is_fresh and series.has_only_failed(wall) and len(run.exchanges) > 1:
        yield _of_run(series, wall, Grade.SUSPICIOUS)


def _of_run(series: Series, wall: float, grade: Grade) -> Finding:
    run = series.run
    failed = _Failed(Count(run.failures, run.failures), max(1.0, run.last_at - run.from_at), by_frequency(run.kinds))
    return _tell(series, wall, failed, grade)


def _finding(series: Series, wall: float, count: Count, seconds: float, grade: Grade, more: str = "") -> Finding:
    kinds = series.kinds.count(wall, seconds, series.fresh_from) if seconds <= _KINDS_SECONDS else {}
    return _tell(series, wall, _Failed(count, seconds, kinds), grade, more)


def _tell(series: Series, wall: float, failed: _Failed, grade: Grade, more: str = "") -> Finding:
    usual = series.usual_errors.ratio(wall)
    noun = noun_of(series.component)
    count, seconds, kinds = failed
    how_many = f"all {count.failures}" if count.failures == count.attempts else f"{count.failures} of {count.attempts}"
    words = f"{how_many} {noun} failed within {span_words(seconds)}{kinds_words(kinds)}; usual {percent(usual)}{more}"
    truncated = sum(kinds.get(kind, 0) for kind in _TRUNCATIONS)
    measure = "truncation" if 2 * truncated > sum(kinds.values()) else "error-ratio"
    evidence = Evidence(
        "own",
        series.component.name,
        wall,
        is_bad=True,
        words=words,
        measure="probe" if noun == "probes" else measure,
        value=count.ratio,
        usual=usual,
        samples=count.attempts,
        is_conclusive=grade is Grade.CONCLUSIVE,
        source=" ".join(series.run.exchanges),
    )
    return Finding(grade, evidence, is_about_errors=True)


def _unless_alone(series: Series, wall: float, finding: Finding) -> Finding:
    """What hits one tenant or credential alone is never conclusive of the component."""
    whose = whose_alone(series.recent, wall, series.trouble_since(wall, finding.evidence.value or 0.0))
    if not whose:
        return finding
    old = finding.evidence
    evidence = msgspec.structs.replace(old, words=f"{old.words}; {whose}", is_conclusive=False)
    return Finding(Grade.SUSPICIOUS, evidence, is_about_errors=True)
