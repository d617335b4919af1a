"""Where what detection finds belongs: to an incident that is there, or to a new one with a title of its own."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from mainstay.model.components import GATEWAY, Component, component_of
from mainstay.model.incident import Affected, ComponentStatus, Opened
from mainstay.ops.detection.values import Decision
from mainstay.ops.incidents.cleaning import TITLE_CHARACTERS_MAX
from mainstay.ops.incidents.state import IncidentState

REOPEN_SECONDS: Final = 1_800.0
"""What comes back so soon is the same incident."""

_TROUBLE: Final[Mapping[ComponentStatus, str]] = {
    ComponentStatus.OPERATIONAL: "trouble that callers do not feel",
    ComponentStatus.DEGRADED: "slow or unreliable",
    ComponentStatus.PARTIAL_OUTAGE: "part of the requests fails",
    ComponentStatus.MAJOR_OUTAGE: "most requests fail",
    ComponentStatus.MAINTENANCE: "under maintenance",
}
_PARTS: Final[Mapping[str, str]] = {"login": " login", "admin": " administration"}


class Place(msgspec.Struct, frozen=True):
    """The incident that it belongs to."""

    incident: str
    reopens: bool = False


def place(
    decision: Decision, incidents: Sequence[IncidentState], wall: float, related: frozenset[str] = frozenset()
) -> Place | None:
    """The incident among these that it belongs to, the best fitting one; `None`: to a new one.

    One that is resolved fits for `REOPEN_SECONDS`. What was merged fits where it goes on. `related` are names of
    components that this one hangs together with: of a model the upstreams that serve it, and the reverse.
    """
    by_id = {one.id: one for one in incidents}
    fits: list[tuple[bool, int, float, IncidentState]] = []
    for incident in incidents:
        fit = _fit(decision, incident, related)
        target = _target(incident, by_id)
        if fit and target is not None and _may_go_on(target, wall):
            fits.append((target.is_open, fit, target.opened_at, target))
    if not fits:
        return None
    best = max(fits, key=lambda one: one[:3])[3]
    return Place(best.id, not best.is_open)


def opening(decision: Decision) -> Opened:
    """A new incident for it, with a title, and a first word to everybody."""
    return Opened(
        title=title(decision),
        impact=decision.impact,
        source="detection",
        started_at=decision.started_at,
        affected=(Affected(decision.component, decision.status),),
        text=_first_words(decision),
        evidence=decision.evidence,
        group=decision.group,
    )


def title(decision: Decision) -> str:
    """What to call it."""
    what = _TROUBLE[decision.status]
    if decision.cause:
        text = f"{decision.cause}: trouble of what depends on it, {shown(decision.component)} first"
    elif decision.status is ComponentStatus.MAJOR_OUTAGE and decision.component.endswith("#login"):
        text = f"{shown(decision.component)} fails"
    else:
        text = f"{shown(decision.component)}: {what}"
    return text[:TITLE_CHARACTERS_MAX]


def shown(component: str) -> str:
    """A component's name for people."""
    found = component_of(component)
    if found is None:
        return component
    if found == GATEWAY:
        return "gateway"
    if not found.is_provider:
        return found.model
    model = f" {found.model}" if found.model else ""
    return f"{found.upstream}{model}{_PARTS.get(found.part, '')}"


def _first_words(decision: Decision) -> str:
    found = component_of(decision.component)
    if found is not None and found.is_provider and found.part == "inference":
        return "Found by our monitoring. Requests go to other providers where the configuration allows it."
    return "Found by our monitoring. We look into it."


def _fit(decision: Decision, incident: IncidentState, related: frozenset[str]) -> int:
    """How well it fits; 0: not at all."""
    names = {one.component for one in incident.affected}
    if decision.component in names:
        return 4
    if decision.group and decision.group == incident.group:
        return 3
    upstream = _upstream(decision.component)
    upstreams = {_upstream(name) for name in names} - {""}
    if upstream and upstream in upstreams:
        return 2
    if upstream and upstreams:
        # Two providers that serve the same model are two troubles, as long as nothing else says that they are one.
        return 0
    return 1 if related & names or upstreams & {_upstream(name) for name in related} else 0


def _upstream(name: str) -> str:
    found: Component | None = component_of(name)
    return "" if found is None else found.upstream


def _target(incident: IncidentState, by_id: Mapping[str, IncidentState]) -> IncidentState | None:
    """Where it goes on."""
    found: IncidentState | None = incident
    for _ in by_id:
        if found is None or not found.merged_into:
            return found
        found = by_id.get(found.merged_into)
    return None


def _may_go_on(incident: IncidentState, wall: float) -> bool:
    return incident.is_open or (incident.resolved_at is not None and wall - incident.resolved_at < REOPEN_SECONDS)
