"""How a component stands, in numbers for pages."""

from collections import deque
from typing import Final

from mainstay.ops.detection.finding import noun_of, percent
from mainstay.ops.detection.hearsay import Hearsay
from mainstay.ops.detection.histogram import exact_quantile
from mainstay.ops.detection.rules_pace import WINDOW_SECONDS
from mainstay.ops.detection.series import Pace, Series
from mainstay.ops.detection.values import Standing, TrendPoint
from mainstay.ops.detection.watch import Watch

TREND_MINUTES: Final = 60
_PACES_MIN: Final = 3


def standing_of(watch: Watch, hearsay: Hearsay, wall: float) -> Standing:
    """How it stands now."""
    series, condition = watch.series, watch.condition
    count = series.short.count(wall, WINDOW_SECONDS)
    kinds = {**series.asides.count(wall, WINDOW_SECONDS), **series.kinds.count(wall, WINDOW_SECONDS)}
    starts = _window(series.starts, wall)
    rates = _window(series.throughputs, wall)
    usual_start, usual_rate = series.usual_start.usual(wall), series.usual_throughput.usual(wall)
    said = [one.words for one in hearsay.against(watch.name, wall) if one.kind == "page"]
    is_well = condition.state == "well"
    return Standing(
        component=watch.name,
        state=condition.state,
        since=condition.since,
        reason=watch.reason,
        status=watch.status,
        impact=watch.impact,
        attempts=count.attempts,
        failures=count.failures,
        error_ratio=count.ratio if count.attempts else None,
        usual_error_ratio=series.usual_errors.ratio(wall) if series.last_at else None,
        faults=tuple(sorted(kinds.items(), key=lambda item: (-item[1], item[0]))),
        first_content_p50_seconds=exact_quantile(starts, 0.5) if starts else None,
        first_content_p95_seconds=exact_quantile(starts, 0.95) if starts else None,
        usual_first_content_seconds=usual_start.median if usual_start else None,
        tokens_per_second=exact_quantile(rates, 0.5) if rates else None,
        usual_tokens_per_second=usual_rate.median if usual_rate else None,
        last_sample_at=series.last_at or None,
        last_failure_at=series.last_failure_at or None,
        evidence=watch.evidence,
        provider_says="; ".join(said),
        cause=watch.cause,
        group=watch.group,
        started_at=None if is_well else condition.started_at,
        trend=tuple(
            TrendPoint(start, minute.attempts, minute.failures)
            for start, minute in series.minutes.slots(wall, TREND_MINUTES)
        ),
    )


def good_words(series: Series, wall: float) -> str:
    """What speaks for a component, in a sentence; empty where nothing was asked of it."""
    count = series.window(wall, WINDOW_SECONDS)
    if not count.attempts:
        return ""
    usual = percent(series.usual_errors.ratio(wall))
    return f"{count.failures} of {count.attempts} {noun_of(series.component)} failed within 5 min; usual {usual}"


def _window(paces: deque[Pace], wall: float) -> list[float]:
    values = sorted(pace.value for pace in paces if wall - WINDOW_SECONDS <= pace.at <= wall)
    return values if len(values) >= _PACES_MIN else []
