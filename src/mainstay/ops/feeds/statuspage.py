"""Atlassian Statuspage's public API, version 2 (`summary.json`, `incidents.json`, `components.json`), and what imitates
it (incident.io and others).

Traps of real pages: `updated_at` is touched months later, so only `display_at` dates an update; `affected_components`
may be missing from old updates; a component's state is that of whichever incident wrote last.
"""

from typing import Final

import msgspec

from mainstay.ops.feeds.page import (
    INCIDENTS_MAX,
    NAME_CHARACTERS_MAX,
    UPDATES_MAX,
    FeedKind,
    Page,
    PageIncident,
    PageUpdate,
    in_order,
)
from mainstay.ops.feeds.text import first_instant, plain, safe_url
from mainstay.ops.feeds.words import components_of, impact_of, incident_status


class _Named(msgspec.Struct):
    name: str | None = None
    status: str | None = None
    group: bool | None = None


class _Touched(msgspec.Struct):
    name: str | None = None
    new_status: str | None = None


class _Update(msgspec.Struct):
    id: str = ""
    status: str | None = None
    body: str | None = None
    display_at: str | None = None
    created_at: str | None = None
    affected_components: list[_Touched] | None = None


class _Incident(msgspec.Struct):
    id: str = ""
    name: str | None = None
    status: str | None = None
    impact: str | None = None
    started_at: str | None = None
    created_at: str | None = None
    shortlink: str | None = None
    components: list[_Named] | None = None
    incident_updates: list[_Update] | None = None


class _About(msgspec.Struct):
    name: str | None = None


class _Document(msgspec.Struct):
    page: _About | None = None
    components: list[_Named] | None = None
    incidents: list[_Incident] | None = None


_decoder: Final = msgspec.json.Decoder(_Document)


def read_statuspage(body: bytes, _wall: float) -> Page:
    """The page. Raises `msgspec.DecodeError`."""
    document = _decoder.decode(body)
    name = document.page.name if document.page else ""
    return Page(
        FeedKind.STATUSPAGE,
        plain(name, NAME_CHARACTERS_MAX),
        components_of((one.name, one.status) for one in document.components or () if not one.group),
        tuple(_incident(one) for one in (document.incidents or ())[:INCIDENTS_MAX]),
    )


def _incident(raw: _Incident) -> PageIncident:
    updates = in_order(_update(one) for one in (raw.incident_updates or ())[:UPDATES_MAX])
    title = plain(raw.name, NAME_CHARACTERS_MAX)
    return PageIncident(
        plain(raw.id, NAME_CHARACTERS_MAX) or title,
        title,
        incident_status(raw.status),
        impact_of(raw.impact),
        first_instant(raw.started_at, raw.created_at),
        updates,
        tuple(one.name for one in components_of((one.name, "operational") for one in raw.components or ())),
        safe_url(raw.shortlink),
    )


def _update(raw: _Update) -> PageUpdate:
    at = first_instant(raw.display_at, raw.created_at)
    touched = components_of((one.name, one.new_status) for one in raw.affected_components or ())
    id_ = plain(raw.id, NAME_CHARACTERS_MAX) or f"{at or 0:.0f}"
    return PageUpdate(id_, at, incident_status(raw.status), plain(raw.body), touched)
