"""Incidents as strangers may see them. What is not named here is not shown: no notes, no evidence, no people."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from mainstay.model.components import Component, component_of
from mainstay.model.incident import Affected, ComponentStatus, IncidentStatus
from mainstay.ops.incidents.state import IncidentState, Update
from mainstay.ops.status.course import ended_at
from mainstay.ops.status.names import NAME_CHARACTERS_MAX, component_name, public_id, shown
from mainstay.ops.status.view import AffectedView, ChangeView, IncidentView, UpdateView

INCIDENTS_MAX: Final = 200
"""So many are shown, the newest; open ones before all others."""
UPDATES_MAX: Final = 200
AFFECTED_MAX: Final = 100

_DEFAULT_TEXTS: Final = {
    IncidentStatus.INVESTIGATING: "We are looking into this.",
    IncidentStatus.IDENTIFIED: "We know what is wrong and work on it.",
    IncidentStatus.MONITORING: "It works again as far as we see; we keep watching.",
    IncidentStatus.RESOLVED: "This is resolved.",
}

_ID: Final = re.compile(r"INC-[0-9]{1,12}")
"""Ids become names of files."""

IsShown = Callable[[Component], bool]


def public_incidents(incidents: Sequence[IncidentState], is_shown: IsShown) -> tuple[IncidentView, ...]:
    """Those that are not private, the newest first. `is_shown` tells which components may be named."""
    public = {incident.id: incident for incident in incidents if not incident.is_private}
    chosen = sorted(public.values(), key=lambda one: (one.is_open, one.started_at, one.id), reverse=True)
    views = [_incident(one, public, is_shown) for one in chosen[:INCIDENTS_MAX]]
    return tuple(sorted(views, key=lambda view: (view.started_at, view.id), reverse=True))


def _incident(incident: IncidentState, public: dict[str, IncidentState], is_shown: IsShown) -> IncidentView:
    ended = ended_at(incident)
    updates = list(incident.updates)
    if incident.merged_into and ended is not None:
        into = public.get(incident.merged_into)
        text = "" if into is None else f"This goes on as: {into.title}"
        updates.append(Update(incident.number + 1, ended, IncidentStatus.RESOLVED, text, "", incident.affected))
    views = _updates(incident.id, updates, is_shown)
    return IncidentView(
        id=incident.id if _ID.fullmatch(incident.id) else public_id(incident.id),
        title=shown(incident.title, NAME_CHARACTERS_MAX).replace("\n", " "),
        status=incident.status if incident.is_open else IncidentStatus.RESOLVED,
        impact=incident.impact if incident.is_open else incident.worst_impact,
        started_at=incident.started_at,
        created_at=incident.opened_at,
        updated_at=max([incident.opened_at, ended or 0.0, *(step.at for step in incident.course), *_instants(views)]),
        updates=views,
        affected=tuple(
            AffectedView(
                public_id(one.component),
                component_name(component),
                one.status if incident.is_open else ComponentStatus.OPERATIONAL,
            )
            for one in incident.affected[:AFFECTED_MAX]
            if (component := component_of(one.component)) is not None and is_shown(component)
        ),
        monitoring_at=incident.mitigated_at,
        resolved_at=ended,
    )


def _instants(views: tuple[UpdateView, ...]) -> list[float]:
    return [view.at for view in views]


def _updates(incident_id: str, updates: list[Update], is_shown: IsShown) -> tuple[UpdateView, ...]:
    known: dict[str, ComponentStatus] = {}
    found = []
    for update in updates:
        text = shown(update.text).strip() or _DEFAULT_TEXTS[update.status]
        affected = update.affected
        if update.status == IncidentStatus.RESOLVED:
            affected = tuple(Affected(one.component, ComponentStatus.OPERATIONAL) for one in affected)
        changes = _changes(affected, known, is_shown)
        found.append(UpdateView(public_id(f"{incident_id}/{update.number}"), update.at, update.status, text, changes))
    return tuple(reversed(found[-UPDATES_MAX:]))


def _changes(
    affected: tuple[Affected, ...], known: dict[str, ComponentStatus], is_shown: IsShown
) -> tuple[ChangeView, ...]:
    found = []
    for one in affected[:AFFECTED_MAX]:
        component = component_of(one.component)
        old = known.get(one.component, ComponentStatus.OPERATIONAL)
        known[one.component] = one.status
        if component is not None and is_shown(component) and old != one.status:
            found.append(ChangeView(public_id(one.component), component_name(component), old, one.status))
    return tuple(found)
