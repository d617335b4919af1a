"""What may be written next about an incident; a refusal says what to do instead. Events are clean (`cleaning`)."""

from collections.abc import Callable
from functools import singledispatch
from typing import Final

from mainstay.model.incident import (
    Acknowledged,
    Affected,
    ComponentStatus,
    IncidentEvent,
    IncidentStatus,
    Linked,
    Merged,
    Moved,
    Nagged,
    Noted,
    Opened,
    Pinned,
    Published,
    Rated,
    Retitled,
    Scoped,
    Staffed,
    Told,
    Took,
)
from mainstay.ops.incidents.cleaning import COMPONENTS_MAX, number_of
from mainstay.ops.incidents.fold import is_worse
from mainstay.ops.incidents.state import Entry, IncidentState, Refused
from mainstay.ops.incidents.words import instant

EVENTS_MAX: Final = 2_000
"""Events of one incident. Beyond it only what ends it is taken."""
FUTURE_SECONDS: Final = 5.0
"""By so much clocks of two machines may differ."""

_LAST_EVENTS: Final = (Moved, Merged, Scoped, Acknowledged, Nagged, Told)
_OWN: Final = (Opened, Took, Nagged, Told)
"""Events that only we write ourselves."""


def is_for_people(event: IncidentEvent) -> bool:
    """Whether people and playbooks may write it. The others come from what the desk and the keeper do."""
    return not isinstance(event, _OWN)


def refusal(state: IncidentState, event: IncidentEvent) -> Refused | None:
    """Why this (clean) event may not come next; `None`: it may."""
    if state.merged_into and not isinstance(event, Told):
        return Refused(f"{state.id} goes on as part of {state.merged_into}", f"write to {state.merged_into}")
    if state.number >= EVENTS_MAX and not isinstance(event, _LAST_EVENTS):
        return Refused(f"{state.id} has {EVENTS_MAX} events, which is all that it may have", "open another incident")
    return _objection(event, state)


def time_refusal(state: IncidentState, event: IncidentEvent, at: float, wall: float) -> Refused | None:
    """Why it may not have happened at `at`, which somebody says when it is `wall`."""
    if at > wall + FUTURE_SECONDS:
        return Refused(f"{instant(at)} lies in the future", "leave the time out for something that happens now")
    if isinstance(event, Noted | Pinned | Linked) or at >= state.opened_at:
        return None
    return Refused(
        f"{state.id} was opened at {instant(state.opened_at)}, and this would be before",
        "write a note with that time",
    )


def overtaken(state: IncidentState, event: IncidentEvent, seen: int) -> Refused | None:
    """Whether somebody decided the same thing otherwise behind the event `seen`, the last that whoever writes `event`
    has seen."""
    rival = next((one for one in state.timeline if one.number > seen and _is_about_the_same(one.event, event)), None)
    if rival is None:
        return None
    did = f"{rival.by} was first at {instant(rival.at)}: {rival.words}"
    return Refused(did, f"look at {state.id} again, then repeat this if it is still right")


def completed(state: IncidentState, event: IncidentEvent) -> tuple[IncidentEvent, ...]:
    """The event, and before it what has to be said with it: who resolves an incident says that all is well again."""
    if not isinstance(event, Moved) or event.status is not IncidentStatus.RESOLVED:
        return (event,)
    ill = (one for one in state.affected if one.status is not ComponentStatus.OPERATIONAL)
    well = tuple(Affected(one.component, ComponentStatus.OPERATIONAL) for one in ill)
    return (Scoped(well), event) if well else (event,)


def inheritance(other: IncidentState, target: IncidentState) -> tuple[IncidentEvent, ...]:
    """What has to be said of an incident that goes on for another one too: what else is affected, and how badly."""
    known = {one.component for one in target.affected}
    room = COMPONENTS_MAX - len(known)
    more = tuple(one for one in other.affected if one.component not in known)[:room]
    worse = (Rated(other.impact, f"as {other.id} was"),) if is_worse(other.impact, target.impact) else ()
    return (*((Scoped(more),) if more else ()), *worse)


