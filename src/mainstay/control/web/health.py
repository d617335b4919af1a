"""Health for probes: open to everybody, bounded, without secrets and without paths of files."""

from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mainstay.control.console import Control
from mainstay.control.lease import LeaseStatus
from mainstay.control.web.answers import json_answer
from mainstay.control.web.overview import OverviewPages

TROUBLE_CHARACTERS_MAX: Final = 300


class StoreHealth(msgspec.Struct, frozen=True):
    """How far the journals are in the store."""

    trouble: str | None
    lag_records: int
    lag_seconds: float
    findings: int
    """How many things were found that an operator must know of; the overview shows them."""


class JournalHealth(msgspec.Struct, frozen=True):
    """Whether what people do is written down."""

    degraded: bool
    """Whether it is not, or not all of it; the overview says why."""
    pending: int
    dropped: int


class Ready(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of `/readyz`. `store`, `lease` and `journal` are missing where they do not run here."""

    status: str
    version: str
    people: str
    """How people log in: open, local, provider, local+provider, or nobody."""
    people_degraded: bool = False
    """Whether accounts or cookie keys cannot be read or written as they should; the overview says why."""
    store: StoreHealth | None = None
    lease: LeaseStatus | None = None
    journal: JournalHealth | None = None


class Health:
    """`/livez`, `/readyz` and `/version`."""

    def __init__(self, control: Control, overview: OverviewPages) -> None:
        self._control = control
        self._overview = overview

    async def livez(self, _request: Request) -> Response:
        """The process lives."""
        return json_answer({"status": "ok"})

    async def readyz(self, _request: Request) -> Response:
        """Ready, degraded or draining. Only draining is 503: one that is degraded still shows what is known."""
        view = self._overview.control_view()
        shipping, lease = self._overview.shipping(), self._control.lease_status()
        store = None
        if shipping is not None:
            lag = round(shipping.lag_seconds, 3)
            store = StoreHealth(_cut(shipping.trouble), shipping.lag_records, lag, len(shipping.findings))
        if lease is not None:
            lease = msgspec.structs.replace(lease, trouble=_cut(lease.trouble))
        degraded = self._overview.people_troubles() != ()
        ready = Ready(view.status, view.version, view.people, degraded, store, lease, self._journal())
        return json_answer(ready, 503 if view.status == "draining" else 200)

    def _journal(self) -> JournalHealth | None:
        journal = self._overview.journal()
        if journal is None:
            return None
        return JournalHealth(self._overview.journal_trouble() is not None, journal.pending, journal.dropped)

    async def version(self, _request: Request) -> Response:
        """The version."""
        return json_answer({"name": "mainstay", "version": self._control.version})


def _cut(trouble: str | None) -> str | None:
    return None if trouble is None else trouble[:TROUBLE_CHARACTERS_MAX]
