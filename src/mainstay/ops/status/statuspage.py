"""The status page as JSON of the Statuspage API v2, so that tools which read such pages read ours.

Field names and their meaning: https://confluence.status.atlassian.com/api (public API v2). We add `generated_at`.
"""

from datetime import UTC, datetime
from typing import Final

import msgspec

from mainstay.ops.status.names import public_id
from mainstay.ops.status.view import ComponentView, IncidentView, StatusView, UpdateView

INCIDENTS_MAX: Final = 50
FOLDER: Final = "api/v2"
_GROUP_NAME: Final = "Providers"


class Page(msgspec.Struct, frozen=True):
    """Which page it is. `updated_at`: when anything on it last changed."""

    id: str
    name: str
    url: str
    time_zone: str
    updated_at: str


class Status(msgspec.Struct, frozen=True):
    """All of it in a word and a sentence."""

    indicator: str
    description: str


class ComponentJson(msgspec.Struct, frozen=True):
    """A component, or a group of them."""

    id: str
    name: str
    status: str
    created_at: str
    updated_at: str
    position: int
    description: str | None
    showcase: bool
    start_date: str | None
    group_id: str | None
    page_id: str
    group: bool
    only_show_if_degraded: bool
    components: list[str] | None = None


class AffectedJson(msgspec.Struct, frozen=True):
    """A component that an update says became better or worse."""

    code: str
    name: str
    old_status: str
    new_status: str


class UpdateJson(msgspec.Struct, frozen=True):
    """An update of an incident."""

    id: str
    status: str
    body: str
    incident_id: str
    created_at: str
    updated_at: str
    display_at: str
    affected_components: list[AffectedJson] | None
    deliver_notifications: bool
    custom_tweet: None = None
    tweet_id: None = None


class IncidentJson(msgspec.Struct, frozen=True):
    """An incident, its newest update first."""

    id: str
    name: str
    status: str
    created_at: str
    updated_at: str
    monitoring_at: str | None
    resolved_at: str | None
    impact: str
    shortlink: str
    started_at: str
    page_id: str
    incident_updates: list[UpdateJson]
    components: list[ComponentJson]
    reminder_intervals: None = None


class _Documents:
    """Makes all documents of a view."""

    def __init__(self, view: StatusView) -> None:
        self._view = view
        self.page = page_of(view)
        self.status = Status(view.indicator.value, view.headline)
        self.components = self._components()
        self._by_id = {component.id: component for component in self.components}
        self.incidents = [self._incident(one) for one in view.incidents]

    def _components(self) -> list[ComponentJson]:
        group_id = public_id(f"group {_GROUP_NAME}") if self._view.providers else None
        found = [self._component(one, place, None) for place, one in enumerate(self._view.components, 1)]
        if group_id is None:
            return found
        place = len(found) + 1
        members = [
            self._component(one.seen, place + more, group_id) for more, one in enumerate(self._view.providers, 1)
        ]
        worst = max((one.seen for one in self._view.providers), key=lambda one: _ORDER.index(one.status.value))
        head = msgspec.structs.replace(
            self._component(worst, place, None),
            id=group_id,
            name=_GROUP_NAME,
            description=None,
            group=True,
            components=[member.id for member in members],
        )
        return [*found, head, *members]

    def _component(self, component: ComponentView, position: int, group_id: str | None) -> ComponentJson:
        first = next((day.start for day in component.days if day.status is not None), None)
        return ComponentJson(
            id=component.id,
            name=component.name,
            status=component.status.value,
            created_at=iso(first or component.first_day),
            updated_at=iso(component.since or first or component.first_day),
            position=position,
            description=component.description,
            showcase=True,
            start_date=None if first is None else iso(first)[:10],
            group_id=group_id,
            page_id=self.page.id,
            group=False,
            only_show_if_degraded=False,
        )

    def _incident(self, incident: IncidentView) -> IncidentJson:
        return IncidentJson(
            id=incident.id,
            name=incident.title,
            status=incident.status.value,
            created_at=iso(incident.created_at),
            updated_at=iso(incident.updated_at),
            monitoring_at=_iso(incident.monitoring_at),
            resolved_at=_iso(incident.resolved_at),
            impact=incident.impact.value,
            shortlink=incident_url(self._view, incident),
            started_at=iso(incident.started_at),
            page_id=self.page.id,
            incident_updates=[_update(incident, update) for update in incident.updates],
            components=[self._by_id[one.id] for one in incident.affected if one.id in self._by_id],
        )


