"""The course of a component: how our incidents say that it was, from when until when."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

import msgspec

from mainstay.model.components import Component, component_of
from mainstay.model.incident import Affected, ComponentStatus, Merged
from mainstay.ops.incidents.state import IncidentState
from mainstay.ops.status.traffic import worse

WEIGHTS: Final = {ComponentStatus.MAJOR_OUTAGE: 1.0, ComponentStatus.PARTIAL_OUTAGE: 0.3}
"""How much of a time counts as down in which the component is so; all others: nothing."""


class Stretch(msgspec.Struct, frozen=True):
    """A component was so from `start` to `end`."""

    start: float
    end: float
    status: ComponentStatus


def concerns(affected: Affected, component: Component) -> ComponentStatus | None:
    """How a component is if that one is so; `None` where they have nothing to do with each other.

    A model or another part of a provider concerns the provider as a whole, which is then out in part at most.
    """
    if affected.component == component.name:
        return affected.status
    other = component_of(affected.component)
    is_part = other is not None and component == Component(component.upstream) and component.is_provider
    if not is_part or other is None or other.upstream != component.upstream:
        return None
    return ComponentStatus.PARTIAL_OUTAGE if affected.status == ComponentStatus.MAJOR_OUTAGE else affected.status


def ended_at(incident: IncidentState) -> float | None:
    """When it was over, or went on as part of another one; `None`: it is open."""
    if incident.is_open:
        return None
    if incident.resolved_at is not None:
        return incident.resolved_at
    return next((entry.at for entry in incident.timeline if isinstance(entry.event, Merged)), incident.updated_at)


def stretches(incident: IncidentState, component: Component, now: float) -> list[Stretch]:
    """The times in which an incident touched a component, in order; an open one lasts until now."""
    ended = ended_at(incident)
    end = now if ended is None else min(ended, now)
    points: list[tuple[float, ComponentStatus]] = []
    for step in incident.course:
        statuses = [status for one in step.affected if (status := concerns(one, component)) is not None]
        if statuses:
            # What is affected is known later than it is; of what comes to it later, nobody knows since when.
            is_first = step is incident.course[0]
            points.append((min(incident.started_at, step.at) if is_first else step.at, _worst(statuses)))
    points.append((max([end, *(at for at, _ in points)]), ComponentStatus.OPERATIONAL))
    return [
        Stretch(start, min(later, end), status)
        for (start, status), (later, _) in pairwise(points)
        if status != ComponentStatus.OPERATIONAL and min(later, end) > start
    ]


def status_now(incident: IncidentState, component: Component, now: float) -> Stretch | None:
    """How an open incident says that a component is, and since when; `None` where it is well by it."""
    if not incident.is_open:
        return None
    # A moment is added so that a stretch that begins now is one.
    found = [one for one in stretches(incident, component, now + 1.0) if one.end > now]
    return found[-1] if found else None


def joined(parts: Iterable[Stretch]) -> Iterator[Stretch]:
    """Stretches that overlap, cut so that none does; at each instant the worst counts."""
    given = list(parts)
    edges = sorted({edge for part in given for edge in (part.start, part.end)})
    for start, end in pairwise(edges):
        here = [part.status for part in given if part.start <= start and part.end >= end]
        if here:
            yield Stretch(start, end, _worst(here))


def _worst(found: Iterable[ComponentStatus]) -> ComponentStatus:
    worst = ComponentStatus.OPERATIONAL
    for status in found:
        worst = worse(worst, status)
    return worst
