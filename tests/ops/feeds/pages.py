"""Small pages for tests, and instants on the day of which they tell."""

from mainstay.model.incident import ComponentStatus, Impact, IncidentStatus
from mainstay.ops.feeds.page import FeedKind, Page, PageComponent, PageIncident, PageUpdate

WELL = ComponentStatus.OPERATIONAL
DEGRADED = ComponentStatus.DEGRADED
PARTIAL = ComponentStatus.PARTIAL_OUTAGE
MAJOR = ComponentStatus.MAJOR_OUTAGE
DAY = 1_772_409_600.0


def at(clock: str) -> float:
    """An instant of the day, from `11:49:20`."""
    hours, minutes, seconds = (int(part) for part in (*clock.split(":"), "0")[:3])
    return DAY + 3_600 * hours + 60 * minutes + seconds


def update(
    clock: str,
    status: str = "investigating",
    text: str = "",
    touched: dict[str, ComponentStatus] | None = None,
    id: str = "",  # noqa: A002 - the field's name
) -> PageUpdate:
    components = tuple(PageComponent(name, state) for name, state in (touched or {}).items())
    return PageUpdate(id or clock, at(clock), IncidentStatus(status), text, components)


def incident(
    id: str,  # noqa: A002 - the field's name
    title: str,
    *updates: PageUpdate,
    impact: str = "minor",
    components: tuple[str, ...] = (),
) -> PageIncident:
    status = updates[-1].status if updates else IncidentStatus.INVESTIGATING
    began = updates[0].told_at if updates else DAY
    return PageIncident(id, title, status, Impact(impact), began, updates, components, f"https://stspg.io/{id}")


def page(
    *incidents: PageIncident,
    components: dict[str, ComponentStatus] | None = None,
    kind: FeedKind = FeedKind.STATUSPAGE,
) -> Page:
    listed = tuple(PageComponent(name, status) for name, status in (components or {}).items())
    return Page(kind, "Lab", listed, incidents)
