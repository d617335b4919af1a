"""Google Cloud's `incidents.json`: a list of incidents, each with the products that it affects."""

from typing import Final

import msgspec

from mainstay.model.incident import ComponentStatus, IncidentStatus
from mainstay.ops.feeds.page import (
    COMPONENTS_MAX,
    INCIDENTS_MAX,
    NAME_CHARACTERS_MAX,
    UPDATES_MAX,
    FeedKind,
    Page,
    PageComponent,
    PageIncident,
    PageUpdate,
    in_order,
)
from mainstay.ops.feeds.text import first_instant, instant, plain, safe_url
from mainstay.ops.feeds.words import component_status, impact_of

ROOT: Final = "https://status.cloud.google.com/"


class _Product(msgspec.Struct):
    title: str | None = None


class _Update(msgspec.Struct):
    created: str | None = None
    when: str | None = None
    text: str | None = None
    status: str | None = None


class _Incident(msgspec.Struct):
    id: str = ""
    begin: str | None = None
    end: str | None = None
    external_desc: str | None = None
    updates: list[_Update] | None = None
    status_impact: str | None = None
    severity: str | None = None
    affected_products: list[_Product] | None = None
    service_name: str | None = None
    uri: str | None = None


_decoder: Final = msgspec.json.Decoder(list[_Incident])


def read_google(body: bytes, wall: float) -> Page:
    """The page; the newest incidents come first in the feed. Raises `msgspec.DecodeError`."""
    incidents = tuple(_incident(one, wall) for one in _decoder.decode(body)[:INCIDENTS_MAX])
    return Page(FeedKind.GOOGLE, "Google Cloud", (), incidents)


def _incident(raw: _Incident, wall: float) -> PageIncident:
    names = tuple(dict.fromkeys(filter(None, (_name(one.title) for one in raw.affected_products or ()))))
    names = names[:COMPONENTS_MAX] or tuple(filter(None, (_name(raw.service_name),)))
    updates = in_order(_update(one, names) for one in (raw.updates or ())[:UPDATES_MAX])
    end = instant(raw.end)
    is_over = end is not None and end <= wall
    return PageIncident(
        plain(raw.id, NAME_CHARACTERS_MAX),
        plain(raw.external_desc, NAME_CHARACTERS_MAX),
        IncidentStatus.RESOLVED if is_over else IncidentStatus.INVESTIGATING,
        impact_of(raw.status_impact or raw.severity),
        instant(raw.begin),
        updates,
        names,
        safe_url(f"{ROOT}{raw.uri}") if raw.uri else "",
    )


def _update(raw: _Update, names: tuple[str, ...]) -> PageUpdate:
    at, status = first_instant(raw.when, raw.created), component_status(raw.status)
    is_over = status is ComponentStatus.OPERATIONAL
    touched = tuple(PageComponent(name, status) for name in names) if status is not None else ()
    word = IncidentStatus.MONITORING if is_over else IncidentStatus.INVESTIGATING
    return PageUpdate(f"{at or 0:.0f}", at, word, plain(raw.text), touched)


def _name(raw: str | None) -> str:
    return plain(raw, NAME_CHARACTERS_MAX)
