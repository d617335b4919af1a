"""Incidents: their words, and the events that they are made of. An incident is a fold of its events."""

from enum import StrEnum
from typing import Literal

import msgspec

from mainstay.model.evidence import Evidence


class IncidentStatus(StrEnum):
    """Where the work stands. Any may follow any: reality goes backwards too."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"


class Impact(StrEnum):
    """How much our callers feel of it, from the least to the most."""

    NONE = "none"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class ComponentStatus(StrEnum):
    """How a component is, in the words of Statuspage, from the best to the worst; maintenance stands apart."""

    OPERATIONAL = "operational"
    DEGRADED = "degraded_performance"
    PARTIAL_OUTAGE = "partial_outage"
    MAJOR_OUTAGE = "major_outage"
    MAINTENANCE = "under_maintenance"


class Affected(msgspec.Struct, frozen=True):
    """A component (by name) and how it is."""

    component: str
    status: ComponentStatus


class Opened(msgspec.Struct, frozen=True, tag="opened", omit_defaults=True):
    """It began. `source` says by whose doing. `started_at` is when the trouble did, as far as known."""

    title: str
    impact: Impact
    source: Literal["detection", "hand", "playbook"]
    started_at: float
    affected: tuple[Affected, ...] = ()
    text: str = ""
    evidence: tuple[Evidence, ...] = ()
    is_private: bool = False
    """Whether it is kept from the status page."""
    group: str = ""
    """What detection sees in common with other trouble, such as a shared dependency."""


class Moved(msgspec.Struct, frozen=True, tag="moved", omit_defaults=True):
    """Its status changed, with a word to everybody where `text` is not empty. From `resolved` to another one it is
    reopened."""

    status: IncidentStatus
    text: str = ""


class Posted(msgspec.Struct, frozen=True, tag="posted"):
    """An update for everybody; the status stays."""

    text: str


class Noted(msgspec.Struct, frozen=True, tag="noted"):
    """A note for the people who work on it; never on the status page."""

    text: str


class Rated(msgspec.Struct, frozen=True, tag="rated"):
    """Its impact changed."""

    impact: Impact
    why: str = ""


class Scoped(msgspec.Struct, frozen=True, tag="scoped"):
    """What is affected changed. Components that are not named stay as they are; one that is well again stays in the
    list, as operational."""

    affected: tuple[Affected, ...]


class Retitled(msgspec.Struct, frozen=True, tag="retitled"):
    """It has another title."""

    title: str


class Pinned(msgspec.Struct, frozen=True, tag="pinned"):
    """Evidence that belongs to it."""

    evidence: Evidence


class Staffed(msgspec.Struct, frozen=True, tag="staffed"):
    """A person took a role; an empty person gave it back."""

    role: Literal["commander", "deputy", "scribe", "liaison", "responder"]
    person: str


class Acknowledged(msgspec.Struct, frozen=True, tag="acknowledged"):
    """Somebody has seen it and acts: escalation stops."""


class Linked(msgspec.Struct, frozen=True, tag="linked", omit_defaults=True):
    """Something belongs to it: an `order`, a playbook `run`, an incident of a `provider`'s page, a `report`."""

    kind: Literal["order", "run", "provider", "report"]
    id: str
    text: str = ""


class Merged(msgspec.Struct, frozen=True, tag="merged"):
    """It turned out to be part of another one, which goes on for both. Its own work ends."""

    into: str


class Took(msgspec.Struct, frozen=True, tag="took"):
    """It goes on for another one too."""

    other: str


class Nagged(msgspec.Struct, frozen=True, tag="nagged"):
    """A clock of communication ran out and people were reminded: `first-post`, `scope` or `next-update`."""

    clock: Literal["first-post", "scope", "next-update"]
    due_at: float


class Told(msgspec.Struct, frozen=True, tag="told"):
    """People were notified of all that had happened up to the event of this number, so that nobody does it again."""

    number: int


class Published(msgspec.Struct, frozen=True, tag="published"):
    """Whether it is shown on the status page was changed."""

    is_private: bool


IncidentEvent = (
    Opened
    | Moved
    | Posted
    | Noted
    | Rated
    | Scoped
    | Retitled
    | Pinned
    | Staffed
    | Acknowledged
    | Linked
    | Merged
    | Took
    | Nagged
    | Told
    | Published
)
