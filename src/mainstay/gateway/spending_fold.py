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
EXCHANGE: Final = b'{"type":"exchange",'


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
            lines = segment.lines()[max(0, known + 1 - segment.first_sequence) :]
            self._add(lines)

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

    def _add(self, lines: Iterable[bytes]) -> None:
        """Add up by who pays and by day first: of many thousands of records few differ in that."""
        costs: dict[tuple[str, str, int], int] = {}
        decode = self._decode
        for body in lines:
            # Half of what tells of costs are exchanges, known by how they begin. Whatever else is said is looked at.
            if body.startswith(EXCHANGE) or COST not in body:
                continue
            try:
                line = decode(body)
            except (msgspec.MsgspecError, UnicodeDecodeError):
                continue
            if line.kind == ATTEMPT:
                key = (line.tenant, line.token, int(line.at // SECONDS_PER_DAY))
                costs[key] = costs.get(key, 0) + line.cost_nanodollars
        for (tenant, token, day), cost in costs.items():
            self._pay(tenant, token, day, cost)

    def _pay(self, tenant: str, token: str, day: int, cost: int) -> None:
        sums = self._sums
        subjects = (f"tenant:{tenant}", f"token:{token}") if token else (f"tenant:{tenant}",)
        for key in product(subjects, self._windows_of(day)):
            known = sums.get(key)
            if known is not None:
                sums[key] = known + cost
            elif len(sums) < SUMS_MAX:
                sums[key] = cost
            self._changed.add(key)

    def _windows_of(self, day: int) -> tuple[str, ...]:
        """The windows of a day that still matter; worked out once."""
        windows = self._windows.get(day)
        if windows is None:
            if len(self._windows) >= DAYS_MAX:
                self._windows.clear()
            at = float(day * SECONDS_PER_DAY)
            names = [name_of(span, number_at(span, at)) for span in KEPT_WINDOWS]
            windows = self._windows[day] = tuple(name for name in names if _matters(name, self._wall))
        return windows


def _matters(window: str, wall: float) -> bool:
    found = window_named(window)
    return found is not None and number_at(found[0], wall) - found[1] <= KEPT_WINDOWS.get(found[0], 0)
