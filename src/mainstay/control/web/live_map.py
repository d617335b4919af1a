"""The live map as a value: who calls, who serves, how much, and how well."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

import msgspec

from mainstay.model.components import Component, component_of
from mainstay.model.orders import Order, OrderKind
from mainstay.ops.detection.values import Standing
from mainstay.ops.tallies.tally import TalliedSpan

MINUTE_SECONDS: Final = 60
CALLERS_MAX: Final = 8
UPSTREAMS_MAX: Final = 12
OTHERS: Final = "others"

Health = Literal["healthy", "degraded", "failing", "idle"]
_WORST_FIRST: Final = ("ill", "recovering", "suspected", "well")
_HEALTH: Final[Mapping[str, Health]] = {
    "ill": "failing",
    "recovering": "degraded",
    "suspected": "degraded",
    "well": "healthy",
}
_CLOSED: Final = frozenset({"closed", ""})
_BARRED: Final = frozenset({OrderKind.DRAIN, OrderKind.FORBID})
_FAILING_SHARE: Final = 0.2
_DEGRADED_SHARE: Final = 0.01


class CallerNode(msgspec.Struct, frozen=True):
    """Callers of one workload. `per_minute` is what they asked in the last minute, `failed` which share of it failed
    (0 to 1)."""

    name: str
    per_minute: float
    failed: float
    health: Health


class UpstreamNode(msgspec.Struct, frozen=True):
    """One upstream. `breaker` is the gateway's word, empty where it says none; `state` is the worst that detection
    says of any of its components; `order` is what bars it, empty: nothing does."""

    name: str
    per_minute: float
    health: Health
    breaker: str
    state: str
    order: str = ""


class LiveMap(msgspec.Struct, frozen=True):
    """All of it. `gateway_health` is how callers find the gateway."""

    callers: tuple[CallerNode, ...]
    upstreams: tuple[UpstreamNode, ...]
    gateway_health: Health
    per_minute: float


class MapSources(msgspec.Struct, frozen=True):
    """What the map is made of. `spans` are minutes, the newest one still growing."""

    workloads: Sequence[str]
    upstreams: Sequence[str]
    spans: Sequence[TalliedSpan]
    standing: Sequence[Standing]
    orders: Sequence[Order]
    breakers: Mapping[str, str]
    is_gateway_down: bool


def live_map(sources: MapSources, wall: float) -> LiveMap:
    """The map at this instant."""
    asked, failed, tried = _rates(sources.spans, wall)
    names = [*sources.workloads, *(name for name in asked if name not in sources.workloads)]
    callers = [_caller(name, asked[name], failed[name]) for name in names]
    total = sum(one.per_minute for one in callers)
    states = _worst_states(sources.standing)
    upstreams = [
        _upstream(name, tried[name], states.get(name, ""), sources) for name in sources.upstreams[:UPSTREAMS_MAX]
    ]
    seen = _caller("", total, sum(failed.values()))
    health: Health = "failing" if sources.is_gateway_down else seen.health
    return LiveMap(_folded(callers), tuple(upstreams), health, total)


def _rates(
    spans: Iterable[TalliedSpan], wall: float
) -> tuple[Mapping[str, float], Mapping[str, float], Mapping[str, float]]:
    """Exchanges by workload, those of them that failed, attempts by upstream: all of the last minute. Of a span that
    began before it, the part that lies within."""
    asked: defaultdict[str, float] = defaultdict(float)
    failed: defaultdict[str, float] = defaultdict(float)
    tried: defaultdict[str, float] = defaultdict(float)
    for span in spans:
        inside = min(1.0, (span.start + span.seconds - (wall - MINUTE_SECONDS)) / span.seconds)
        if inside <= 0:
            continue
        for key, exchanges in span.tallies.exchanges.items():
            workload = key.rpartition(" ")[2]
            asked[workload] += inside * exchanges.exchanges
            failed[workload] += inside * exchanges.failed
        for key, attempts in span.tallies.attempts.items():
            tried[key.partition("/")[0]] += inside * attempts.attempts
    return asked, failed, tried


def _caller(name: str, asked: float, failed: float) -> CallerNode:
    share = failed / asked if asked else 0.0
    health: Health = "healthy" if asked else "idle"
    if share >= _FAILING_SHARE:
        health = "failing"
    elif share >= _DEGRADED_SHARE:
        health = "degraded"
    return CallerNode(name, round(asked, 1), share, health)


def _folded(callers: list[CallerNode]) -> tuple[CallerNode, ...]:
    """The busiest ones; the rest as one."""
    busiest = sorted(callers, key=lambda one: (-one.per_minute, one.name))
    if len(busiest) <= CALLERS_MAX:
        return tuple(busiest)
    rest = busiest[CALLERS_MAX - 1 :]
    asked = sum(one.per_minute for one in rest)
    others = _caller(OTHERS, asked, sum(one.per_minute * one.failed for one in rest))
    return (*busiest[: CALLERS_MAX - 1], others)


def _worst_states(standing: Iterable[Standing]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in standing:
        component = component_of(one.component) or Component()
        known = found.get(component.upstream, "well")
        found[component.upstream] = min(known, one.state, key=_WORST_FIRST.index)
    return found


def _upstream(name: str, tried: float, state: str, sources: MapSources) -> UpstreamNode:
    breaker = sources.breakers.get(name, "")
    health: Health = _HEALTH.get(state, "healthy")
    if breaker not in _CLOSED:
        health = "degraded" if breaker == "half-open" and health != "failing" else "failing"
    if health == "healthy" and not tried:
        health = "idle"
    barring = next((one for one in sources.orders if one.upstream == name and _bars(one)), None)
    order = "" if barring is None else f"{barring.kind.value} ({barring.id})"
    return UpstreamNode(name, round(tried, 1), health, breaker, state, order)


def _bars(order: Order) -> bool:
    """Whether nothing new goes to the whole of its upstream."""
    return order.kind in _BARRED and not order.credential and not order.model
