"""Conditions: whether something is so. What is not known is never so."""

from typing import Final

import msgspec

from mainstay.model.incident import Impact
from mainstay.model.playbook import Clause, Condition
from mainstay.ops.playbooks.facts import Facts
from mainstay.ops.playbooks.patterns import matches
from mainstay.ops.playbooks.state import RunState

IMPACTS: Final = tuple(Impact)
"""From the least to the most."""


class View(msgspec.Struct, frozen=True):
    """The world at an instant, as a run sees it. Probes count that were made at or after `since`."""

    state: RunState
    facts: Facts
    now: float
    since: float


def holds(condition: Condition, view: View) -> bool:
    """Whether all of `every`, and one of `some` (where there are any), are so."""
    return all(is_so(one, view) for one in condition.every) and (
        not condition.some or any(is_so(one, view) for one in condition.some)
    )


def is_so(clause: Clause, view: View) -> bool:
    """Whether this one thing is so."""
    incident = view.facts.incident
    if clause.component:
        return _is_probed(clause, view) if clause.probe else _is_in_state(clause, view)
    if clause.incident:
        return incident is not None and incident.status in clause.incident
    if clause.impact_min is not None:
        return incident is not None and is_at_least(incident.impact, clause.impact_min)
    if clause.step:
        last = [deed.outcome for deed in view.state.deeds if deed.step == clause.step and not deed.is_undo]
        return bool(last) and last[-1] in clause.outcomes
    return False


def is_at_least(impact: Impact, least: Impact) -> bool:
    """Whether callers feel as much as that, or more."""
    return IMPACTS.index(impact) >= IMPACTS.index(least)


def _is_in_state(clause: Clause, view: View) -> bool:
    found = [fact for name, fact in view.facts.components.items() if matches(clause.component, name)]
    return bool(found) and all(
        fact.state in clause.states and view.now - fact.since >= clause.for_seconds for fact in found
    )


def _is_probed(clause: Clause, view: View) -> bool:
    probes = view.facts.probes
    found = [fact for name, fact in probes.items() if matches(clause.component, name) and fact.at >= view.since]
    return bool(found) and all(fact.outcome == clause.probe for fact in found)
