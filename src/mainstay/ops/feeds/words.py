"""The words that status pages have for states, in all their spellings."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from mainstay.model.incident import ComponentStatus, Impact, IncidentStatus
from mainstay.ops.feeds.page import COMPONENTS_MAX, NAME_CHARACTERS_MAX, PageComponent
from mainstay.ops.feeds.text import plain

_LETTERS: Final = re.compile(r"[^a-z]+")

_COMPONENT: Final[Mapping[str, ComponentStatus]] = {
    "operational": ComponentStatus.OPERATIONAL,
    "up": ComponentStatus.OPERATIONAL,
    "available": ComponentStatus.OPERATIONAL,
    "resolved": ComponentStatus.OPERATIONAL,
    "degradedperformance": ComponentStatus.DEGRADED,
    "degraded": ComponentStatus.DEGRADED,
    "hasissues": ComponentStatus.DEGRADED,
    "serviceinformation": ComponentStatus.DEGRADED,
    "partialoutage": ComponentStatus.PARTIAL_OUTAGE,
    "minoroutage": ComponentStatus.PARTIAL_OUTAGE,
    "servicedisruption": ComponentStatus.PARTIAL_OUTAGE,
    "majoroutage": ComponentStatus.MAJOR_OUTAGE,
    "fulloutage": ComponentStatus.MAJOR_OUTAGE,
    "downtime": ComponentStatus.MAJOR_OUTAGE,
    "down": ComponentStatus.MAJOR_OUTAGE,
    "serviceoutage": ComponentStatus.MAJOR_OUTAGE,
    "undermaintenance": ComponentStatus.MAINTENANCE,
    "maintenance": ComponentStatus.MAINTENANCE,
}
_INCIDENT: Final[Mapping[str, IncidentStatus]] = {
    "investigating": IncidentStatus.INVESTIGATING,
    "identified": IncidentStatus.IDENTIFIED,
    "monitoring": IncidentStatus.MONITORING,
    "verifying": IncidentStatus.MONITORING,
    "resolved": IncidentStatus.RESOLVED,
    "postmortem": IncidentStatus.RESOLVED,
    "completed": IncidentStatus.RESOLVED,
    "closed": IncidentStatus.RESOLVED,
}
_IMPACT: Final[Mapping[str, Impact]] = {
    "none": Impact.NONE,
    "operational": Impact.NONE,
    "minor": Impact.MINOR,
    "low": Impact.MINOR,
    "degraded": Impact.MINOR,
    "degradedperformance": Impact.MINOR,
    "medium": Impact.MAJOR,
    "major": Impact.MAJOR,
    "partialoutage": Impact.MAJOR,
    "servicedisruption": Impact.MAJOR,
    "critical": Impact.CRITICAL,
    "high": Impact.CRITICAL,
    "majoroutage": Impact.CRITICAL,
    "downtime": Impact.CRITICAL,
    "serviceoutage": Impact.CRITICAL,
}


def component_status(word: str | None) -> ComponentStatus | None:
    """A component's state; `None` for a word that nobody knows: it is no evidence of anything."""
    return _COMPONENT.get(_bare(word))


def incident_status(word: str | None) -> IncidentStatus:
    """An incident's status. One that nobody knows is still open, as far as we know."""
    return _INCIDENT.get(_bare(word), IncidentStatus.INVESTIGATING)


def impact_of(word: str | None) -> Impact:
    """An impact; the label is weak evidence, and an unknown one is a minor one."""
    return _IMPACT.get(_bare(word), Impact.MINOR)


def _bare(word: str | None) -> str:
    return _LETTERS.sub("", (word or "")[:100].lower())


def components_of(pairs: Iterable[tuple[str | None, str | None]]) -> tuple[PageComponent, ...]:
    """Components from pairs of name and state, each name once; those without a name or a known state are left out."""
    found: dict[str, PageComponent] = {}
    for raw, word in pairs:
        name, status = plain(raw, NAME_CHARACTERS_MAX), component_status(word)
        if name and status is not None and len(found) < COMPONENTS_MAX:
            found[name] = PageComponent(name, status)
    return tuple(found.values())