def documents(view: StatusView) -> dict[str, bytes]:
    """All documents, by their path."""
    made = _Documents(view)
    page, incidents = made.page, made.incidents
    unresolved = [one for one in incidents if one.resolved_at is None]
    generated_at = iso(view.generated_at)
    nothing: list[IncidentJson] = []
    summary = {"page": page, "components": made.components, "incidents": unresolved, "scheduled_maintenances": nothing}
    found: dict[str, object] = {
        "summary": {**summary, "status": made.status, "generated_at": generated_at},
        "status": {"page": page, "status": made.status, "generated_at": generated_at},
        "components": {"page": page, "components": made.components},
        "incidents": {"page": page, "incidents": incidents[:INCIDENTS_MAX]},
        "incidents/unresolved": {"page": page, "incidents": unresolved},
        "scheduled-maintenances": {"page": page, "scheduled_maintenances": nothing},
        "scheduled-maintenances/active": {"page": page, "scheduled_maintenances": nothing},
        "scheduled-maintenances/upcoming": {"page": page, "scheduled_maintenances": nothing},
    }
    # The page of one incident stays as it is while others change, so its `page` says when the incident changed.
    for view_of_one, one in zip(view.incidents, incidents, strict=True):
        own = msgspec.structs.replace(page, updated_at=iso(view_of_one.updated_at))
        found[f"incidents/{one.id}"] = {"page": own, "incident": one}
    return {f"{FOLDER}/{path}.json": msgspec.json.encode(document) for path, document in found.items()}


def page_of(view: StatusView) -> Page:
    """Which page it is."""
    return Page(public_id(f"page {view.url or view.name}"), view.name, view.url, "Etc/UTC", iso(view.changed_at))


def incident_url(view: StatusView, incident: IncidentView) -> str:
    """Where an incident's own page is: absolute where the page's own address is known."""
    path = f"incidents/{incident.id}.html"
    return f"{view.url.rstrip('/')}/{path}" if view.url else path


def update_event(view: StatusView, incident: IncidentView, update: UpdateView) -> bytes:
    """What subscribers by webhook are sent of an update."""
    made = _Documents(view)
    body = {
        "meta": {"generated_at": iso(view.generated_at), "type": "incident_update"},
        "page": {
            "id": made.page.id,
            "name": made.page.name,
            "url": made.page.url,
            "status_indicator": made.status.indicator,
            "status_description": made.status.description,
        },
        "incident": made.incidents[view.incidents.index(incident)],
        "incident_update": _update(incident, update),
    }
    return msgspec.json.encode(body)


def iso(at: float) -> str:
    """Seconds since 1970 as Statuspage writes instants; what lies beyond all calendars becomes 1970."""
    try:
        instant = datetime.fromtimestamp(at, UTC)
    except (ValueError, OverflowError, OSError):
        instant = datetime.fromtimestamp(0, UTC)
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03}Z"


_ORDER: Final = ("operational", "degraded_performance", "partial_outage", "major_outage", "under_maintenance")


def _iso(at: float | None) -> str | None:
    return None if at is None else iso(at)


def _update(incident: IncidentView, update: UpdateView) -> UpdateJson:
    changes = [
        AffectedJson(change.id, change.name, change.old_status.value, change.new_status.value)
        for change in update.changes
    ]
    at = iso(update.at)
    return UpdateJson(
        update.id,
        update.status.value,
        update.text,
        incident.id,
        at,
        at,
        at,
        changes or None,
        deliver_notifications=True,
    )
