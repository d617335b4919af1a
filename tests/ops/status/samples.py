"""A day in the life of a status page, for tests."""

from mainstay.model.evidence import Evidence
from mainstay.model.incident import (
    Affected,
    ComponentStatus,
    Impact,
    IncidentEvent,
    IncidentStatus,
    Linked,
    Moved,
    Noted,
    Opened,
    Posted,
    Scoped,
    Staffed,
)
from mainstay.model.records import IncidentRecord
from mainstay.model.settings import StatusPageSettings
from mainstay.ops.detection.values import Standing
from mainstay.ops.incidents.fold import fold
from mainstay.ops.incidents.state import IncidentState
from mainstay.ops.status.sources import Said, StatusSources, TrafficDay
from mainstay.ops.status.traffic import DAY_SECONDS

NOW = 1_780_000_200.0
"""2026-05-28 20:30:00 UTC."""
TODAY = int(NOW // DAY_SECONDS) * DAY_SECONDS
OUT = ComponentStatus.MAJOR_OUTAGE
PART = ComponentStatus.PARTIAL_OUTAGE
SLOW = ComponentStatus.DEGRADED
WELL = ComponentStatus.OPERATIONAL


def evidence(words: str = "12 of 14 attempts failed", *, at: float = NOW - 1_790) -> Evidence:
    return Evidence("own", "upstream:north", at, is_bad=True, words=words, source="ex-secret-1")


def incident(name: str, *events: tuple[float, IncidentEvent], by: str = "ada") -> IncidentState:
    """An incident of these events, each with its instant."""
    records = [
        IncidentRecord(f"r{number}", at, name, number, by, event, "console")
        for number, (at, event) in enumerate(events, 1)
    ]
    state = fold(records)
    assert state is not None
    return state


def open_incident(name: str = "INC-2", *, is_private: bool = False) -> IncidentState:
    """One that began half an hour ago and is identified by now; with much that is nobody's business."""
    began = NOW - 1_800
    affected = (Affected("model:sonnet", PART), Affected("upstream:north/sonnet-v4", OUT))
    opened = Opened("Answers fail", Impact.MAJOR, "detection", began, affected, "", (evidence(),), is_private)
    return incident(
        name,
        (began + 20, opened),
        (began + 60, Posted("Some answers fail. We look into it.")),
        (began + 90, Noted("secret-note: tenant acme is loud")),
        (began + 100, Staffed("commander", "secret-person")),
        (began + 110, Linked("run", "secret-run", "secret-words")),
        (began + 300, Moved(IncidentStatus.IDENTIFIED, "A provider is down. Others serve for it.")),
        (began + 600, Scoped((Affected("model:sonnet", SLOW),))),
        by="secret-author",
    )


def past_incident(name: str = "INC-1", began: float = NOW - 3 * DAY_SECONDS) -> IncidentState:
    """One that lasted an hour: half of it out, half of it in part."""
    affected = (Affected("model:opus", OUT),)
    return incident(
        name,
        (began + 10, Opened("No answers", Impact.CRITICAL, "hand", began, affected, "Nobody is answered.")),
        (began + 1_800, Scoped((Affected("model:opus", PART),))),
        (began + 2_400, Moved(IncidentStatus.MONITORING, "It works again.")),
        (began + 3_600, Scoped((Affected("model:opus", WELL),))),
        (began + 3_600, Moved(IncidentStatus.RESOLVED, "Over.")),
    )


def traffic(*, days: int = 60, lost_seconds: float = 0.0) -> tuple[TrafficDay, ...]:
    """So many days until today, each seen in full."""
    starts = range(TODAY - (days - 1) * DAY_SECONDS, TODAY + 1, DAY_SECONDS)
    return tuple(TrafficDay(start, 1_000, 0, lost_seconds, min(NOW - start, DAY_SECONDS)) for start in starts)


def sources() -> StatusSources:
    """A page with two models and two providers, of which one is ill."""
    settings = StatusPageSettings("Acme AI", "https://status.acme.example", support="Ask help@acme.example.")
    names = ("gateway", "model:sonnet", "model:opus", "upstream:north", "upstream:south")
    return StatusSources(
        NOW,
        settings,
        ("sonnet", "opus"),
        ("north", "south"),
        {name: traffic() for name in names},
        (
            Standing("upstream:north", "ill", NOW - 1_780, "12 of 14 secret-reason", OUT, Impact.MAJOR),
            Standing("model:opus", "suspected", NOW - 60, "secret-suspicion", PART, Impact.MINOR),
        ),
        (past_incident(), open_incident()),
        (
            Said("north", SLOW, "Elevated errors", "https://status.north.example/", NOW - 900, NOW - 30, 720.0),
            Said("south", WELL, "", "https://status.south.example/", None, NOW - 30),
        ),
    )
