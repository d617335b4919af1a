"""The fold: events of an incident, in whatever order they were written, to what the incident is.

Every sequence of events has a state. Whether an event makes sense is asked before it is written, by `rules`.
"""

from collections.abc import Iterator, Sequence
from functools import singledispatch
from typing import Final

from msgspec.structs import replace

from mainstay.model.evidence import Evidence
from mainstay.model.incident import (
    Acknowledged,
    Affected,
    Impact,
    IncidentStatus,
    Linked,
    Merged,
    Moved,
    Nagged,
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
from mainstay.model.records import IncidentRecord
from mainstay.ops.incidents.state import CourseStep, Entry, IncidentState, Link, NagCount, RoleHolder, Update
from mainstay.ops.incidents.words import words_of

STATUSES: Final = tuple(IncidentStatus)
IMPACTS: Final = tuple(Impact)
"""From the least to the most."""

DETECTION: Final = "detection"
PLAYBOOK: Final = "playbook"
LEADERS: Final = frozenset({"commander", "deputy"})

_PUBLIC: Final = (Opened, Moved, Posted)


def fold(records: Sequence[IncidentRecord]) -> IncidentState | None:
    """The incident that these events (all of one incident, in order of their numbers) make; `None` for none."""
    if not records:
        return None
    first = records[0]
    state = _opened(first)
    late = _late_numbers(records)
    timeline = []
    for record in _in_order_of_time(records):
        if record is not first:
            state = _step(record.event, state, record)
        timeline.append(_entry(record, is_late=record.number in late))
    numbers = max(record.number for record in records)
    return replace(state, number=numbers, timeline=tuple(timeline), updated_at=max(one.at for one in records))


def is_person(record: IncidentRecord) -> bool:
    """Whether a person did it, and not a part of ours."""
    return record.via not in {"", DETECTION, PLAYBOOK}


def is_worse(impact: Impact, other: Impact) -> bool:
    """Whether the first is worse than the second."""
    return IMPACTS.index(impact) > IMPACTS.index(other)


def merged(before: Sequence[Affected], changes: Sequence[Affected]) -> tuple[Affected, ...]:
    """Components after some changed; the order stays, new ones come last."""
    found = {one.component: one for one in before}
    found.update({one.component: one for one in changes})
    return tuple(found.values())


def _in_order_of_time(records: Sequence[IncidentRecord]) -> list[IncidentRecord]:
    """What was written late happened before. The first event counts as the beginning, even where others were."""
    return sorted(records, key=lambda record: (record.at, record.number))


def _late_numbers(records: Sequence[IncidentRecord]) -> frozenset[int]:
    def late() -> Iterator[int]:
        newest = records[0].at
        for record in records:
            if record.at < newest:
                yield record.number
            newest = max(newest, record.at)

    return frozenset(late())


def _entry(record: IncidentRecord, *, is_late: bool) -> Entry:
    event = record.event
    about = (record.number, record.id, record.at, record.by, record.via, event, words_of(event))
    return Entry(*about, _evidence(record), isinstance(event, _PUBLIC), is_late)


def _evidence(record: IncidentRecord) -> tuple[Evidence, ...]:
    match record.event:
        case Opened(evidence=evidence):
            return evidence
        case Pinned(evidence=evidence):
            return (evidence,)
        case _:
            return ()


def _opened(record: IncidentRecord) -> IncidentState:
    """The state after the first event, which may be one that this version does not know as an opening."""
    event, at = record.event, record.at
    if not isinstance(event, Opened):
        bare = Opened(record.incident, Impact.NONE, "hand", at)
        return _step(event, _opened(IncidentRecord("", at, record.incident, 0, "", bare)), record)
    seen = [one.at for one in event.evidence if one.is_bad]
    state = IncidentState(
        id=record.incident,
        number=record.number,
        title=event.title,
        status=IncidentStatus.INVESTIGATING,
        impact=event.impact,
        worst_impact=event.impact,
        source=event.source,
        started_at=event.started_at,
        opened_at=at,
        detected_at=min([at, *seen]),
        updated_at=at,
        opening=record.id,
        group=event.group,
        is_private=event.is_private,
        is_led=is_person(record),
    )
    if event.affected:
        state = _scoped(Scoped(event.affected), state, record)
    return _told_everybody(state, record, event.text) if event.text else state


@singledispatch
def _step(event: object, state: IncidentState, record: IncidentRecord) -> IncidentState:  # noqa: ARG001 - see below
    """The state after one more event; most kinds have a function of their own below. Notes change nothing."""
    return state


@_step.register
def _moved(event: Moved, state: IncidentState, record: IncidentRecord) -> IncidentState:
    before, after = STATUSES.index(state.status), STATUSES.index(event.status)
    state = _led(state, record)
    if after < before:
        state = _went_back(state, record.at, event.status)
    if event.status is IncidentStatus.IDENTIFIED and state.identified_at is None:
        state = replace(state, identified_at=record.at)
    if event.status in {IncidentStatus.MONITORING, IncidentStatus.RESOLVED} and state.mitigated_at is None:
        state = replace(state, mitigated_at=record.at)
    if event.status is IncidentStatus.RESOLVED and state.resolved_at is None:
        state = replace(state, resolved_at=record.at)
    if after == before and not event.text:
        return state
    return _told_everybody(replace(state, status=event.status), record, event.text)


def _went_back(state: IncidentState, at: float, status: IncidentStatus) -> IncidentState:
    if state.status is IncidentStatus.RESOLVED:
        state = replace(
            state,
            reopenings=state.reopenings + 1,
            reopened_at=at,
            resolved_at=None,
            acknowledged_at=None,
            acknowledged_by="",
        )
    mitigated_at = state.mitigated_at if status is IncidentStatus.MONITORING else None
    return replace(state, regressions=state.regressions + 1, mitigated_at=mitigated_at)


@_step.register
def _posted(event: Posted, state: IncidentState, record: IncidentRecord) -> IncidentState:
    return _told_everybody(_led(state, record), record, event.text)


@_step.register
def _rated(event: Rated, state: IncidentState, record: IncidentRecord) -> IncidentState:
    worst = event.impact if is_worse(event.impact, state.worst_impact) else state.worst_impact
    return replace(_led(state, record), impact=event.impact, worst_impact=worst)


@_step.register
def _scoped(event: Scoped, state: IncidentState, record: IncidentRecord) -> IncidentState:
    affected = merged(state.affected, event.affected)
    scoped_at = record.at if state.scoped_at is None and affected else state.scoped_at
    course = (*state.course, CourseStep(record.at, affected))
    return replace(_led(state, record), affected=affected, scoped_at=scoped_at, course=course)


@_step.register
def _retitled(event: Retitled, state: IncidentState, record: IncidentRecord) -> IncidentState:
    return replace(_led(state, record), title=event.title)


@_step.register
def _pinned(event: Pinned, state: IncidentState, record: IncidentRecord) -> IncidentState:  # noqa: ARG001 - one shape
    evidence = event.evidence
    if not evidence.is_bad:
        return state
    # Evidence of a later episode, or of long before, does not make us have known earlier than we acted.
    return replace(state, detected_at=min(state.detected_at, max(evidence.at, state.started_at)))


@_step.register
def _staffed(event: Staffed, state: IncidentState, record: IncidentRecord) -> IncidentState:
    others = tuple(one for one in state.roles if one.role != event.role)
    if not event.person:
        is_led = state.is_led and event.role != "commander"
        return replace(state, roles=others, is_led=is_led)
    is_led = state.is_led or event.role in LEADERS
    return replace(state, roles=(*others, RoleHolder(event.role, event.person, record.at)), is_led=is_led)


@_step.register
def _acknowledged(_event: Acknowledged, state: IncidentState, record: IncidentRecord) -> IncidentState:
    if state.acknowledged_at is not None:
        return state
    return replace(state, acknowledged_at=record.at, acknowledged_by=record.by)


@_step.register
def _linked(event: Linked, state: IncidentState, record: IncidentRecord) -> IncidentState:
    return replace(state, links=(*state.links, Link(event, record.at)))


@_step.register
def _merged(event: Merged, state: IncidentState, record: IncidentRecord) -> IncidentState:  # noqa: ARG001 - one shape
    return state if state.merged_into else replace(state, merged_into=event.into)


@_step.register
def _took(event: Took, state: IncidentState, record: IncidentRecord) -> IncidentState:  # noqa: ARG001 - one shape
    return state if event.other in state.took else replace(state, took=(*state.took, event.other))


@_step.register
def _nagged(event: Nagged, state: IncidentState, record: IncidentRecord) -> IncidentState:
    others = tuple(one for one in state.nags if one.clock != event.clock)
    known = next((one for one in state.nags if one.clock == event.clock and one.due_at == event.due_at), None)
    count = 1 if known is None else known.count + 1
    return replace(state, nags=(*others, NagCount(event.clock, event.due_at, count, record.at)))


@_step.register
def _told(event: Told, state: IncidentState, record: IncidentRecord) -> IncidentState:  # noqa: ARG001 - one shape
    return replace(state, told=max(state.told, event.number))


@_step.register
def _published(event: Published, state: IncidentState, record: IncidentRecord) -> IncidentState:  # noqa: ARG001 - one shape
    return replace(state, is_private=event.is_private)


def _led(state: IncidentState, record: IncidentRecord) -> IncidentState:
    """Whoever decides about it leads it; who opened it by hand as well."""
    return replace(state, is_led=True) if is_person(record) and not state.is_led else state


def _told_everybody(state: IncidentState, record: IncidentRecord, text: str) -> IncidentState:
    update = Update(record.number, record.at, state.status, text, record.by, state.affected)
    state = replace(state, updates=(*state.updates, update))
    if not text:
        return state
    first = record.at if state.first_post_at is None else state.first_post_at
    return replace(state, first_post_at=first, last_post_at=record.at)
