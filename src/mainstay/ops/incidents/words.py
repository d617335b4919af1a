"""Events of incidents in words, for people who work on them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from mainstay.model.incident import (
    Acknowledged,
    Affected,
    ComponentStatus,
    IncidentEvent,
    Linked,
    Merged,
    Moved,
    Nagged,
    Noted,
    Opened,
    Pinned,
    Posted,
    Published,
    Rated,
    Retitled,
    Scoped,
    Staffed,
    Told,
    Took,
)

STATUS_WORDS: Final[Mapping[ComponentStatus, str]] = {
    ComponentStatus.OPERATIONAL: "operational",
    ComponentStatus.DEGRADED: "degraded",
    ComponentStatus.PARTIAL_OUTAGE: "partial outage",
    ComponentStatus.MAJOR_OUTAGE: "major outage",
    ComponentStatus.MAINTENANCE: "under maintenance",
}
CLOCK_WORDS: Final[Mapping[str, str]] = {
    "first-post": "the first public update",
    "scope": "what is affected",
    "next-update": "the next public update",
}
LINK_WORDS: Final[Mapping[str, str]] = {
    "order": "order",
    "run": "playbook run",
    "provider": "the provider's incident",
    "report": "report",
}

_WORDS: Final[Mapping[type, Callable[..., str]]] = {
    Opened: lambda event: f"opened as {event.impact.value}: {event.title}{_after(event.text, '. ')}",
    Moved: lambda event: f"{event.status.value}{_after(event.text)}",
    Posted: lambda event: f"told everybody: {event.text}",
    Noted: lambda event: f"noted: {event.text}",
    Rated: lambda event: f"impact is {event.impact.value}{_after(event.why)}",
    Scoped: lambda event: f"affected: {affected_words(event.affected)}",
    Retitled: lambda event: f"is now called: {event.title}",
    Pinned: lambda event: f"evidence on {event.evidence.component}: {event.evidence.words}",
    Staffed: lambda event: f"{event.role} is {event.person or 'nobody'}",
    Acknowledged: lambda _event: "acknowledged",
    Linked: lambda event: f"{LINK_WORDS[event.kind]} {event.id} belongs to it{_after(event.text)}",
    Merged: lambda event: f"goes on as part of {event.into}",
    Took: lambda event: f"goes on for {event.other} too",
    Nagged: lambda event: f"reminded of {CLOCK_WORDS[event.clock]}, due since {instant(event.due_at)}",
    Told: lambda event: f"notified people of what happened up to event {event.number}",
    Published: lambda event: "kept from the status page" if event.is_private else "shown on the status page",
}


def words_of(event: IncidentEvent) -> str:
    """The event in a sentence, without who and when."""
    return _WORDS[type(event)](event)


def affected_words(affected: Sequence[Affected]) -> str:
    """Components and how they are; `nothing` for none."""
    return ", ".join(f"{one.component} ({STATUS_WORDS[one.status]})" for one in affected) or "nothing"


def instant(at: float) -> str:
    """Seconds since 1970 as date and time, UTC, to the second."""
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return f"@{at:g}"


def _after(text: str, mark: str = ": ") -> str:
    return f"{mark}{text}" if text else ""
