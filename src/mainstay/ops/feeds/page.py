"""A provider's status page as it was read, whichever software makes it. All texts are plain and cut."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from mainstay.model.incident import ComponentStatus, Impact, IncidentStatus

COMPONENTS_MAX: Final = 500
INCIDENTS_MAX: Final = 100
UPDATES_MAX: Final = 100
"""Of one incident."""
UPDATES_TOTAL_MAX: Final = 1_000
"""Of all incidents; the newest incidents keep theirs."""
NAME_CHARACTERS_MAX: Final = 200
TEXT_CHARACTERS_MAX: Final = 500
URL_CHARACTERS_MAX: Final = 500

RANKS: Final[Mapping[ComponentStatus, int]] = {
    ComponentStatus.OPERATIONAL: 0,
    ComponentStatus.MAINTENANCE: 0,
    ComponentStatus.DEGRADED: 1,
    ComponentStatus.PARTIAL_OUTAGE: 2,
    ComponentStatus.MAJOR_OUTAGE: 3,
}
"""How bad a status is. Maintenance that was announced is no fault."""

OF_IMPACT: Final[Mapping[Impact, ComponentStatus]] = {
    Impact.NONE: ComponentStatus.DEGRADED,
    Impact.MINOR: ComponentStatus.DEGRADED,
    Impact.MAJOR: ComponentStatus.PARTIAL_OUTAGE,
    Impact.CRITICAL: ComponentStatus.MAJOR_OUTAGE,
}
"""What an open incident says of a component that it only names."""


class FeedKind(StrEnum):
    """Which form a feed has."""

    STATUSPAGE = "statuspage"
    BETTER_STACK = "better-stack"
    INSTATUS = "instatus"
    GOOGLE = "google-cloud"
    RSS = "rss"
    ATOM = "atom"


class PageComponent(msgspec.Struct, frozen=True):
    """A component as the page lists it, with the state that it publishes: the last word of whoever wrote last."""

    name: str
    status: ComponentStatus


class PageUpdate(msgspec.Struct, frozen=True):
    """One update of an incident. `touched` are the states that it sets; `told_at` is the instant that the page puts on
    it (seconds since 1970), which may lie in the future or be missing."""

    id: str
    told_at: float | None
    status: IncidentStatus
    text: str = ""
    touched: tuple[PageComponent, ...] = ()


class PageIncident(msgspec.Struct, frozen=True):
    """One incident; its updates in the order in which they were said. `components` are names of those that it lists."""

    id: str
    title: str
    status: IncidentStatus
    impact: Impact
    started_at: float | None
    updates: tuple[PageUpdate, ...] = ()
    components: tuple[str, ...] = ()
    url: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it is not resolved."""
        return self.status is not IncidentStatus.RESOLVED

    def says(self) -> dict[str, ComponentStatus]:
        """What it says of each component that it names, as far as it has gone."""
        said = dict.fromkeys(self.components, OF_IMPACT[self.impact])
        for update in self.updates:
            said.update((one.name, one.status) for one in update.touched)
        return said


class Page(msgspec.Struct, frozen=True):
    """All of it. Maintenance that was announced is left out. `incidents` may hold resolved ones."""

    kind: FeedKind
    name: str = ""
    components: tuple[PageComponent, ...] = ()
    incidents: tuple[PageIncident, ...] = ()

    @property
    def open_incidents(self) -> tuple[PageIncident, ...]:
        """Those that are not resolved."""
        return tuple(one for one in self.incidents if one.is_open)

    @property
    def tells_history(self) -> bool:
        """Whether all updates of an incident stand there, and not the last one alone."""
        return self.kind in {FeedKind.STATUSPAGE, FeedKind.BETTER_STACK, FeedKind.GOOGLE}

    def published(self) -> dict[str, ComponentStatus]:
        """The state of each component as the page shows it."""
        return {one.name: one.status for one in self.components}

    def effective(self) -> dict[str, ComponentStatus]:
        """The worst that is said of each component by the page or any open incident: incidents write over each other,
        and one that ends says `operational` while another still goes on."""
        found = self.published()
        for incident in self.open_incidents:
            for name, status in incident.says().items():
                found[name] = worst((found.get(name, status), status))
        return found


def in_order(newest_first: Iterable[PageUpdate]) -> tuple[PageUpdate, ...]:
    """Updates in the order in which they were said."""
    updates = list(newest_first)[::-1]
    if all(one.told_at is not None for one in updates):
        updates.sort(key=lambda one: one.told_at or 0.0)
    return tuple(updates)


def worst(statuses: Iterable[ComponentStatus]) -> ComponentStatus:
    """The worst of these; `OPERATIONAL` for none."""
    return max(statuses, key=RANKS.__getitem__, default=ComponentStatus.OPERATIONAL)


def joined(first: Page, more: Page) -> Page:
    """What two answers of the same page say together. Of an incident that both tell, the longer account counts."""
    incidents = {one.id: one for one in first.incidents}
    for one in more.incidents:
        known = incidents.get(one.id)
        if known is None or len(one.updates) > len(known.updates):
            incidents[one.id] = one
    components = {one.name: one for one in (*more.components, *first.components)}
    return Page(
        first.kind, first.name or more.name, tuple(components.values())[:COMPONENTS_MAX], tuple(incidents.values())
    )


def bounded(page: Page) -> Page:
    """The page with so many incidents and updates as are remembered; open incidents first, then the newest."""
    room, kept = UPDATES_TOTAL_MAX, []
    for one in sorted(page.incidents, key=lambda its: (not its.is_open, -(its.started_at or 0.0)))[:INCIDENTS_MAX]:
        updates = one.updates[-room:] if room else ()
        kept.append(one if len(updates) == len(one.updates) else msgspec.structs.replace(one, updates=updates))
        room -= len(updates)
    return msgspec.structs.replace(page, incidents=tuple(kept))
