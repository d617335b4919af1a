"""What can be chosen in forms: names of components, upstreams, models, workloads."""

from typing import Final

from mainstay.config.snapshot import WILDCARD, Snapshot
from mainstay.control.operations.desks import Desks
from mainstay.control.web.trouble_pages import Choice
from mainstay.model.components import GATEWAY, Component

CHOICES_MAX: Final = 1_000


def component_names(desks: Desks) -> tuple[str, ...]:
    """Every component that the configuration or detection names, in order."""
    snapshot = desks.snapshot()
    names = {GATEWAY.name}
    names |= {Component(model=name).name for name in snapshot.models if name != WILDCARD}
    names |= {Component(one.name).name for one in snapshot.upstreams}
    for candidates in snapshot.models.values():
        names |= {Component(one.upstream.name, one.model).name for one in candidates if one.model != WILDCARD}
    names |= {one.component for one in desks.standing()}
    return tuple(sorted(names)[:CHOICES_MAX])


def trouble_choices(snapshot: Snapshot) -> tuple[Choice, ...]:
    """What a visitor may name: the models that the status page shows, and no more."""
    shown = snapshot.status_page.components or snapshot.model_names
    return tuple(Choice(Component(model=name).name, name) for name in shown)
