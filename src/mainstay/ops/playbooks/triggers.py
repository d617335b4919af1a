"""Triggers: whether something that happened begins a run of a playbook, and what the run is about."""

from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from mainstay.model.components import Component
from mainstay.model.incident import ComponentStatus, Impact, IncidentStatus
from mainstay.model.playbook import (
    AlertTrigger,
    ComponentState,
    EvidenceTrigger,
    IncidentTrigger,
    Playbook,
    ScheduleTrigger,
    Trigger,
)
from mainstay.ops.playbooks.conditions import IMPACTS
from mainstay.ops.playbooks.facts import IncidentFact
from mainstay.ops.playbooks.patterns import is_like, matches, part_of
from mainstay.ops.playbooks.state import RunState
from mainstay.ops.playbooks.texts import worst_first

OPEN_RUNS_MAX: Final = 50
"""Triggers begin no more while so many runs are under way: something is wrong, and people must look."""


class IncidentOccasion(msgspec.Struct, frozen=True):
    """An incident was opened or updated. `by_playbook`: one of ours did it."""

    key: str
    at: float
    event: Literal["opened", "updated"]
    incident: IncidentFact
    by_playbook: bool = False


class EvidenceOccasion(msgspec.Struct, frozen=True):
    """Detection changed its mind about a component."""

    key: str
    at: float
    component: str
    state: ComponentState
    cause: str = ""


class AlertOccasion(msgspec.Struct, frozen=True):
    """A gateway raised an alert."""

    key: str
    at: float
    kind: str
    upstream: str
    credential: str = ""


class ScheduleOccasion(msgspec.Struct, frozen=True):
    """The time of a cron expression came."""

    key: str
    at: float
    cron: str


Occasion = IncidentOccasion | EvidenceOccasion | AlertOccasion | ScheduleOccasion


class Subject(msgspec.Struct, frozen=True):
    """What a run is about. `cause` says in words why it begins."""

    cause: str
    incident: str = ""
    component: str = ""
    credential: str = ""


def subject_of(playbook: Playbook, occasion: Occasion) -> Subject | None:
    """What a run of the playbook would be about; `None` where the occasion is none for it."""
    for trigger in playbook.triggers:
        found = _subject(trigger, occasion)
        if found is not None:
            return found
    return None


def hindrance(playbook: Playbook, occasion: Occasion, subject: Subject, runs: Iterable[RunState], now: float) -> str:
    """Why no run is begun all the same; empty where one is. `runs` are those under way, and the latest others."""
    of_it = [run for run in runs if run.playbook.name == playbook.name]
    if any(run.began.occasion == occasion.key for run in of_it):
        return "it has begun one already"
    same = [run for run in of_it if is_about(run, subject)]
    if any(not run.is_over for run in same):
        return "one about the same is under way"
    begun = [run for run in same if run.via == "trigger"]
    if subject.incident and playbook.runs == "once" and begun:
        return f"{begun[-1].run} was about the same incident"
    is_scheduled = isinstance(occasion, ScheduleOccasion)
    if not is_scheduled and any(now - run.began_at < playbook.pause_seconds for run in begun):
        return f"the last one began less than {playbook.pause_seconds:g} s ago"
    return ""


def is_about(run: RunState, subject: Subject) -> bool:
    """Whether a run is about this: the same incident, or without one the same component and credential."""
    if subject.incident or run.began.incident:
        return run.began.incident == subject.incident
    return (run.component, run.began.credential) == (subject.component, subject.credential)


def _subject(trigger: Trigger, occasion: Occasion) -> Subject | None:
    match trigger, occasion:
        case IncidentTrigger(), IncidentOccasion():
            return _of_incident(trigger, occasion)
        case EvidenceTrigger(), EvidenceOccasion():
            is_meant = occasion.state in trigger.states and _any_matches(trigger.components, occasion.component)
            if is_meant and _is_cause(trigger.causes, occasion.cause):
                return Subject(f"{occasion.component} is {occasion.state}", component=occasion.component)
        case AlertTrigger(), AlertOccasion():
            named = not trigger.upstreams or any(is_like(one, occasion.upstream) for one in trigger.upstreams)
            if occasion.kind in trigger.kinds and named and occasion.upstream:
                where = f"{occasion.upstream}/{occasion.credential}" if occasion.credential else occasion.upstream
                component = Component(occasion.upstream).name
                return Subject(f"alert {occasion.kind} of {where}", "", component, occasion.credential)
        case ScheduleTrigger(), ScheduleOccasion() if trigger.cron == occasion.cron:
            return Subject(f"schedule {occasion.cron}")
        case _:
            pass
    return None


def _of_incident(trigger: IncidentTrigger, occasion: IncidentOccasion) -> Subject | None:
    incident = occasion.incident
    # A playbook that is begun by what playbooks do could go on for ever: it must say that it wants that.
    if occasion.by_playbook and "playbook" not in trigger.sources:
        return None
    if trigger.sources and incident.source not in trigger.sources:
        return None
    statuses = trigger.statuses or tuple(one for one in IncidentStatus if one is not IncidentStatus.RESOLVED)
    is_so = (
        occasion.event in trigger.events
        and incident.status in statuses
        and _rank(trigger.impact_min) <= _rank(incident.impact) <= _rank(trigger.impact_max)
        and _is_cause(trigger.causes, incident.cause)
    )
    # An incident whose components all are well again is still about them.
    affected = worst_first(incident.affected) or [one.component for one in incident.affected]
    wanted = [name for name in affected if not trigger.components or _any_matches(trigger.components, name)]
    upstreams = len({part_of(name).upstream for name in wanted} - {""})
    is_wide = trigger.upstreams_min <= upstreams and (
        trigger.upstreams_max is None or upstreams <= trigger.upstreams_max
    )
    is_other = any(_any_matches(trigger.without, name) for name in affected)
    if not is_so or not is_wide or is_other or (trigger.components and not wanted):
        return None
    worst = max((_badness(one.status) for one in incident.affected if one.component in wanted), default=0)
    if not _badness(trigger.component_status_min) <= worst <= _badness(trigger.component_status_max):
        return None
    component = next((name for name in wanted if part_of(name).upstream), wanted[0] if wanted else "")
    return Subject(f"{incident.id} {occasion.event}: {incident.title}", incident.id, component)


def _any_matches(patterns: tuple[str, ...], name: str) -> bool:
    return any(matches(pattern, name) for pattern in patterns)


def _is_cause(patterns: tuple[str, ...], cause: str) -> bool:
    return not patterns or (bool(cause) and any(is_like(pattern, cause) for pattern in patterns))


def _badness(status: ComponentStatus) -> int:
    """Maintenance is no trouble."""
    return 0 if status is ComponentStatus.MAINTENANCE else tuple(ComponentStatus).index(status)


def _rank(impact: Impact) -> int:
    return IMPACTS.index(impact)
