"""The desk of status pages: what they say, and how far each can be trusted. For pages of the console and others."""

from collections.abc import Callable
from threading import Lock
from typing import Final

from mainstay.control.feeds.past import ReadableStore, read_past
from mainstay.control.feeds.standing import FeedStanding
from mainstay.ledger.errors import LedgerError
from mainstay.ops.feeds.accuracy import WINDOW_SECONDS, Accuracy, AccuracyFold

FRESH_SECONDS: Final = 3_600.0
RETRY_SECONDS: Final = 60.0


class FeedDesk:
    """May be asked from any thread. Raises nothing for a store that does not answer."""

    def __init__(
        self,
        standings: Callable[[], tuple[FeedStanding, ...]],
        open_store: Callable[[], ReadableStore],
        wall: Callable[[], float],
    ) -> None:
        """`standings` are the poller's; `open_store` may raise `LedgerError`."""
        self._standings = standings
        self._open_store = open_store
        self._wall = wall
        self._lock = Lock()
        self._fold = AccuracyFold()
        self._due_at = 0.0

    def standings(self) -> tuple[FeedStanding, ...]:
        """What each upstream's page says now; empty where another control plane reads them."""
        return self._standings()

    def accuracy(self, upstream: str) -> Accuracy:
        """How well an upstream's page told of what we saw in the last 90 days. Read anew once an hour, which may take a
        second."""
        with self._lock:
            wall = self._wall()
            if wall >= self._due_at:
                self._due_at = wall + (FRESH_SECONDS if self._read(wall) else RETRY_SECONDS)
            return self._fold.accuracy(upstream, wall)

    def _read(self, wall: float) -> bool:
        fold = AccuracyFold()
        try:
            found = read_past(self._open_store, ("feed", "detection"), wall - WINDOW_SECONDS)
        except LedgerError:
            return False
        for record in found:
            fold.take(record)
        self._fold = fold
        return True
