"""Facts: what is known of the world when a run decides how to go on."""

from typing import Literal

import msgspec

from mainstay.model.incident import Affected, Impact, IncidentStatus
from mainstay.model.playbook import ComponentState


class ComponentFact(msgspec.Struct, frozen=True):
    """How detection sees a component, and since when (seconds since 1970)."""

    state: ComponentState
    since: float


class ProbeFact(msgspec.Struct, frozen=True):
    """How a probe ended, and when it began (seconds since 1970)."""

    at: float
    outcome: Literal["served", "failed", "no-sample"]
    words: str = ""


class IncidentFact(msgspec.Struct, frozen=True, omit_defaults=True):
    """An incident as it is. `affected` holds components that are well again, too."""

    id: str
    title: str
    status: IncidentStatus
    impact: Impact
    affected: tuple[Affected, ...] = ()
    source: str = ""
    cause: str = ""
    opened_at: float = 0.0


class Facts(msgspec.Struct, frozen=True):
    """All of it. Components and probes by the component's name; what is not in it is not known. `incident` is the one
    that the run is about."""

    components: dict[str, ComponentFact] = {}
    probes: dict[str, ProbeFact] = {}
    incident: IncidentFact | None = None


NOTHING_KNOWN = Facts()
