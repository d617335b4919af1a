"""Wishes for probes: where our own traffic leaves us in the dark."""

from collections.abc import Iterator
from typing import Final

from mainstay.model.components import Component
from mainstay.ops.detection.values import ProbeWish, WishReason
from mainstay.ops.detection.watch import Watch
from mainstay.ops.detection.watches import Watches

WISHES_MAX: Final = 50

_SECONDS: Final[dict[WishReason, float]] = {
    "suspect": 15.0,
    "recovery": 15.0,
    "login": 300.0,
    "admin": 300.0,
    "thin": 900.0,
}
"""What nobody has asked for so long is to be asked by us."""
_OVERDUE_MAX: Final = 2.0
_DOUBTFUL_FAILURES: Final = 2
_RUN_SECONDS: Final = 1_800.0


def wishes_of(watches: Watches, wall: float) -> tuple[ProbeWish, ...]:
    """Probes that would tell something, those first that are most overdue. What is in doubt is overdue soon, but does
    not keep the rest from its turn."""
    found: dict[Component, tuple[float, float, WishReason]] = {}
    for watch in watches:
        for target, reason in _wishes(watch, watches, wall):
            overdue = min(_OVERDUE_MAX, (wall - target.series.last_at) / _SECONDS[reason])
            wish = (-overdue, target.series.last_at, reason)
            if target.component not in found or wish < found[target.component]:
                found[target.component] = wish
    ordered = sorted(found.items(), key=lambda item: (item[1][:2], item[0].name))
    return tuple(ProbeWish(component.name, wish[2]) for component, wish in ordered[:WISHES_MAX])


def _wishes(watch: Watch, watches: Watches, wall: float) -> Iterator[tuple[Watch, WishReason]]:
    component = watch.component
    if not component.is_provider:
        if watch.condition.state == "suspected":
            for upstream, model in watches.relations.candidates(component.model):
                candidate = watches.inference(upstream, model)
                if candidate is not None and _is_dark(candidate, wall, "suspect"):
                    yield candidate, "suspect"
        return
    if component.part == "inference" and not component.model:
        if watch.condition.state in {"suspected", "ill"}:
            for child in watches.children(component.upstream):
                if watches.is_declared(child.component) and _is_dark(child, wall, "suspect"):
                    yield child, "suspect" if watch.condition.state == "suspected" else "recovery"
        return
    yield from _own_wish(watch, watches, wall)


def _own_wish(watch: Watch, watches: Watches, wall: float) -> Iterator[tuple[Watch, WishReason]]:
    state, component = watch.condition.state, watch.component
    if state != "well":
        if _is_dark(watch, wall, "suspect"):
            yield watch, "suspect" if state == "suspected" else "recovery"
    elif _is_doubtful(watch, wall) and _is_dark(watch, wall, "suspect"):
        yield watch, "suspect"
    elif component.part == "login" and _is_dark(watch, wall, "login"):
        yield watch, "login"
    elif component.part == "admin" and _is_dark(watch, wall, "admin"):
        yield watch, "admin"
    elif component.part == "inference" and watches.is_declared(component) and _is_dark(watch, wall, "thin"):
        yield watch, "thin"


def _is_dark(watch: Watch, wall: float, reason: WishReason) -> bool:
    return watch.series.last_at <= wall - _SECONDS[reason]


def _is_doubtful(watch: Watch, wall: float) -> bool:
    """Of parts that only probes ask, one failure is enough to ask again."""
    run = watch.series.run
    enough = _DOUBTFUL_FAILURES if watch.component.part == "inference" else 1
    return run.failures >= enough and run.last_at >= wall - _RUN_SECONDS
