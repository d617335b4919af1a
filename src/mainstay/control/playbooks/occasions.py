"""Occasions: what happened, as triggers see it. Made of records."""

from typing import Final

from mainstay.control.playbooks.ports import FactsPort
from mainstay.model.incident import Moved, Opened, Published, Rated, Retitled, Scoped, Took
from mainstay.model.playbook import ComponentState
from mainstay.model.records import AlertRecord, DetectionRecord, IncidentRecord, Record
from mainstay.ops.playbooks.triggers import AlertOccasion, EvidenceOccasion, IncidentOccasion, Occasion

OCCASION_SECONDS_MAX: Final = 3_600.0
"""What happened longer ago begins nothing any more."""
UPDATES: Final = (Moved, Rated, Scoped, Retitled, Published, Took)
"""Events that change what an incident is. Words alone begin no run."""
STATES: Final[dict[str, ComponentState]] = {
    "well": "well",
    "suspected": "suspected",
    "ill": "ill",
    "recovering": "recovering",
}


def occasion_of(record: Record, facts: FactsPort, now: float) -> Occasion | None:
    """The occasion that this record is; `None` for none, and for one that is too old."""
    if now - record.at > OCCASION_SECONDS_MAX:
        return None
    match record:
        case IncidentRecord(event=Opened()):
            return _of_incident(record, "opened", facts)
        case IncidentRecord() if isinstance(record.event, UPDATES):
            return _of_incident(record, "updated", facts)
        case DetectionRecord() if record.state in STATES:
            return EvidenceOccasion(record.id, record.at, record.component, STATES[record.state], record.cause)
        case AlertRecord():
            return AlertOccasion(record.id, record.at, record.kind, record.upstream, record.credential)
        case _:
            return None


def _of_incident(record: IncidentRecord, event: str, facts: FactsPort) -> IncidentOccasion | None:
    incident = facts.facts(record.incident).incident
    if incident is None:
        return None
    key, by_playbook = f"{record.incident}/{record.number}", record.by.startswith("playbook ")
    return IncidentOccasion(key, record.at, "opened" if event == "opened" else "updated", incident, by_playbook)
