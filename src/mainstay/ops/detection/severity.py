"""How bad it is: the status that a page should show, and what our callers feel."""

from collections.abc import Iterable
from typing import Final

from mainstay.model.components import Component
from mainstay.model.evidence import Evidence
from mainstay.model.incident import ComponentStatus, Impact
from mainstay.ops.detection.series import Series
from mainstay.ops.detection.values import State

STATUSES: Final = (
    ComponentStatus.OPERATIONAL,
    ComponentStatus.DEGRADED,
    ComponentStatus.PARTIAL_OUTAGE,
    ComponentStatus.MAJOR_OUTAGE,
)
"""From the best to the worst."""
IMPACTS: Final = (Impact.NONE, Impact.MINOR, Impact.MAJOR, Impact.CRITICAL)

_MAJOR_OUTAGE_RATIO: Final = 0.75
_PARTIAL_OUTAGE_RATIO: Final = 0.2
_MAJOR_SAMPLES_MIN: Final = 10
"""Of fewer nobody can say that nearly all fail."""
_ALL_SAMPLES_MIN: Final = 5
"""Where every attempt failed, fewer are enough: a breaker lets no more through."""
_CRITICAL_RATIO: Final = 0.5
_MAJOR_RATIO: Final = 0.05
_WINDOW_SECONDS: Final = 120.0
_REQUESTS_MIN: Final = 5


def status_of(state: State, evidence: Iterable[Evidence]) -> ComponentStatus:
    """What a page should say. A suspicion is nothing to tell the public; what recovers is still degraded."""
    if state in {"well", "suspected"}:
        return ComponentStatus.OPERATIONAL
    if state == "recovering":
        return ComponentStatus.DEGRADED
    return max((_status(one) for one in evidence), key=STATUSES.index, default=ComponentStatus.DEGRADED)


def impact_of(component: Component, state: State, ratio: float, callers: Iterable[Series], wall: float) -> Impact:
    """What callers feel. `ratio` is the component's own share of failures, `callers` are the logical models that it
    serves: where they are answered nevertheless, the impact is minor, however ill the provider is."""
    if state in {"well", "suspected"}:
        return Impact.NONE
    felt = ratio if not component.is_provider else max((failed_lately(one, wall) for one in callers), default=0.0)
    if felt >= _CRITICAL_RATIO:
        return Impact.CRITICAL
    return Impact.MAJOR if felt >= _MAJOR_RATIO else Impact.MINOR


def failed_lately(series: Series, wall: float) -> float:
    """The share of a logical model's requests that failed lately; 0 where there are too few to tell."""
    count = series.window(wall, _WINDOW_SECONDS)
    return count.ratio if count.attempts >= _REQUESTS_MIN else 0.0


def _status(evidence: Evidence) -> ComponentStatus:
    value = evidence.value or 0.0
    if evidence.kind == "page":
        return STATUSES[max(1, min(len(STATUSES) - 1, int(value)))]
    if evidence.measure not in {"error-ratio", "truncation", "probe"}:
        return ComponentStatus.DEGRADED
    enough = _ALL_SAMPLES_MIN if value >= 1.0 else _MAJOR_SAMPLES_MIN
    if value >= _MAJOR_OUTAGE_RATIO and evidence.samples >= enough:
        return ComponentStatus.MAJOR_OUTAGE
    return ComponentStatus.PARTIAL_OUTAGE if value >= _PARTIAL_OUTAGE_RATIO else ComponentStatus.DEGRADED
