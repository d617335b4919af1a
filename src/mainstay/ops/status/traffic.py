"""A day of every component's traffic, from what was added up of records."""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from mainstay.model.components import GATEWAY, Component
from mainstay.model.incident import ComponentStatus
from mainstay.ops.status.sources import TrafficDay
from mainstay.ops.tallies.tally import OTHERS, SpanTallies

DAY_SECONDS: Final = 86_400
REQUESTS_MIN: Final = 10
"""Fewer requests in a span say nothing of it."""
DEGRADED_SHARE: Final = 0.02
PARTIAL_SHARE: Final = 0.10
MAJOR_SHARE: Final = 0.50
"""From such a share of failed requests of a span on, the component was so in it."""

_ORDER: Final = tuple(ComponentStatus)


class TalliedSpan(msgspec.Struct, frozen=True):
    """What was added up between `start` and `start + seconds` (seconds since 1970)."""

    start: int
    seconds: int
    tallies: SpanTallies


class _Count(msgspec.Struct):
    asked: int = 0
    failed: int = 0


def worse(one: ComponentStatus, other: ComponentStatus) -> ComponentStatus:
    """The worse of two. Maintenance counts as worse than any trouble: it explains it."""
    return max(one, other, key=_ORDER.index)


def status_of_share(failed_share: float) -> ComponentStatus:
    """How a component is of whose requests such a share fails."""
    if failed_share >= MAJOR_SHARE:
        return ComponentStatus.MAJOR_OUTAGE
    if failed_share >= PARTIAL_SHARE:
        return ComponentStatus.PARTIAL_OUTAGE
    return ComponentStatus.DEGRADED if failed_share >= DEGRADED_SHARE else ComponentStatus.OPERATIONAL


def traffic_day(start: int, spans: Iterable[TalliedSpan], now: float) -> dict[str, TrafficDay]:
    """The UTC day that begins at `start`, by names of components: models as callers see them, upstreams as a whole,
    the gateway. Spans of any length that lie within the day; they must not overlap. Of one that is not over, only what
    has passed of it counts."""
    found: dict[str, TrafficDay] = {}
    for span in spans:
        if start <= span.start < start + DAY_SECONDS:
            seconds = min(max(now - span.start, 0.0), span.seconds)
            for name, count in _counts(span.tallies).items():
                found[name] = _with(found.get(name, TrafficDay(start)), count, seconds)
    return found


def _with(day: TrafficDay, count: _Count, seconds: float) -> TrafficDay:
    if count.asked < REQUESTS_MIN:
        return day
    share = min(count.failed / count.asked, 1.0)
    status = status_of_share(share)
    lost = share * seconds if status != ComponentStatus.OPERATIONAL else 0.0
    return TrafficDay(
        day.start,
        day.asked + count.asked,
        day.failed + count.failed,
        day.lost_seconds + lost,
        day.seen_seconds + seconds,
        worse(day.worst, status),
    )


def _counts(tallies: SpanTallies) -> dict[str, _Count]:
    found: dict[str, _Count] = {}

    def add(component: Component, asked: int, failed: int) -> None:
        count = found.setdefault(component.name, _Count())
        count.asked += asked
        count.failed += failed

    _add_exchanges(tallies, add)
    for key, attempts in tallies.attempts.items():
        upstream, slash, _ = key.partition("/")
        if slash and upstream:
            add(Component(upstream), max(attempts.attempts - attempts.no_sample, 0), attempts.blamed)
    return found


def _add_exchanges(tallies: SpanTallies, add: Callable[[Component, int, int], None]) -> None:
    for key, exchanges in tallies.exchanges.items():
        asked = exchanges.answered + exchanges.failed
        # Whom we turned away ourselves is our own failure, whatever model was asked.
        add(GATEWAY, asked, exchanges.shed)
        model = key.partition(" ")[0]
        if model and key != OTHERS:
            add(Component(model=model), asked, exchanges.failed)
