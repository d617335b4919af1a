"""The shipper: goes round the journals of the state folder and brings what is new to the store.

At least once and in order per chain: the store says what it has, and a mark is written when it has it for sure. Nothing
here trusts that the store keeps what it was given: it is asked again each minute.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from mainstay.control.background import StopSignal
from mainstay.control.shipping.findings import Findings
from mainstay.control.shipping.journal_shipping import JournalShipping
from mainstay.control.shipping.lost import look_for_lost
from mainstay.control.shipping.status import Finding, ShippingStatus
from mainstay.ledger.errors import LedgerError
from mainstay.ledger.files import journal_paths, set_aside_paths
from mainstay.ledger.store.port import Store

IDLE_SECONDS: Final = 0.5
PAUSE_SECONDS_MIN: Final = 0.25
PAUSE_SECONDS_MAX: Final = 5.0
"""Pauses while the store does not answer, each twice the one before."""
COMPARE_SECONDS: Final = 60.0
"""How often the store is asked whether it still has what it was given."""


class Shipper:
    """Ships the journals of one state folder. `status` may be asked from any thread, all else from one.

    Any number of shippers may work on one folder: the store takes each record once.
    """

    def __init__(
        self,
        state: Path,
        open_store: Callable[[], Store],
        tell: Callable[[Finding], None],
        wall: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        """`open_store` opens the store, or raises `LedgerError`. `tell` hears once of each finding, from the thread
        that ships. `wall` gives seconds since 1970, `monotonic` seconds of a clock that no one sets."""
        self._state = state
        self._open_store = open_store
        self._wall = wall
        self._monotonic = monotonic
        self._findings = Findings(tell, wall)
        self._journals: dict[Path, JournalShipping] = {}
        self._store: Store | None = None
        self._store_name = ""
        self._trouble: str | None = "the store has not been opened yet"
        self._compared_at = 0.0
        self._status = ShippingStatus(trouble=self._trouble)

    def status(self) -> ShippingStatus:
        """How far the store is behind, as of the last turn."""
        return self._status

    def run(self, stop: StopSignal) -> None:
        """Ship until `stop` is set. Raises nothing."""
        pause = 0.0
        while not stop.is_set():
            more = self._turn_or_suffer()
            if self._trouble is not None:
                pause = min(max(PAUSE_SECONDS_MIN, 2 * pause), PAUSE_SECONDS_MAX)
                stop.wait(pause)
            else:
                pause = 0.0
                if not more:
                    stop.wait(IDLE_SECONDS)
        for journal in self._journals.values():
            journal.write_mark()
        self._let_go()

    def turn(self) -> bool:
        """Go round once, with one batch of each journal that has something new; tell whether there is more. A store
        that does not answer is trouble in the status; nothing is raised for it."""
        self._find_journals()
        try:
            more = self._ship(self._opened())
        except LedgerError as error:
            self._suffer(str(error))
            for journal in self._journals.values():
                journal.survey()
            more = False
        else:
            self._trouble = None
            self._findings.resolve("store", "store-trouble")
        self._status = self._seen()
        return more

    def _turn_or_suffer(self) -> bool:
        try:
            return self.turn()
        except Exception as error:  # noqa: BLE001 - a mistake of ours must not end the only thread that ships
            self._suffer(f"{type(error).__name__}: {error}")
            self._status = self._seen()
            return False

    def _ship(self, store: Store) -> bool:
        now = self._monotonic()
        if now - self._compared_at >= COMPARE_SECONDS:
            self._compare(store)
            self._compared_at = now
        more = [journal.advance(store, now) for journal in self._journals.values()]
        return any(more)

    def _find_journals(self) -> None:
        """Note files that have come, and forget those that have gone."""
        live, aside = journal_paths(self._state), set_aside_paths(self._state)
        for path in (*live, *aside):
            if path not in self._journals:
                self._journals[path] = JournalShipping(path, self._findings, self._wall, is_live=path in live)
        for path in self._journals.keys() - {*live, *aside}:
            del self._journals[path]

    def _opened(self) -> Store:
        if self._store is None:
            self._store = self._open_store()
            self._store_name = self._store.name
            self._compared_at = self._monotonic() - COMPARE_SECONDS
        return self._store

    def _compare(self, store: Store) -> None:
        for journal in self._journals.values():
            journal.survey()
        known = {one.chain.id: one.shipped for one in self._journals.values() if one.chain is not None}
        look_for_lost(self._state, store, known, self._findings)
        for journal in self._journals.values():
            journal.compare(store)

    def _suffer(self, trouble: str) -> None:
        self._trouble = trouble
        self._findings.add("store-trouble", "", f"records wait in their journals: {trouble}", "store")
        self._let_go()

    def _let_go(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            store.close()
        for journal in self._journals.values():
            journal.forget_place()

    def _seen(self) -> ShippingStatus:
        journals = [one for one in self._journals.values() if one.chain is not None]
        chains = {one.chain.id: (one.shipped, one.newest) for one in journals if one.chain is not None}
        waiting = [one.oldest_at for one in journals if one.oldest_at is not None and one.newest > one.shipped]
        return ShippingStatus(
            store=self._store_name,
            trouble=self._trouble,
            chains=chains,
            lag_records=sum(max(0, newest - shipped) for shipped, newest in chains.values()),
            lag_seconds=max([0.0, *(self._wall() - at for at in waiting)]),
            findings=self._findings.newest(),
        )
