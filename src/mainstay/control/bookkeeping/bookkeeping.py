"""The job that follows the store while we are the one who acts."""

from collections.abc import Callable
from typing import Final

import msgspec

from mainstay.control.background import StopSignal
from mainstay.control.bookkeeping.bookkeeper import Bookkeeper
from mainstay.control.bookkeeping.listening import Hear, Listening
from mainstay.control.bookkeeping.reconcile import Reconciler
from mainstay.ledger.errors import LedgerError
from mainstay.ledger.store.port import Store
from mainstay.model.records import Record

IDLE_SECONDS: Final = 0.2
STANDBY_SECONDS: Final = 0.5
PAUSE_SECONDS_MIN: Final = 0.25
PAUSE_SECONDS_MAX: Final = 5.0
"""Pauses while the store does not answer, each twice the one before."""
RECONCILE_SECONDS: Final = 15.0
LOOK_SECONDS: Final = 1.0
"""How often we look how much there is to do."""


class Surroundings(msgspec.Struct, frozen=True):
    """What bookkeeping takes from outside. `open_store` may raise `LedgerError`; `is_held` tells whether we are the one
    who acts; `wall` gives seconds since 1970, `monotonic` seconds of a clock that no one sets; `write` puts a record
    into our own journal; `report` takes a line for the operator."""

    open_store: Callable[[], Store]
    is_held: Callable[[], bool]
    wall: Callable[[], float]
    monotonic: Callable[[], float]
    write: Callable[[Record], None]
    report: Callable[[str], None]


class BookkeepingStatus(msgspec.Struct, frozen=True):
    """How far bookkeeping is. `trouble` says why it does not go on, or `None`."""

    is_acting: bool = False
    trouble: str | None = None
    is_live: bool = False
    """Whether who listens has heard the past, and hears now what happens."""
    added: int = 0
    """Records that were added up since we act."""
    behind: int = 0
    """Records that are still to be added up, at most."""
    seconds_left: float | None = None
    """About how long that will take; `None` where nobody can tell yet."""
    misdated: int = 0
    """Records that are in no span because their instant cannot be true."""
    unreadable: int = 0
    """Records that this version cannot read."""
    reconciled: int = 0
    """Events that were journaled for others."""
    rivals: int = 0
    """How often somebody else had kept the same books meanwhile."""


class Bookkeeping:
    """Adds records up, hands them to who listens, and journals what others could not. `status` may be asked from any
    thread, all else belongs to the thread of `run`."""

    def __init__(self, surroundings: Surroundings) -> None:
        """Opens nothing yet."""
        self._around = surroundings
        self._listening = Listening(surroundings.wall, surroundings.report)
        self._bookkeeper = Bookkeeper(surroundings.wall, surroundings.monotonic, surroundings.report)
        self._reconciler = Reconciler(surroundings.write, surroundings.monotonic, surroundings.report)
        self._store: Store | None = None
        self._trouble: str | None = None
        self._is_acting = False
        self._reconciled_at: float | None = None
        self._looked_at: float | None = None
        self._behind = 0
        self._began: tuple[float, int] = (0.0, 0)
        self._status = BookkeepingStatus()

    def subscribe(self, hear: Hear, past_seconds: float = 0.0) -> None:
        """Have every record heard, in order of arrival and within half a second of it: first those of the last so many
        seconds, each time that we begin to act. To be called before `run`. `hear` is called in the thread of `run`,
        must not be slow, and should raise nothing."""
        self._listening.subscribe(hear, past_seconds)

    def status(self) -> BookkeepingStatus:
        """How it was at the last turn."""
        return self._status

    def run(self, stop: StopSignal) -> None:
        """Work until `stop` is set. Raises nothing."""
        pause = 0.0
        while not stop.is_set():
            more = self.turn()
            if self._trouble is not None:
                pause = min(max(PAUSE_SECONDS_MIN, 2 * pause), PAUSE_SECONDS_MAX)
                stop.wait(pause)
                continue
            pause = 0.0
            if not more:
                stop.wait(IDLE_SECONDS if self._is_acting else STANDBY_SECONDS)
        self._finish()

    def turn(self) -> bool:
        """Do what is due; tell whether there is more. Trouble is told in the status; nothing is raised for it."""
        more = False
        try:
            if self._around.is_held():
                more = self._act(self._opened())
            else:
                self._let_go()
                self._is_acting = False
        except LedgerError as error:
            self._suffer(str(error))
        except Exception as error:  # noqa: BLE001 - a mistake of ours must not end the only thread that keeps the books
            self._suffer(f"{type(error).__name__}: {error}")
        else:
            self._trouble = None
        self._status = self._seen()
        return more

    def _act(self, store: Store) -> bool:
        # First those who wait for news; adding up what is old may take hours.
        has_news = self._listening.turn(store)
        has_more = self._bookkeeper.turn(store)
        now = self._around.monotonic()
        if self._reconciled_at is None or now - self._reconciled_at >= RECONCILE_SECONDS:
            self._reconciled_at = now
            self._reconciler.turn(store)
        if not has_more:
            self._behind = 0
        elif self._looked_at is None or now - self._looked_at >= LOOK_SECONDS:
            self._look(store, now)
        return has_news or has_more

    def _look(self, store: Store, now: float) -> None:
        if self._behind == 0:
            self._began = (now, self._bookkeeper.place)
        self._looked_at = now
        self._behind = max(0, store.last_arrival() - self._bookkeeper.place)

    def _opened(self) -> Store:
        if self._store is None:
            self._store = self._around.open_store()
        self._is_acting = True
        return self._store

    def _suffer(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._around.report(f"bookkeeping: {trouble}")
        self._trouble = trouble
        # Who listens goes on where he was; only what was not saved is read again.
        self._bookkeeper.forget()
        self._close()

    def _finish(self) -> None:
        """Save what is read, if we still may."""
        try:
            if self._store is not None and self._around.is_held():
                self._bookkeeper.save(self._store)
        except LedgerError as error:
            self._around.report(f"bookkeeping: {error}; what is missing is added up after the next start")
        self._close()

    def _let_go(self) -> None:
        self._listening.forget()
        self._bookkeeper.forget()
        self._reconciler.forget()
        self._reconciled_at = self._looked_at = None
        self._behind = 0
        self._close()

    def _close(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            store.close()

    def _seen(self) -> BookkeepingStatus:
        return BookkeepingStatus(
            is_acting=self._is_acting,
            trouble=self._trouble,
            is_live=self._listening.is_live,
            added=self._bookkeeper.records,
            behind=self._behind,
            seconds_left=self._seconds_left(),
            misdated=self._bookkeeper.misdated,
            unreadable=self._listening.unreadable,
            reconciled=self._reconciler.written,
            rivals=self._bookkeeper.rivals,
        )

    def _seconds_left(self) -> float | None:
        if self._behind == 0:
            return 0.0
        began_at, began = self._began
        done = self._bookkeeper.place - began
        return self._behind * (self._around.monotonic() - began_at) / done if done > 0 else None
