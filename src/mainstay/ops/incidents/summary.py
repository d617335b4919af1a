"""An incident in a few fields, for lists."""

import msgspec

from mainstay.model.incident import Affected, Impact, IncidentStatus
from mainstay.ops.incidents.state import IncidentState


class IncidentSummary(msgspec.Struct, frozen=True):
    """One row of a list; the words mean what they do in `IncidentState`."""

    id: str
    title: str
    status: IncidentStatus
    impact: Impact
    source: str
    started_at: float
    opened_at: float
    updated_at: float
    resolved_at: float | None
    affected: tuple[Affected, ...]
    commander: str
    acknowledged_by: str
    merged_into: str
    is_private: bool
    is_open: bool
    number: int


def summary(state: IncidentState) -> IncidentSummary:
    """The incident's row."""
    return IncidentSummary(
        id=state.id,
        title=state.title,
        status=state.status,
        impact=state.impact,
        source=state.source,
        started_at=state.started_at,
        opened_at=state.opened_at,
        updated_at=state.updated_at,
        resolved_at=state.resolved_at,
        affected=state.affected,
        commander=next((one.person for one in state.roles if one.role == "commander"), ""),
        acknowledged_by=state.acknowledged_by,
        merged_into=state.merged_into,
        is_private=state.is_private,
        is_open=state.is_open,
        number=state.number,
    )
