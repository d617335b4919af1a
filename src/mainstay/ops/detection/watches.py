"""All components under watch, bounded in number."""

from collections.abc import Iterator
from typing import Final

from mainstay.model.components import GATEWAY, Component
from mainstay.ops.detection.topology import Relations, Topology
from mainstay.ops.detection.watch import Watch

COMPONENTS_MAX: Final = 1_000
"""Beyond it, components that the configuration does not name (models that pass through under any name) take turns."""


class Watches:
    """By component. The configuration's own are always there."""

    def __init__(self, topology: Topology) -> None:
        self.relations = Relations(topology)
        self._known: dict[Component, Watch] = {}
        self._named: dict[tuple[str, str], Watch] = {}
        """Those of upstreams' inference by (upstream, model), for speed."""
        self._children: dict[str, list[Watch]] = {}
        self._declared: frozenset[Component] = frozenset()
        self.arrange(topology)

    def __iter__(self) -> Iterator[Watch]:
        return iter(self._known.values())

    def arrange(self, topology: Topology) -> list[Watch]:
        """Go on with another configuration: what is still named is kept, what is not named any more is let go of and
        returned."""
        self.relations = Relations(topology)
        before, self._declared = self._declared, frozenset(topology.components())
        gone = [one for one in self if not self._may_stay(one.component, before)]
        for watch in gone:
            self._drop(watch)
        for component in topology.components():
            self.of(component)
        return gone

    def find(self, component: Component) -> Watch | None:
        """Its watch, if it is under watch already."""
        return self._known.get(component)

    def of(self, component: Component) -> Watch | None:
        """Its watch; `None` for parts of upstreams that nobody configured, or if there are too many components that are
        all in trouble."""
        known = self._known.get(component)
        if known is not None:
            return known
        if component.upstream and not self.relations.knows(component.upstream):
            return None
        if component not in self._declared and len(self._known) >= COMPONENTS_MAX and not self._make_room():
            return None
        watch = self._known[component] = Watch(component)
        if component.part == "inference" and component.upstream:
            self._named[component.upstream, component.model] = watch
            if component.model:
                self._children.setdefault(component.upstream, []).append(watch)
        return watch

    def inference(self, upstream: str, model: str) -> Watch | None:
        """The watch of an upstream's model; with an empty model of the upstream as a whole."""
        return self._named.get((upstream, model)) or self.of(Component(upstream, model))

    def children(self, upstream: str) -> list[Watch]:
        """The models of an upstream."""
        return self._children.get(upstream, [])

    def callers_of(self, component: Component) -> list[Watch]:
        """The logical models that a provider's component serves."""
        found = (self._known.get(Component(model=name)) for name in self.relations.served_by(component))
        return [one for one in found if one is not None]

    def is_declared(self, component: Component) -> bool:
        """Whether the configuration names it."""
        return component in self._declared

    @property
    def gateway(self) -> Watch:
        """The gateway's own."""
        return self._known[GATEWAY]

    def _may_stay(self, component: Component, declared_before: frozenset[Component]) -> bool:
        if component in self._declared:
            return True
        is_known = not component.upstream or self.relations.knows(component.upstream)
        return is_known and component not in declared_before

    def _make_room(self) -> bool:
        """Let go of the component that was heard of least lately, of those that are well and nobody configured."""
        idle = [one for one in self if one.condition.state == "well" and one.component not in self._declared]
        if not idle:
            return False
        self._drop(min(idle, key=lambda one: one.series.last_at))
        return True

    def _drop(self, watch: Watch) -> None:
        component = watch.component
        del self._known[component]
        if component.part == "inference" and component.upstream:
            del self._named[component.upstream, component.model]
            if component.model:
                self._children[component.upstream].remove(watch)