def _is_about_the_same(one: IncidentEvent, other: IncidentEvent) -> bool:
    match one, other:
        case (Scoped(affected=first), Scoped(affected=second)):
            return bool({a.component for a in first} & {b.component for b in second})
        case (Staffed(role=first_role), Staffed(role=second_role)):
            return first_role == second_role
        case (Moved() | Rated() | Retitled() | Published(), _):
            return type(one) is type(other)
        case _:
            return False


@singledispatch
def _objection(event: object, state: IncidentState) -> Refused | None:  # noqa: ARG001 - most events always may
    """What speaks against a kind of event in this state."""
    return None


@_objection.register
def _opening(_event: Opened, state: IncidentState) -> Refused | None:
    return Refused(f"{state.id} is open already", "write an update")


@_objection.register
def _moving(event: Moved, state: IncidentState) -> Refused | None:
    if event.status is not state.status:
        return None
    last = _last(state, lambda one: isinstance(one.event, Moved) and one.event.status is event.status)
    return Refused(f"{state.id} is {event.status.value} already{_since(last)}", "post an update, or a note")


@_objection.register
def _rating(event: Rated, state: IncidentState) -> Refused | None:
    if event.impact is not state.impact:
        return None
    last = _last(state, lambda one: isinstance(one.event, Rated))
    return Refused(f"the impact of {state.id} is {event.impact.value} already{_since(last)}")


@_objection.register
def _scoping(event: Scoped, state: IncidentState) -> Refused | None:
    if any(state.status_of(one.component) is not one.status for one in event.affected):
        known = {one.component for one in (*state.affected, *event.affected)}
        if len(known) <= COMPONENTS_MAX:
            return None
        return Refused(f"an incident has at most {COMPONENTS_MAX} components", "name a whole upstream instead")
    return Refused(f"this is what {state.id} says of its components already")


@_objection.register
def _retitling(event: Retitled, state: IncidentState) -> Refused | None:
    return Refused(f"{state.id} is called so already") if event.title == state.title else None


@_objection.register
def _staffing(event: Staffed, state: IncidentState) -> Refused | None:
    holder = next((one.person for one in state.roles if one.role == event.role), "")
    return Refused(f"{holder or 'nobody'} is {event.role} already") if holder == event.person else None


@_objection.register
def _acknowledging(_event: Acknowledged, state: IncidentState) -> Refused | None:
    if state.acknowledged_at is None:
        return None
    return Refused(f"{state.acknowledged_by} acknowledged {state.id} at {instant(state.acknowledged_at)}")


@_objection.register
def _linking(event: Linked, state: IncidentState) -> Refused | None:
    is_known = any((one.link.kind, one.link.id) == (event.kind, event.id) for one in state.links)
    return Refused(f"{event.id} belongs to {state.id} already") if is_known else None


@_objection.register
def _merging(event: Merged, state: IncidentState) -> Refused | None:
    if event.into == state.id:
        return Refused("an incident cannot be merged into itself", "name the other one")
    # Two people may begin to merge two incidents into each other at once. Then the newer one goes into the older one.
    if event.into in state.took and number_of(event.into) > number_of(state.id):
        return Refused(f"{state.id} goes on for {event.into}", f"merge {event.into} into {state.id} instead")
    return None


@_objection.register
def _taking(event: Took, state: IncidentState) -> Refused | None:
    if event.other == state.id:
        return Refused("an incident cannot be merged into itself", "name the other one")
    return Refused(f"{state.id} goes on for {event.other} already") if event.other in state.took else None


@_objection.register
def _publishing(event: Published, state: IncidentState) -> Refused | None:
    if event.is_private is not state.is_private:
        return None
    return Refused(f"{state.id} is {'kept from' if state.is_private else 'shown on'} the status page already")


def _last(state: IncidentState, is_meant: Callable[[Entry], bool]) -> Entry | None:
    return next((one for one in reversed(state.timeline) if is_meant(one)), None)


def _since(entry: Entry | None) -> str:
    return "" if entry is None else f" since {instant(entry.at)}, by {entry.by}"
