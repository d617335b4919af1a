"""The watch over reports: hears those of all gateways' and commands' journals, and tells detection of too many."""

from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Final

from mainstay.control.background import StopSignal
from mainstay.control.feeds.past import ReadableStore, read_past
from mainstay.ledger.errors import LedgerError
from mainstay.model.evidence import Evidence
from mainstay.model.records import Record, TroubleRecord
from mainstay.model.settings import DetectionSettings
from mainstay.ops.trouble.reports import Level, Reports
from mainstay.ops.trouble.usual import WEEK_SECONDS, WEEKS_MAX

TURN_SECONDS: Final = 1.0
RETRY_SECONDS: Final = 30.0
WAITING_MAX: Final = 20_000


class TroubleWatch:
    """`run` is the job of one thread; the other methods may be called from any."""

    def __init__(
        self,
        open_store: Callable[[], ReadableStore],
        settings: Callable[[], DetectionSettings],
        hear: Callable[[Evidence], None],
        wall: Callable[[], float],
    ) -> None:
        """`open_store` may raise `LedgerError`; `hear` takes evidence, and neither raises nor blocks for long."""
        self._open_store = open_store
        self._settings = settings
        self._hear = hear
        self._wall = wall
        self._lock = Lock()
        self._waiting: deque[TroubleRecord] = deque(maxlen=WAITING_MAX)
        self._reports = Reports(settings())
        self._levels: tuple[Level, ...] = ()
        self._newest: set[str] = set()
        self._recall_at = float("-inf")
        self._is_warm = False

    def heard(self, record: Record) -> None:
        """A record came to the store. Those of other kinds are let pass."""
        if isinstance(record, TroubleRecord):
            with self._lock:
                self._waiting.append(record)

    def levels(self) -> tuple[Level, ...]:
        """How many reports there were at the last turn, beside how many are usual."""
        return self._levels

    def run(self, stop: StopSignal) -> None:
        """Watch until `stop` is set. Raises nothing."""
        while not stop.wait(TURN_SECONDS):
            self.turn()

    def turn(self) -> None:
        """Take what came, and tell what it is evidence for."""
        wall = self._wall()
        self._reports.settings = self._settings()
        if not self._is_warm and wall >= self._recall_at:
            self._recall_at = wall + RETRY_SECONDS
            self._recall(wall)
        with self._lock:
            came = tuple(self._waiting)
            self._waiting.clear()
        for record in came:
            if record.id not in self._newest:
                self._reports.take(record)
        for evidence in self._reports.turn(wall):
            self._hear(evidence)
        self._levels = self._reports.levels(wall)

    def _recall(self, wall: float) -> None:
        """Learn what is usual from the last weeks. Until that is possible, `reports_min` alone decides."""
        try:
            found = read_past(self._open_store, ("trouble",), wall - WEEKS_MAX * WEEK_SECONDS)
        except LedgerError:
            return
        reports = Reports(self._settings())
        for record in found:
            if isinstance(record, TroubleRecord):
                reports.take(record)
        # What came meanwhile is among them already.
        self._newest = {one.id for one in found[-WAITING_MAX:]}
        self._reports, self._is_warm = reports, True
