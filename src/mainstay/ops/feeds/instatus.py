"""Instatus: `/summary.json` (active incidents) and `/v2/components.json`."""

from typing import Final

import msgspec

from mainstay.ops.feeds.page import (
    INCIDENTS_MAX,
    NAME_CHARACTERS_MAX,
    FeedKind,
    Page,
    PageIncident,
    PageUpdate,
)
from mainstay.ops.feeds.text import first_instant, instant, plain, safe_url
from mainstay.ops.feeds.words import components_of, impact_of, incident_status


class _About(msgspec.Struct):
    name: str | None = None


class _Incident(msgspec.Struct, rename="camel"):
    id: str = ""
    name: str | None = None
    started: str | None = None
    status: str | None = None
    impact: str | None = None
    url: str | None = None
    updated_at: str | None = None


class _Component(msgspec.Struct):
    name: str | None = None
    status: str | None = None


class _Document(msgspec.Struct, rename="camel"):
    page: _About | None = None
    active_incidents: list[_Incident] | None = None
    components: list[_Component] | None = None


_decoder: Final = msgspec.json.Decoder(_Document)


def read_instatus(body: bytes, _wall: float) -> Page:
    """The page. Raises `msgspec.DecodeError`."""
    document = _decoder.decode(body)
    name = document.page.name if document.page else ""
    incidents = tuple(_incident(one) for one in (document.active_incidents or ())[:INCIDENTS_MAX])
    components = components_of((one.name, one.status) for one in document.components or ())
    return Page(FeedKind.INSTATUS, plain(name, NAME_CHARACTERS_MAX), components, incidents)


def _incident(raw: _Incident) -> PageIncident:
    title, status = plain(raw.name, NAME_CHARACTERS_MAX), incident_status(raw.status)
    # Its updates are not told. What is known is when it stood so.
    update = PageUpdate(status.value, first_instant(raw.updated_at, raw.started), status)
    id_ = plain(raw.id, NAME_CHARACTERS_MAX) or title
    return PageIncident(
        id_, title, status, impact_of(raw.impact), instant(raw.started), (update,), (), safe_url(raw.url)
    )
