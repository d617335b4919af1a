"""What a worker does each second beside its requests: bounds spending, leaves its page of metrics, and begins to keep
drafts where the disk did not allow that before."""

import asyncio
from collections.abc import Callable
from typing import Final

from mainstay.gateway.app import Gateway
from mainstay.gateway.drafts.store import DraftStore
from mainstay.gateway.metrics_pages import PAGE_SECONDS, MetricsPages
from mainstay.gateway.shipping_watch import ShippingWatch
from mainstay.gateway.spending import TICK_SECONDS, Spending
from mainstay.ledger.errors import StateInUseError
from mainstay.ledger.writing.status import JournalStatus

REPORT_CHARACTERS_MAX: Final = 500


class Upkeep:
    """One worker's. Used by its event loop."""

    def __init__(
        self,
        spending: Spending,
        journal_status: Callable[[], JournalStatus],
        drafts: DraftStore | None,
        pages: MetricsPages | None,
        report: Callable[[str], None],
    ) -> None:
        """Without `drafts` none are kept; without `pages` nobody else tells of this worker. `report` takes one line for
        the operator."""
        self.drafts_trouble: str | None = None
        """Why no draft can be kept yet; `None` once drafts have begun."""
        self.page_trouble: str | None = None
        """Why the other workers cannot tell of this one; `None` while they can."""
        self.shipping = ShippingWatch()
        """Whether the store takes what the journal has."""
        self._spending = spending
        self._journal_status = journal_status
        self._drafts = drafts
        self._pages = pages
        self._report = report

    def begin_drafts(self) -> None:
        """Begin to keep drafts; where the disk does not allow that, it is tried again each second. Raises
        `StateInUseError`."""
        try:
            if self._drafts is not None:
                self._drafts.start()
        except OSError as error:
            self.drafts_trouble = told(error)
            self._report(f"drafts: none can be kept yet, so no answer can be resumed: {self.drafts_trouble}")

    async def go_on(self, gateway: Gateway) -> None:
        """Until cancelled."""
        clock = asyncio.get_running_loop().time
        page_at = clock()
        while True:
            await asyncio.sleep(TICK_SECONDS)
            try:
                self._spending.tick()
                self.shipping.look(self._journal_status(), clock())
                if self.drafts_trouble is not None:
                    await self._begin_drafts_late(gateway)
                if clock() >= page_at:
                    page_at = clock() + PAGE_SECONDS
                    await self._leave_page(gateway)
            except Exception as error:  # noqa: BLE001 - a mistake of ours must not end what bounds spending
                words = f"a defect of ours, once a second: {type(error).__name__}: {error}"
                self._report(words[:REPORT_CHARACTERS_MAX])

    async def _begin_drafts_late(self, gateway: Gateway) -> None:
        if self._drafts is None:
            return
        try:
            # A disk that hangs must not hold up those who are served.
            await asyncio.to_thread(self._drafts.prepare)
            self._drafts.start()
        except (OSError, StateInUseError) as error:
            self.drafts_trouble = told(error)
        else:
            self.drafts_trouble = None
            self._report("drafts: they are kept from now on")
            gateway.pick_up()

    async def _leave_page(self, gateway: Gateway) -> None:
        if self._pages is None:
            return
        try:
            await asyncio.to_thread(self._pages.leave, gateway.own.metrics_page(gateway.running))
        except OSError as error:
            if self.page_trouble is None:
                self._report(f"metrics: other workers cannot tell of this one: {told(error)}")
            self.page_trouble = told(error)
        else:
            self.page_trouble = None


def told(error: Exception) -> str:
    """Why the disk refuses, with the name of the file where there is one."""
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
