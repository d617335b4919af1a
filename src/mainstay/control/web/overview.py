"""The overview: both planes' state, how far the journals are in the store, who acts. As a page and as JSON."""

from collections.abc import Callable
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mainstay.control.console import Control
from mainstay.control.gateway_glance import Glance
from mainstay.control.lease import LeaseStatus
from mainstay.control.people.people import People
from mainstay.control.shipping.status import Finding
from mainstay.control.web.answers import Answers, json_answer
from mainstay.control.web.asking import Asker
from mainstay.control.web.map_drawing import NARROW, WIDE, draw_map
from mainstay.control.web.situation import Situation, situation
from mainstay.control.web.visit import visit_of
from mainstay.ledger.writing.status import JournalStatus

CHAINS_SHOWN_MAX: Final = 200
FINDINGS_SHOWN_MAX: Final = 10


class ChainView(msgspec.Struct, frozen=True):
    """One chain of records: the last one that the store has, and the last one that there is."""

    name: str
    shipped: int
    newest: int

    @property
    def behind(self) -> int:
        """Records that the store does not have yet."""
        return max(0, self.newest - self.shipped)


class ShippingView(msgspec.Struct, frozen=True):
    """How far the journals are in the store."""

    trouble: str | None
    lag_records: int
    lag_seconds: float
    chains: tuple[ChainView, ...]
    findings: tuple[Finding, ...]
    """What was found of chains, newest first."""


class ControlView(msgspec.Struct, frozen=True):
    """The control plane itself. `status` is ready, degraded or draining; `troubles` say why it is degraded."""

    version: str
    status: str
    people: str
    troubles: tuple[str, ...]


class Overview(msgspec.Struct, frozen=True):
    """All of it. A part that does not run here is `None`."""

    control: ControlView
    gateway: Glance
    shipping: ShippingView | None
    lease: LeaseStatus | None
    journal: JournalStatus | None
    """That of the control plane itself."""
    operations: Situation | None = None
    """`None` where operations do not run."""


class OverviewPages:
    """`/` and `/api/overview`, and the part of it that `/readyz` tells."""

    def __init__(
        self, control: Control, people: People, answers: Answers, asker: Asker, wall: Callable[[], float]
    ) -> None:
        """`wall` gives seconds since 1970."""
        self._control = control
        self._people = people
        self._answers = answers
        self._asker = asker
        self._wall = wall

    async def page(self, request: Request) -> Response:
        """The page."""
        overview = await self._overview()
        shown = None if overview.operations is None else overview.operations.map
        values = {
            "overview": overview,
            "now": self._wall(),
            "maps": () if shown is None else (draw_map(shown, WIDE, "wide"), draw_map(shown, NARROW, "slim")),
        }
        return self._answers.page("overview", visit_of(request), values)

    async def api(self, _request: Request) -> Response:
        """The same as JSON."""
        return json_answer(await self._overview())

    async def _overview(self) -> Overview:
        gateway, desks = await self._control.gateway(), self._control.desks
        known = None if desks is None else await situation(desks, self._asker, gateway, self._wall())
        lease, journal = self._control.lease_status(), self.journal()
        return Overview(self.control_view(), gateway, self.shipping(), lease, journal, known)

    def control_view(self) -> ControlView:
        """How the control plane is."""
        troubles = self.troubles()
        status = "draining" if self._control.is_draining() else "degraded" if troubles else "ready"
        return ControlView(self._control.version, status, self._people.mode, troubles)

    def troubles(self) -> tuple[str, ...]:
        """All that an operator should look at, in sentences without secrets."""
        shipping, lease = self._control.shipping_status(), self._control.lease_status()
        found = (
            *self.people_troubles(),
            None if shipping is None else shipping.trouble,
            None if lease is None else lease.trouble,
            self.journal_trouble(),
        )
        return tuple(trouble for trouble in found if trouble)

    def people_troubles(self) -> tuple[str, ...]:
        """What is wrong with our own files of people."""
        found = (self._people.accounts.trouble, self._people.sessions.seal.keys.trouble)
        return tuple(trouble for trouble in found if trouble)

    def journal(self) -> JournalStatus | None:
        """How our own journal is."""
        return self._control.journal_status()

    def journal_trouble(self) -> str | None:
        """Why what people do is not written down as it should be; `None` while it is."""
        journal = self.journal()
        if journal is None:
            return None
        if journal.trouble is not None:
            return f"what people do here is not written down now; {journal.pending} records wait: {journal.trouble}"
        if journal.dropped:
            return f"{journal.dropped} records of what people did here are lost: the disk did not take them"
        if journal.full:
            return "the journal of the control plane is full, for the store does not take it"
        return None

    def shipping(self) -> ShippingView | None:
        """How far the journals are; the chains that are behind come first, and not all of very many are shown."""
        status = self._control.shipping_status()
        if status is None:
            return None
        chains = [ChainView(name, shipped, newest) for name, (shipped, newest) in status.chains.items()]
        chains.sort(key=lambda chain: (-chain.behind, chain.name))
        return ShippingView(
            status.trouble,
            status.lag_records,
            status.lag_seconds,
            tuple(chains[:CHAINS_SHOWN_MAX]),
            status.findings[: -1 - FINDINGS_SHOWN_MAX : -1],
        )
