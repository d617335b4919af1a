"""The listener: hears of every record that comes to the store, first of those of the last hours."""

from collections.abc import Callable
from typing import Final

from mainstay.control.bookkeeping.listening import Hear, Listening
from mainstay.ledger.errors import LedgerError
from mainstay.ledger.store.port import Store

PAST_SECONDS: Final = 3 * 3_600.0


class Listener:
    """Used by one thread; `trouble` may be looked at from any."""

    def __init__(
        self,
        open_store: Callable[[], Store],
        hear: Hear,
        wall: Callable[[], float],
        report: Callable[[str], None],
        past_seconds: float = PAST_SECONDS,
    ) -> None:
        """`open_store` may raise `LedgerError`. `hear` takes each record, `wall` gives seconds since 1970, `report`
        takes a line for the operator."""
        self.trouble: str | None = "the store has not been read yet"
        """Why nothing is heard now; `None` while all is well."""
        self._open_store = open_store
        self._listening = Listening(wall, report)
        self._listening.subscribe(hear, past_seconds)
        self._store: Store | None = None

    @property
    def is_live(self) -> bool:
        """Whether the past has been heard: what comes now is new."""
        return self._listening.is_live

    def turn(self) -> bool:
        """Hear of what came; tell whether there may be more at once. Raises nothing for a store that does not
        answer."""
        try:
            if self._store is None:
                self._store = self._open_store()
            has_more = self._listening.turn(self._store)
        except LedgerError as error:
            self.trouble = f"records are not read now: {error}"
            self.close()
            return False
        self.trouble = None
        return has_more

    def close(self) -> None:
        """Let go of the store."""
        store, self._store = self._store, None
        if store is not None:
            store.close()
