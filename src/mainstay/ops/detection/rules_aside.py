"""Rules about answers that are nobody's fault, and become trouble when they are many: throttling, spent limits, models
that are gone, empty answers."""

from typing import Final

from mainstay.model.evidence import Evidence
from mainstay.model.fault import FaultKind
from mainstay.ops.detection.finding import Finding, Grade, percent
from mainstay.ops.detection.series import Series

_WINDOW_SECONDS: Final = 150.0
_LATELY_SECONDS: Final = 50.0
_SHARE_MIN: Final = 0.5
_GONE_MIN: Final = 3
_GONE_SECONDS: Final = 900.0
_WORDS: Final = {
    FaultKind.THROTTLE.value: "were throttled",
    FaultKind.AUTH.value: "had their credentials rejected",
    FaultKind.BILLING.value: "were refused for lack of credit or a spent limit",
    FaultKind.MODEL_GONE.value: "were told that there is no such model",
    FaultKind.EMPTY.value: "were answered with nothing",
    FaultKind.TRANSIENT.value: "were refused for the moment",
}


def judge_aside(series: Series, wall: float, attempts_min: int) -> Finding | None:
    """What such answers make suspicious; they are never conclusive."""
    gone = _gone(series, wall)
    if gone:
        return _finding(series, wall, FaultKind.MODEL_GONE.value, gone, gone)
    kinds = series.asides.count(wall, _WINDOW_SECONDS, series.fresh_from)
    if not kinds:
        return None
    kind, many = next(iter(kinds.items()))
    total = series.window(wall, _WINDOW_SECONDS).attempts + sum(kinds.values())
    lately = series.asides.count(wall, _LATELY_SECONDS, series.fresh_from)
    total_lately = series.window(wall, _LATELY_SECONDS).attempts + sum(lately.values())
    many_lately = lately.get(kind, 0)
    are_many_now = many_lately >= max(1, _SHARE_MIN * total_lately)
    were_many_before = many - many_lately >= max(1, _SHARE_MIN * (total - total_lately))
    if total < attempts_min or not (are_many_now and were_many_before):
        return None
    return _finding(series, wall, kind, many, total)


def _gone(series: Series, wall: float) -> int:
    """How often it was said that the model is gone, if nothing else was: no model is gone that still serves."""
    start = max(wall - _GONE_SECONDS, series.fresh_from)
    counted = [one for one in series.recent if one.at >= start]
    is_gone = len(counted) >= _GONE_MIN and all(one.kind == FaultKind.MODEL_GONE.value for one in counted)
    return len(counted) if is_gone else 0


def _finding(series: Series, wall: float, kind: str, many: int, total: int) -> Finding:
    share = many / total
    words = f"{many} of {total} attempts {_WORDS.get(kind, f'met {kind}')} ({percent(share)})"
    evidence = Evidence(
        "own", series.component.name, wall, is_bad=True, words=words, measure=kind, value=share, samples=total
    )
    return Finding(Grade.SUSPICIOUS, evidence, began_at=wall - _LATELY_SECONDS)
