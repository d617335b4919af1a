"""Better Stack's status pages: `/index.json`, a JSON:API document."""

from typing import Final

import msgspec

from mainstay.model.incident import ComponentStatus, IncidentStatus
from mainstay.ops.feeds.page import (
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
from mainstay.ops.feeds.text import instant, plain
from mainstay.ops.feeds.words import components_of, impact_of


class _Affected(msgspec.Struct):
    status_page_resource_id: str | int | None = None
    status: str | None = None


class _Attributes(msgspec.Struct):
    company_name: str | None = None
    public_name: str | None = None
    status: str | None = None
    title: str | None = None
    report_type: str | None = None
    aggregate_state: str | None = None
    starts_at: str | None = None
    ends_at: str | None = None
    message: str | None = None
    published_at: str | None = None
    status_report_id: str | int | None = None
    affected_resources: list[_Affected] | None = None


class _Item(msgspec.Struct):
    id: str | int = ""
    type: str = ""
    attributes: _Attributes | None = None


class _Document(msgspec.Struct):
    data: _Item
    included: list[_Item] | None = None


_decoder: Final = msgspec.json.Decoder(_Document)


def read_better_stack(body: bytes, wall: float) -> Page:
    """The page. Raises `msgspec.DecodeError`."""
    document = _decoder.decode(body)
    name = document.data.attributes.company_name if document.data.attributes else ""
    items = [(one.type, str(one.id), one.attributes) for one in document.included or () if one.attributes]
    names = {id_: plain(its.public_name, NAME_CHARACTERS_MAX) for kind, id_, its in items if kind.endswith("_resource")}
    updates: dict[str, list[PageUpdate]] = {}
    for kind, id_, its in items:
        if kind == "status_update":
            updates.setdefault(str(its.status_report_id), []).append(_update(id_, its, names))
    reports = [
        _incident(id_, its, names, updates.get(id_, []), wall)
        for kind, id_, its in items
        if kind == "status_report" and its.report_type != "maintenance"
    ]
    components = components_of((its.public_name, its.status) for kind, _, its in items if kind.endswith("_resource"))
    return Page(FeedKind.BETTER_STACK, plain(name, NAME_CHARACTERS_MAX), components, tuple(reports[:INCIDENTS_MAX]))


def _incident(
    id_: str, its: _Attributes, names: dict[str, str], updates: list[PageUpdate], wall: float
) -> PageIncident:
    ends_at = instant(its.ends_at)
    is_over = ends_at is not None and ends_at <= wall
    touched = _touched(its, names)
    return PageIncident(
        plain(id_, NAME_CHARACTERS_MAX),
        plain(its.title, NAME_CHARACTERS_MAX),
        IncidentStatus.RESOLVED if is_over else IncidentStatus.INVESTIGATING,
        impact_of(its.aggregate_state),
        instant(its.starts_at),
        in_order(updates[:UPDATES_MAX]),
        tuple(one.name for one in touched),
    )


def _update(id_: str, its: _Attributes, names: dict[str, str]) -> PageUpdate:
    touched = _touched(its, names)
    is_over = bool(touched) and all(one.status is ComponentStatus.OPERATIONAL for one in touched)
    status = IncidentStatus.RESOLVED if is_over else IncidentStatus.INVESTIGATING
    return PageUpdate(plain(id_, NAME_CHARACTERS_MAX), instant(its.published_at), status, plain(its.message), touched)


def _touched(its: _Attributes, names: dict[str, str]) -> tuple[PageComponent, ...]:
    pairs = ((names.get(str(one.status_page_resource_id)), one.status) for one in its.affected_resources or ())
    return components_of(pairs)
