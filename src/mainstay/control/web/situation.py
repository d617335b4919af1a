"""What goes on now: all that somebody who opens the console must see first. Gathered from the desks."""

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec

from mainstay.control.gateway_glance import Glance
from mainstay.control.operations.desks import Desks
from mainstay.control.web.asking import Asker, Unanswered
from mainstay.control.web.hour import HOUR_SECONDS, HourNumbers, hour_numbers
from mainstay.control.web.live_map import MINUTE_SECONDS, LiveMap, MapSources, UpstreamNode, live_map
from mainstay.model.orders import Order
from mainstay.model.playbook import Approve
from mainstay.ops.detection.values import Standing
from mainstay.ops.incidents.clocks import Due, running
from mainstay.ops.incidents.state import IncidentState
from mainstay.ops.incidents.summary import IncidentSummary, summary
from mainstay.ops.playbooks.moves import waits_until
from mainstay.ops.playbooks.state import RunState
from mainstay.ops.playbooks.words import action_words

SUSPICIONS_MAX: Final = 30


class OpenIncident(msgspec.Struct, frozen=True):
    """An open incident, and the clock of communication that is due first."""

    incident: IncidentSummary
    due: Due | None


class WaitingRun(msgspec.Struct, frozen=True):
    """A run that waits for somebody's word."""

    run: str
    playbook: str
    step: str
    asks: str
    role: str
    expires_at: float
    incident: str
    cause: str


class Situation(msgspec.Struct, frozen=True):
    """All of it. A part that is not known now is `None`, and `unknown` says why."""

    incidents: tuple[OpenIncident, ...] | None
    waiting: tuple[WaitingRun, ...] | None
    orders: tuple[Order, ...] | None
    suspicions: tuple[Standing, ...]
    """Components that are not well, the worst first."""
    troubles: tuple[str, ...]
    """Of operations themselves."""
    hour: HourNumbers | None
    map: LiveMap
    unknown: tuple[str, ...]
    is_acting: bool

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is wrong, as far as is known."""
        known = (self.incidents, self.waiting, self.suspicions, self.troubles, self.unknown, self.breakers)
        return not any(known)

    @property
    def breakers(self) -> tuple[UpstreamNode, ...]:
        """Upstreams whose breaker is not closed, as far as the gateway tells."""
        return tuple(one for one in self.map.upstreams if one.breaker not in ("", "closed"))


async def situation(desks: Desks, asker: Asker, glance: Glance, wall: float) -> Situation:
    """What goes on at this instant. Raises nothing that a store or a disk is the reason of."""
    incidents, waiting, orders, hour, spans = await asyncio.gather(
        asker.ask(desks.incidents.current),
        asker.ask(desks.playbooks.waiting),
        asker.ask(desks.orders.in_force),
        asker.ask(_hour_of(desks, wall)),
        asker.ask(lambda: desks.tallied.spans(MINUTE_SECONDS, wall - 3 * MINUTE_SECONDS, wall + MINUTE_SECONDS)),
    )
    answers = {
        "Incidents": incidents,
        "Playbook runs": waiting,
        "Orders": orders,
        "The numbers of the last hour": hour,
        "The traffic of the last minute": spans,
    }
    standing = desks.standing()
    snapshot = desks.snapshot()
    sources = MapSources(
        tuple(snapshot.workloads),
        tuple(one.name for one in snapshot.upstreams),
        () if isinstance(spans, Unanswered) else spans,
        standing,
        () if isinstance(orders, Unanswered) else orders,
        {} if glance.state is None else glance.state.upstreams,
        glance.trouble is not None,
    )
    clocks = snapshot.incidents.clocks
    return Situation(
        None if isinstance(incidents, Unanswered) else tuple(_open(one, running(one, clocks)) for one in incidents),
        None if isinstance(waiting, Unanswered) else tuple(map(_waiting, waiting)),
        None if isinstance(orders, Unanswered) else orders,
        suspicions(standing),
        desks.troubles(),
        None if isinstance(hour, Unanswered) else hour,
        live_map(sources, wall),
        tuple(f"{what} cannot be shown: {one.words}" for what, one in answers.items() if isinstance(one, Unanswered)),
        desks.is_acting(),
    )


def suspicions(standing: tuple[Standing, ...]) -> tuple[Standing, ...]:
    """Those that are not well, the worst first."""
    order = ("ill", "suspected", "recovering")
    found = sorted(
        (one for one in standing if one.state != "well"), key=lambda one: (order.index(one.state), one.since)
    )
    return tuple(found[:SUSPICIONS_MAX])


def _hour_of(desks: Desks, wall: float) -> Callable[[], HourNumbers]:
    return lambda: hour_numbers(desks.tallied.total(wall - HOUR_SECONDS, wall).tallies.exchanges.values())


def _open(state: IncidentState, clocks: tuple[Due, ...]) -> OpenIncident:
    return OpenIncident(summary(state), clocks[0] if clocks else None)


def _waiting(run: RunState) -> WaitingRun:
    deed = run.asks
    action = None if deed is None else deed.action
    return WaitingRun(
        run=run.run,
        playbook=run.playbook.name,
        step="" if deed is None else deed.step,
        asks=action.text or action_words(action) if isinstance(action, Approve) else "",
        role=action.role if isinstance(action, Approve) else "",
        expires_at=run.expires_at if deed is None else waits_until(run, deed),
        incident=run.incident,
        cause=run.began.cause,
    )
