"""Silence: traffic that stops altogether. No provider is to blame for it, but somebody should know."""

from typing import Final

from mainstay.model.evidence import Evidence
from mainstay.ops.detection.finding import Finding, Grade, span_words
from mainstay.ops.detection.series import HOUR_SECONDS, MINUTE_SECONDS, Series

_GAP_SECONDS_MIN: Final = 300.0
_EXPECTED_MIN: Final = 30.0
"""So many requests should have come meanwhile."""
_DAY_SECONDS: Final = 86_400.0
_DAY_HOURS: Final = 24
_HOURS: Final = 26
"""Up to the next one: with the hour before, this one and the next one of the day before."""


def judge_silence(series: Series, wall: float) -> Finding | None:
    """Whether far too long nothing has come, by the hour before and by the same hour of the day before."""
    gap = wall - series.last_at
    if not series.last_at or not _GAP_SECONDS_MIN <= gap < _DAY_SECONDS:
        return None
    yesterday = [one.attempts for _, one in series.hours.slots(wall + HOUR_SECONDS, _HOURS)][: -_DAY_HOURS + 1]
    before = series.hours.slots(series.last_at, 2)[0][1].attempts
    rate = min(before, *yesterday) / HOUR_SECONDS
    if gap * rate < _EXPECTED_MIN:
        return None
    words = (
        f"no request has come for {span_words(gap)}; usual at this hour: {rate * MINUTE_SECONDS:.0f} a minute. "
        f"Either callers are quiet, or they do not reach the gateways, or records do not reach us"
    )
    evidence = Evidence("own", series.component.name, wall, is_bad=True, words=words, measure="silence", value=gap)
    return Finding(Grade.SUSPICIOUS, evidence, began_at=series.last_at)
