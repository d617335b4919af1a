"""Whether the store takes what the journal has, as far as a gateway can see that: it asks neither the store nor the
control plane, which ships, but looks how far the journal may be pruned."""

from typing import Final

from mainstay.ledger.writing.status import JournalStatus

PATIENCE_SECONDS: Final = 10.0
"""The control plane ships about each second."""
TROUBLE: Final = "the store takes no records (does the control plane run, and the store?); they wait in the journal"


class ShippingWatch:
    """Of one journal."""

    def __init__(self) -> None:
        self.trouble: str | None = None
        """Why records wait; `None` while they need not wait long."""
        self._shipped = -1
        self._waiting_since: float | None = None

    def look(self, journal: JournalStatus, now: float) -> None:
        """See how far it is. `now` is in seconds, on a clock that only goes forward."""
        if journal.sequence <= journal.shipped_sequence:
            self._waiting_since = None
        elif self._waiting_since is None or journal.shipped_sequence != self._shipped:
            self._waiting_since = now
        self._shipped = journal.shipped_sequence
        waits = self._waiting_since is not None and now - self._waiting_since >= PATIENCE_SECONDS
        self.trouble = TROUBLE if waits else None
