"""`/upstreams`, `/upstreams/{name}` and their twins for programs: how every component stands, and who says so."""

import asyncio
from typing import Final

import msgspec
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from mainstay.control.console import Control
from mainstay.control.feeds.standing import FeedStanding
from mainstay.control.search.hit import Hit
from mainstay.control.search.wish import Wish
from mainstay.control.web.answers import json_answer
from mainstay.control.web.asking import Unanswered
from mainstay.control.web.bench import Bench, unknown
from mainstay.control.web.sparkline import sparkline
from mainstay.control.web.visit import visit_of
from mainstay.model.components import component_of
from mainstay.model.orders import Order
from mainstay.model.records import ProbeRecord, ProofRecord
from mainstay.ops.detection.values import Standing
from mainstay.ops.feeds.accuracy import Accuracy

PROBES_LOOKED: Final = 100
PROBES_SHOWN: Final = 10
LIST_HINT: Final = "The list of upstreams names all that there are."


class UpstreamView(msgspec.Struct, frozen=True):
    """One upstream with all its components. `page` is what its provider says; `None`: its page is not read here."""

    name: str
    breaker: str
    components: tuple[Standing, ...]
    page: FeedStanding | None
    accuracy: Accuracy | None
    orders: tuple[Order, ...]


class UpstreamDetails(msgspec.Struct, frozen=True):
    """`UpstreamView`, and what was proven of it lately, the newest first. `unknown` says what could not be asked."""

    upstream: UpstreamView
    probes: tuple[ProbeRecord, ...]
    proofs: tuple[ProofRecord, ...]
    unknown: tuple[str, ...]


class UpstreamPages:
    """Endpoints, behind the guard."""

    def __init__(self, bench: Bench, control: Control) -> None:
        self._bench = bench
        self._control = control

    async def page(self, request: Request) -> Response:
        """All of them."""
        views, own = await self._views()
        values: dict[str, object] = {"upstreams": views, "own": own, "sparks": self._sparks()}
        return self._bench.page("upstreams", visit_of(request), values)

    async def api(self, _request: Request) -> Response:
        """All of them, for programs."""
        views, own = await self._views()
        return json_answer({"upstreams": views, "own": own})

    async def one_page(self, request: Request) -> Response:
        """One of them."""
        found = await self._details(request)
        if isinstance(found, Response):
            return found
        return self._bench.page("upstream", visit_of(request), {"details": found, "sparks": self._sparks()})

    async def one_api(self, request: Request) -> Response:
        """One of them, for programs."""
        found = await self._details(request)
        return found if isinstance(found, Response) else json_answer(found)

    async def _views(self) -> tuple[tuple[UpstreamView, ...], tuple[Standing, ...]]:
        """Upstreams, and components of our own."""
        orders = await self._bench.asker.ask(self._bench.desks.orders.in_force)
        breakers = await self._breakers()
        names = [one.name for one in self._bench.desks.snapshot().upstreams]
        in_force = () if isinstance(orders, Unanswered) else orders
        views = tuple(self._view(name, breakers.get(name, ""), None, in_force) for name in names)
        own = tuple(one for one in self._bench.desks.standing() if not _upstream_of(one))
        return views, own

    async def _details(self, request: Request) -> UpstreamDetails | Response:
        bench, desks, name = self._bench, self._bench.desks, request.path_params["name"]
        if name not in {one.name for one in desks.snapshot().upstreams}:
            problem = unknown(f"upstream {name[:100]!r}", LIST_HINT)
            return bench.no(request.url.path, visit_of(request), problem)
        orders, accuracy, probes, proofs = await asyncio.gather(
            bench.asker.ask(desks.orders.in_force),
            bench.asker.ask(lambda: desks.feeds.accuracy(name)),
            bench.asker.ask(lambda: desks.search.look(Wish(kind="probe"), limit=PROBES_LOOKED).hits),
            bench.asker.ask(lambda: desks.search.look(Wish(kind="proof", upstream=name), limit=PROBES_SHOWN).hits),
        )
        answers = {"Orders": orders, "The page's accuracy": accuracy, "Probes": probes, "Proofs of the doctor": proofs}
        view = self._view(
            name,
            (await self._breakers()).get(name, ""),
            None if isinstance(accuracy, Unanswered) else accuracy,
            () if isinstance(orders, Unanswered) else orders,
        )
        return UpstreamDetails(
            view,
            () if isinstance(probes, Unanswered) else _probes(probes, name),
            () if isinstance(proofs, Unanswered) else _proofs(proofs),
            tuple(f"{what} cannot be shown: {a.words}" for what, a in answers.items() if isinstance(a, Unanswered)),
        )

    def _view(self, name: str, breaker: str, accuracy: Accuracy | None, orders: tuple[Order, ...]) -> UpstreamView:
        desks = self._bench.desks
        page = next((one for one in desks.feeds.standings() if one.upstream == name), None)
        components = tuple(one for one in desks.standing() if _upstream_of(one) == name)
        about = tuple(one for one in orders if one.upstream == name)
        return UpstreamView(name, breaker, components, page, accuracy if page is not None else None, about)

    async def _breakers(self) -> dict[str, str]:
        glance = await self._control.gateway()
        return {} if glance.state is None else glance.state.upstreams

    def _sparks(self) -> dict[str, Markup]:
        """A picture for each component that was asked anything."""
        wall = self._bench.wall()
        return {one.component: sparkline(one.trend, wall) for one in self._bench.desks.standing() if one.trend}


def _upstream_of(standing: Standing) -> str:
    component = component_of(standing.component)
    return "" if component is None else component.upstream


def _probes(hits: tuple[Hit, ...], upstream: str) -> tuple[ProbeRecord, ...]:
    """Those of this upstream's components."""
    found = []
    for hit in hits:
        try:
            record = msgspec.json.decode(hit.line, type=ProbeRecord)
        except msgspec.DecodeError:
            continue
        component = component_of(record.component)
        if component is not None and component.upstream == upstream:
            found.append(record)
    return tuple(found[:PROBES_SHOWN])


def _proofs(hits: tuple[Hit, ...]) -> tuple[ProofRecord, ...]:
    found = []
    for hit in hits:
        try:
            found.append(msgspec.json.decode(hit.line, type=ProofRecord))
        except msgspec.DecodeError:
            continue
    return tuple(found)
