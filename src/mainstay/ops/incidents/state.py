"""What an incident is after its events: values ready to be shown."""

from typing import Literal

import msgspec

from mainstay.model.evidence import Evidence
from mainstay.model.incident import (
    Affected,
    ComponentStatus,
    Impact,
    IncidentEvent,
    IncidentStatus,
    Linked,
)


class RoleHolder(msgspec.Struct, frozen=True):
    """Who has a role now."""

    role: str
    person: str
    since: float


class Update(msgspec.Struct, frozen=True):
    """What everybody was told, or a change of status without words. `affected` is how all components were then."""

    number: int
    at: float
    status: IncidentStatus
    text: str
    by: str
    affected: tuple[Affected, ...]


class CourseStep(msgspec.Struct, frozen=True):
    """How all components are from this instant on."""

    at: float
    affected: tuple[Affected, ...]


class Entry(msgspec.Struct, frozen=True):
    """One line of the timeline."""

    number: int
    id: str
    """Of the record."""
    at: float
    by: str
    via: str
    event: IncidentEvent
    words: str
    """The event in a sentence, for people who work on it."""
    evidence: tuple[Evidence, ...] = ()
    is_public: bool = False
    """Whether it is for everybody, as far as the incident is."""
    is_late: bool = False
    """Whether it was written down after something that happened later."""


class Link(msgspec.Struct, frozen=True):
    """Something that belongs to it, and since when."""

    link: Linked
    at: float


class NagCount(msgspec.Struct, frozen=True):
    """How often people were reminded of the same thing, and when last."""

    clock: str
    due_at: float
    count: int
    last_at: float


class IncidentState(msgspec.Struct, frozen=True):
    """An incident. Instants are seconds since 1970; `None`: not (or not any more)."""

    id: str
    number: int
    """How many events it has."""
    title: str
    status: IncidentStatus
    impact: Impact
    worst_impact: Impact
    source: Literal["detection", "hand", "playbook"]
    started_at: float
    """When the trouble began, as far as known."""
    opened_at: float
    detected_at: float
    """When we first knew: the earliest bad evidence that belongs to it, else when it was opened."""
    updated_at: float
    """When its last event happened."""
    opening: str = ""
    """Id of the record that opened it."""
    group: str = ""
    is_private: bool = False
    affected: tuple[Affected, ...] = ()
    acknowledged_at: float | None = None
    acknowledged_by: str = ""
    identified_at: float | None = None
    """When the cause was first known."""
    mitigated_at: float | None = None
    """Since when it has been monitored or resolved without going backwards."""
    resolved_at: float | None = None
    reopened_at: float | None = None
    first_post_at: float | None = None
    """When everybody was first told something in words."""
    last_post_at: float | None = None
    scoped_at: float | None = None
    """When it was first said what is affected."""
    regressions: int = 0
    """How often its status went backwards."""
    reopenings: int = 0
    """How often of these it had been resolved."""
    is_led: bool = False
    """Whether a person leads it, so that nothing is decided without people."""
    merged_into: str = ""
    took: tuple[str, ...] = ()
    told: int = 0
    """People were notified of what happened up to this event."""
    roles: tuple[RoleHolder, ...] = ()
    links: tuple[Link, ...] = ()
    updates: tuple[Update, ...] = ()
    """In order of their instants."""
    course: tuple[CourseStep, ...] = ()
    """How its components went, in order."""
    nags: tuple[NagCount, ...] = ()
    timeline: tuple[Entry, ...] = ()
    """All events, in order of their instants."""

    @property
    def is_open(self) -> bool:
        """Whether work on it goes on."""
        return self.status != IncidentStatus.RESOLVED and not self.merged_into

    def status_of(self, component: str) -> ComponentStatus | None:
        """How this component is by this incident; `None` where it is not among those that are affected."""
        return next((one.status for one in self.affected if one.component == component), None)

    def seconds(self, wall: float) -> float:
        """How long the trouble lasted, or lasts until now."""
        return max(0.0, (wall if self.resolved_at is None else self.resolved_at) - self.started_at)


class Refused(msgspec.Struct, frozen=True):
    """Why something was not done, and what to do instead."""

    reason: str
    advice: str = ""

    @property
    def words(self) -> str:
        """In one line."""
        return f"{self.reason}; {self.advice}" if self.advice else self.reason
