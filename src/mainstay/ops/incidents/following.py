"""What detection's decisions mean for an incident: the events that bring it up to date. A person who leads it decides;
then detection adds what it knows, and changes nothing."""

from collections.abc import Collection, Iterator
from typing import Final

from mainstay.model.evidence import Evidence
from mainstay.model.incident import (
    Affected,
    ComponentStatus,
    IncidentEvent,
    IncidentStatus,
    Moved,
    Noted,
    Pinned,
    Rated,
    Scoped,
)
from mainstay.ops.detection.values import Decision
from mainstay.ops.incidents.cleaning import EVIDENCE_MAX
from mainstay.ops.incidents.fold import DETECTION, is_worse
from mainstay.ops.incidents.placing import shown
from mainstay.ops.incidents.state import IncidentState

PINNED_AT_ONCE_MAX: Final = 3
CALM_SECONDS: Final = 900.0
"""So long must all be well before an incident that nobody leads is resolved; doubled each time that it came back."""
CALM_DOUBLINGS_MAX: Final = 3

_BACK: Final = "The trouble is back. We look into it."
_WORKS: Final = "Requests work again. We keep watching."


def follow(decision: Decision, state: IncidentState) -> tuple[IncidentEvent, ...]:
    """Events that bring the incident up to date with a decision on a component that belongs to it."""
    if decision.state == "ill":
        return tuple(_follow_ill(decision, state))
    if decision.state == "suspected" or not state.is_open or state.status_of(decision.component) is None:
        return ()
    return tuple(_follow_better(decision, state))


def settle(state: IncidentState, recovering: Collection[str], wall: float) -> Moved | None:
    """How an incident that detection opened and nobody leads goes on by itself: monitored when all that it affects
    works or is `recovering`, resolved when all has worked for a calm time."""
    if state.source != DETECTION or state.is_led or not state.is_open or not state.affected:
        return None
    ill = {one.component for one in state.affected if one.status is not ComponentStatus.OPERATIONAL}
    if state.status is not IncidentStatus.MONITORING:
        return None if ill - set(recovering) else Moved(IncidentStatus.MONITORING, _WORKS)
    calm = calm_seconds(state)
    if ill or wall - _well_since(state) < calm:
        return None
    return Moved(IncidentStatus.RESOLVED, f"No trouble was seen for {calm / 60:.0f} minutes.")


def calm_seconds(state: IncidentState) -> float:
    """How long all must be well before the incident is resolved."""
    return CALM_SECONDS * 2.0 ** min(state.regressions, CALM_DOUBLINGS_MAX)


def _well_since(state: IncidentState) -> float:
    since = state.mitigated_at or state.opened_at
    return max(since, state.course[-1].at) if state.course else since


def _follow_ill(decision: Decision, state: IncidentState) -> Iterator[IncidentEvent]:
    before = state.status_of(decision.component)
    is_free = not state.is_led
    is_back = not state.is_open or (is_free and state.status is IncidentStatus.MONITORING)
    if is_back:
        yield Moved(IncidentStatus.INVESTIGATING, _BACK)
    if before in {None, ComponentStatus.OPERATIONAL} or is_free:
        yield from _scoped(decision, state)
    if is_free and is_worse(decision.impact, state.impact):
        yield Rated(decision.impact, decision.reason)
    yield from _pinned(decision, state)


def _follow_better(decision: Decision, state: IncidentState) -> Iterator[IncidentEvent]:
    """What is recovering or well."""
    if not state.is_led:
        yield from _scoped(decision, state)
    elif decision.state == "well" and state.status_of(decision.component) is not ComponentStatus.OPERATIONAL:
        yield Noted(f"{shown(decision.component)} works again, as our monitoring sees it: {decision.reason}")


def _scoped(decision: Decision, state: IncidentState) -> Iterator[Scoped]:
    if state.status_of(decision.component) is not decision.status:
        yield Scoped((Affected(decision.component, decision.status),))


def _pinned(decision: Decision, state: IncidentState) -> Iterator[Pinned]:
    known = [one for entry in state.timeline for one in entry.evidence]
    if len(known) >= EVIDENCE_MAX:
        return
    fresh = [one for one in decision.evidence if one not in known and one.is_bad]
    for one in sorted(fresh, key=_telling)[:PINNED_AT_ONCE_MAX]:
        yield Pinned(one)


def _telling(evidence: Evidence) -> tuple[bool, float]:
    return not evidence.is_conclusive, -evidence.at
