"""Which components there are by the configuration, and what belongs together."""

from collections.abc import Iterator

import msgspec

from mainstay.model.components import GATEWAY, Component


class UpstreamPlace(msgspec.Struct, frozen=True):
    """An upstream: the models that are asked of it (by its own names), the shared dependencies that its owner declared
    (a cloud, a CDN, an identity service), and whether its credentials are renewed by logging in somewhere."""

    name: str
    models: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    has_login: bool = False


class LogicalModel(msgspec.Struct, frozen=True):
    """A model that callers ask for, and its candidates as (upstream, the upstream's own name)."""

    name: str
    candidates: tuple[tuple[str, str], ...] = ()


class Topology(msgspec.Struct, frozen=True):
    """Everything that detection should watch. Components that nobody uses are watched too."""

    upstreams: tuple[UpstreamPlace, ...] = ()
    models: tuple[LogicalModel, ...] = ()

    def components(self) -> Iterator[Component]:
        """All of them, the gateway first."""
        yield GATEWAY
        for model in self.models:
            yield Component(model=model.name)
        for upstream in self.upstreams:
            yield Component(upstream.name)
            yield Component(upstream.name, part="admin")
            if upstream.has_login:
                yield Component(upstream.name, part="login")
            for name in upstream.models:
                yield Component(upstream.name, name)


class Relations:
    """Questions about a topology, answered by look-up."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self._upstreams = {one.name: one for one in topology.upstreams}
        self._candidates = {one.name: one.candidates for one in topology.models}
        self._serving: dict[str, dict[str, None]] = {}
        self._serving_model: dict[tuple[str, str], dict[str, None]] = {}
        for model in topology.models:
            for upstream, name in model.candidates:
                self._serving.setdefault(upstream, {})[model.name] = None
                self._serving_model.setdefault((upstream, name), {})[model.name] = None

    def knows(self, upstream: str) -> bool:
        """Whether the configuration names this upstream."""
        return upstream in self._upstreams

    def depends_on(self, upstream: str) -> tuple[str, ...]:
        """The shared dependencies that were declared for an upstream."""
        place = self._upstreams.get(upstream)
        return place.depends_on if place else ()

    def candidates(self, model: str) -> tuple[tuple[str, str], ...]:
        """Who may serve a logical model."""
        return self._candidates.get(model, ())

    def served_by(self, component: Component) -> tuple[str, ...]:
        """The logical models that a provider's component serves."""
        if component.model:
            return tuple(self._serving_model.get((component.upstream, component.model), ()))
        return tuple(self._serving.get(component.upstream, ()))
