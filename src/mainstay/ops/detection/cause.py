"""What belongs together: a provider with all its parts, providers that share what fails, and callers with who serves
them."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from mainstay.model.components import Component
from mainstay.ops.detection.topology import Relations

TOGETHER_SECONDS: Final = 600.0
"""Troubles that begin at most so far apart may have one cause."""


class Trouble(msgspec.Struct, frozen=True):
    """A component that is not well. `is_settled`: it was ill already, so an incident may have its `group`."""

    component: Component
    started_at: float
    is_settled: bool
    group: str = ""
    cause: str = ""


def cause_of(trouble: Trouble, others: Iterable[Trouble], relations: Relations) -> str:
    """The shared dependency that this trouble and most others at the same time have in common; empty if none is
    declared. Callers suffer from what those who serve them suffer from."""
    if not trouble.component.is_provider:
        return next((one.cause for one in others if one.cause and _is_related(trouble, one, "", relations)), "")
    own = relations.depends_on(trouble.component.upstream)
    sharing: dict[str, set[str]] = {}
    for other in others:
        upstream = other.component.upstream
        if not upstream or upstream == trouble.component.upstream or not _is_together(trouble, other):
            continue
        for one in relations.depends_on(upstream):
            if one in own:
                sharing.setdefault(one, set()).add(upstream)
    return min(sharing, key=lambda one: (-len(sharing[one]), one), default="")


def group_of(trouble: Trouble, cause: str, others: Sequence[Trouble], relations: Relations) -> str:
    """The group of the trouble: that of the oldest settled one that it belongs to; else a new one, named after the
    upstream, the model or the gateway."""
    related = [one for one in others if _is_related(trouble, one, cause, relations)]
    settled = [one for one in related if one.is_settled and one.group]
    if settled:
        return min(settled, key=lambda one: (one.started_at, one.group)).group
    component = trouble.component
    if component.is_provider:
        return f"upstream:{component.upstream}"
    providers = [one for one in related if one.component.is_provider]
    if providers:
        first = min(providers, key=lambda one: (one.started_at, one.component.name))
        return first.group or f"upstream:{first.component.upstream}"
    return component.name


def _is_related(trouble: Trouble, other: Trouble, cause: str, relations: Relations) -> bool:
    one, two = trouble.component, other.component
    if one.is_provider and two.is_provider:
        if one.upstream == two.upstream:
            return True
        return bool(cause) and cause in relations.depends_on(two.upstream) and _is_together(trouble, other)
    if not one.is_provider and not two.is_provider:
        return False
    provider, callers = (one, two) if one.is_provider else (two, one)
    return _serves(provider, callers, relations) and _is_together(trouble, other)


def _serves(provider: Component, callers: Component, relations: Relations) -> bool:
    return any(
        upstream == provider.upstream and provider.model in {"", model}
        for upstream, model in relations.candidates(callers.model)
    )


def _is_together(one: Trouble, two: Trouble) -> bool:
    return abs(one.started_at - two.started_at) <= TOGETHER_SECONDS
