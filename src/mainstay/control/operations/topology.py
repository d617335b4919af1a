"""What detection watches, by the configuration."""

from collections.abc import Callable

from mainstay.config.snapshot import WILDCARD, Snapshot
from mainstay.model.components import Component, component_of
from mainstay.ops.detection.topology import LogicalModel, Topology, UpstreamPlace


def topology_of(snapshot: Snapshot) -> Topology:
    """The components of a configuration. Names that pass through are not known before they are asked for: then they are
    part of their upstream."""
    asked: dict[str, dict[str, None]] = {one.name: {} for one in snapshot.upstreams}
    for candidates in snapshot.models.values():
        for candidate in candidates:
            if candidate.model != WILDCARD:
                asked[candidate.upstream.name][candidate.model] = None
    upstreams = tuple(
        UpstreamPlace(
            one.name,
            tuple(asked[one.name]),
            snapshot.file.upstreams[one.name].depends_on,
            any(credential.renewed for credential in one.credentials),
        )
        for one in snapshot.upstreams
    )
    models = tuple(
        LogicalModel(name, tuple((one.upstream.name, one.model) for one in candidates if one.model != WILDCARD))
        for name, candidates in snapshot.models.items()
        if name != WILDCARD
    )
    return Topology(upstreams, models)


def related_to(snapshot: Callable[[], Snapshot]) -> Callable[[str], frozenset[str]]:
    """Which components one hangs together with, by the configuration of that moment: a model with those that serve it,
    a provider's component with the models that it serves."""

    def related(name: str) -> frozenset[str]:
        component = component_of(name)
        if component is None:
            return frozenset()
        found: set[str] = set()
        for model, candidates in snapshot().models.items():
            for candidate in candidates:
                place = Component(candidate.upstream.name, candidate.model)
                if component.model == model and not component.upstream:
                    found |= {Component(place.upstream).name, place.name}
                elif component in (place, Component(place.upstream)):
                    found.add(Component(model=model).name)
        return frozenset(found - {name})

    return related
