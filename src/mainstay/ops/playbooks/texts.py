"""Texts of playbooks: names in braces are replaced by what is known."""

import re
from collections.abc import Mapping
from typing import Final

from mainstay.model.incident import Affected, ComponentStatus
from mainstay.model.playbook import TEMPLATE_PATTERN
from mainstay.ops.playbooks.facts import IncidentFact
from mainstay.ops.playbooks.patterns import part_of
from mainstay.ops.playbooks.state import RunState

COMPONENTS_SHOWN_MAX: Final = 10
WORST_FIRST: Final = tuple(reversed(ComponentStatus))
_NAME: Final = re.compile(TEMPLATE_PATTERN)


class UnknownValueError(Exception):
    """A text needs something that is not known; the message says what, and what to do."""


def rendered(text: str, values: Mapping[str, str]) -> str:
    """The text with its names replaced. Raises `UnknownValueError` where one has no value."""

    def value(found: re.Match[str]) -> str:
        name = found[1]
        known = values.get(name, "")
        if not known:
            raise UnknownValueError(f"{{{name}}} is not known here{_ADVICE.get(name.partition('.')[0], '')}")
        return known

    return _NAME.sub(value, text)


def values_of(state: RunState, step: str, incident: IncidentFact | None) -> dict[str, str]:
    """What names in braces stand for in this run. What is not known is empty."""
    about = part_of(state.component)
    values = {
        "run.id": state.run,
        "run.cause": state.began.cause,
        "run.component": state.component,
        "run.upstream": about.upstream,
        "run.model": about.model,
        "run.credential": state.began.credential,
        "playbook": state.playbook.name,
        "step": step,
    }
    if incident is not None:
        values |= {
            "incident.id": incident.id,
            "incident.title": incident.title,
            "incident.status": incident.status.value,
            "incident.impact": incident.impact.value,
            "incident.components": _listed(incident.affected),
            "incident.upstream": worst_upstream(incident.affected),
            "incident.cause": incident.cause,
        }
    return values


def worst_first(affected: tuple[Affected, ...]) -> list[str]:
    """Names of components that are not operational, the worst first, else in their order."""
    ill = [one for one in affected if one.status is not ComponentStatus.OPERATIONAL]
    return [one.component for one in sorted(ill, key=lambda one: WORST_FIRST.index(one.status))]


def worst_upstream(affected: tuple[Affected, ...]) -> str:
    """The upstream of the worst component that has one; empty without."""
    return next((part_of(name).upstream for name in worst_first(affected) if part_of(name).upstream), "")


def _listed(affected: tuple[Affected, ...]) -> str:
    names = [one.component for one in affected if one.status is not ComponentStatus.OPERATIONAL]
    more = len(names) - COMPONENTS_SHOWN_MAX
    return ", ".join(names[:COMPONENTS_SHOWN_MAX]) + (f" and {more} more" if more > 0 else "")


_ADVICE: Final = {
    "incident": ": the run is about no incident, or the incident does not say; run it with `--incident`",
    "run": ": the run is about no such component; run it with `--component`",
}
