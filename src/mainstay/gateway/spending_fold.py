"""What a journal says that its worker has spent, by tenant, token and window. Folded on from where it ended."""

from collections.abc import Iterable
from itertools import product
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from mainstay.engine.windows import SECONDS_PER_DAY, Span, name_of, number_at, start_of, window_named
from mainstay.gateway.spending_file import Sum
from mainstay.ledger.schema import Segment

SUMS_MAX: Final = 400_000
KEPT_WINDOWS: Final = {Span.DAY: 2, Span.MONTH: 1}
"""How many windows before the present one still matter: clocks differ, and are set."""
DAYS_MAX: Final = 400
COST: Final = b'"cost_nanodollars":'
ATTEMPT: Final = "attempt"


class _Line(msgspec.Struct, frozen=True, gc=False):
    """What is needed of a record."""

    at: float
    kind: str = msgspec.field(name="type")
    tenant: str = "local"
    token: str = ""
    cost_nanodollars: Annotated[int, Meta(ge=0)] = 0


class Fold:
    """Mutable. The records of the chain `chain` up to `sequence` are in it."""

    def __init__(self, chain: str = "", sequence: int = 0, sums: Iterable[Sum] = ()) -> None:
        """Go on from what was kept."""
        self.chain = chain
        self.sequence = sequence
        self._sums = {(one.subject, one.window): one.used for one in sums}
        self._changed: set[tuple[str, str]] = set(self._sums)
        self._wall = 0.0
        self._windows: dict[int, tuple[str, ...]] = {}
        """Those of a day that matter, as seen from `_wall`."""
        self._decode = msgspec.json.Decoder(_Line).decode

    def begin_chain(self, chain: str) -> None:
        """The journal began anew: what the former one said remains true."""
        self.chain, self.sequence = chain, 0

    def take(self, segment: Segment, wall: float) -> None:
        """Add the next records, in order; those that are in the sums already are left out. Attempts are paid for, by
        their tenant and by their token. Raises `DamagedStoreError`; what follows can be taken all the same."""
        if wall // SECONDS_PER_DAY != self._wall // SECONDS_PER_DAY:
            self._windows.clear()
        self._wall = wall
        matters_from = start_of(Span.MONTH, number_at(Span.MONTH, wall) - KEPT_WINDOWS[Span.MONTH])
        known, self.sequence = self.sequence, segment.last_sequence
        if segment.last_at >= matters_from and COST in segment.body:
            for sequence, line in enumerate(segment.lines(), segment.first_sequence):
                if sequence > known and COST in line:
                    self._add(line)

    def prune(self, wall: float) -> None:
        """Forget windows that are over for good."""
        for subject, window in [key for key in self._sums if not _matters(key[1], wall)]:
            del self._sums[subject, window]

    def sums(self) -> tuple[Sum, ...]:
        """All of it."""
        return tuple(Sum(subject, window, used) for (subject, window), used in self._sums.items())

    def take_changes(self) -> list[Sum]:
        """What changed since the last time."""
        changed, self._changed = self._changed, set()
        return [Sum(*key, self._sums[key]) for key in changed if key in self._sums]

    def _add(self, body: bytes) -> None:
        try:
            line = self._decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return
        if line.kind != ATTEMPT:
            return
        sums, cost, windows = self._sums, line.cost_nanodollars, self._windows_at(line.at)
        subjects = (f"tenant:{line.tenant}", f"token:{line.token}") if line.token else (f"tenant:{line.tenant}",)
        for key in product(subjects, windows):
            known = sums.get(key)
            if known is not None:
                sums[key] = known + cost
            elif len(sums) < SUMS_MAX:
                sums[key] = cost
            self._changed.add(key)

    def _windows_at(self, at: float) -> tuple[str, ...]:
        """The windows of an instant that still matter; worked out once for each day."""
        day = int(at // SECONDS_PER_DAY)
        windows = self._windows.get(day)
        if windows is None:
            if len(self._windows) >= DAYS_MAX:
                self._windows.clear()
            names = [name_of(span, number_at(span, at)) for span in KEPT_WINDOWS]
            windows = self._windows[day] = tuple(name for name in names if _matters(name, self._wall))
        return windows


def _matters(window: str, wall: float) -> bool:
    found = window_named(window)
    return found is not None and number_at(found[0], wall) - found[1] <= KEPT_WINDOWS.get(found[0], 0)
