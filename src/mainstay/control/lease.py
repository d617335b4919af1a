"""The lease: of all control planes of one store, one acts. The others stand by and take over.

Three rules keep two from acting at once:

1. The holder counts on its lease for `valid_seconds` from the moment before it *sent* its last renewal, on its own
   clock that no one sets. A holder that was paused finds its lease too old before it does anything.
2. A holder that does not beat for `stale_seconds`, on the clock of the one who watches, is deposed: its session ends.
   That is longer than `valid_seconds`, so it has stopped to count on it by then.
3. The lock itself is the database's (or the operating system's) and given to one.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import msgspec

from mainstay.control.background import StopSignal
from mainstay.control.evidence import LeaseEvent
from mainstay.control.lease_file import LeaseFile
from mainstay.ledger.errors import LedgerError
from mainstay.ledger.store.lease_row import LeaseRow, Sight

NOBODY: Final = Sight("", 0, 0)


class Timing(msgspec.Struct, frozen=True):
    """How often and how long. With these a standby acts within 8 seconds of its holder's death or pause."""

    renew_seconds: float = 2.0
    look_seconds: float = 1.0
    valid_seconds: float = 5.0
    stale_seconds: float = 6.0
    depose_seconds: float = 0.2
    """After so long a deposed session is gone."""


class Claim(Protocol):
    """A claim on the lease: `LeaseRow` or `LeaseFile`. Every method but `close` may raise `LedgerError`."""

    def claim(self) -> int | None:
        """Take the lease if it is free; give its epoch, or `None`."""

    def renew(self, epoch: int) -> bool:
        """Renew it. `False` if it is not ours any more."""

    def look(self) -> Sight:
        """Who holds it."""

    def depose(self) -> None:
        """Take it from its holder, if that is possible."""

    def close(self) -> None:
        """Give it up."""


class LeaseStatus(msgspec.Struct, frozen=True):
    """Who acts. `trouble` says why we cannot tell, or `None`."""

    is_held: bool
    holder: str
    epoch: int
    trouble: str | None = None


def _write_nothing(_event: LeaseEvent, _holder: str, _epoch: int, _reason: str) -> None:
    """Nobody keeps what becomes of the lease."""


class Ears(msgspec.Struct, frozen=True):
    """Who hears of changes, from the lease's own thread. `report` takes one line for the operator; `record` what
    happened, who holds the lease, its epoch and why (see `model.records.LeaseRecord`)."""

    report: Callable[[str], None]
    record: Callable[[LeaseEvent, str, int, str], None] = _write_nothing


class Lease:
    """Our part in it. `is_held`, `holder`, `epoch` and `status` may be asked from any thread."""

    def __init__(
        self,
        open_claim: Callable[[], Claim],
        name: str,
        ears: Ears,
        monotonic: Callable[[], float],
        timing: Timing | None = None,
    ) -> None:
        """`name` is ours. `monotonic` gives seconds of a clock that no one sets; best one that goes on while the
        machine sleeps (`CLOCK_BOOTTIME`)."""
        self._open_claim = open_claim
        self._name = name
        self._ears = ears
        self._monotonic = monotonic
        self._timing = timing or Timing()
        self._claim: Claim | None = None
        self._held: int | None = None
        self._valid_until = 0.0
        self._seen = NOBODY
        self._seen_at: float | None = None
        self._stood_by_for: tuple[str, int] | None = None
        self._deposed = ""
        self._trouble: str | None = None

    @property
    def epoch(self) -> int:
        """Grows with each change of the holder; the last that we know of."""
        return self._held or self._seen.epoch

    def is_held(self) -> bool:
        """Whether we are the one who acts. To be asked before each act."""
        return self._held is not None and self._monotonic() < self._valid_until

    def holder(self) -> str:
        """Who holds it, as far as we know; empty for nobody."""
        return self._name if self._held is not None else self._seen.holder

    def status(self) -> LeaseStatus:
        """All of it."""
        return LeaseStatus(self.is_held(), self.holder(), self.epoch, self._trouble)

    def run(self, stop: StopSignal) -> None:
        """Claim, renew and watch until `stop` is set; then give it up. Raises nothing."""
        while not stop.is_set():
            stop.wait(self.step())
        self._step_down("it was told to stop", "stopped")

    def step(self) -> float:
        """Do what is due; give the seconds until the next step."""
        try:
            self._claim = self._claim or self._open_claim()
            pause = self._watch(self._claim) if self._held is None else self._renew(self._claim, self._held)
        except LedgerError as error:
            self._suffer(str(error))
            return self._timing.look_seconds
        except Exception as error:  # noqa: BLE001 - a mistake of ours must not end the thread: nobody would act
            self._suffer(f"{type(error).__name__}: {error}")
            return self._timing.look_seconds
        self._trouble = None
        return pause

    def _watch(self, claim: Claim) -> float:
        # The clock is read before the question: were we paused in between, we would wrong a holder that is well.
        now = self._monotonic()
        epoch = claim.claim()
        if epoch is not None:
            self._held, self._valid_until = epoch, now + self._timing.valid_seconds
            self._ears.report(f"lease: this control plane acts from now on (epoch {epoch})")
            self._ears.record("acts", self._name, epoch, self._deposed)
            self._stood_by_for, self._deposed = None, ""
            return self._timing.renew_seconds
        now = self._monotonic()
        seen = claim.look()
        self._stand_by(seen)
        if seen != self._seen or self._seen_at is None:
            self._seen, self._seen_at = seen, now
        elif now - self._seen_at >= self._timing.stale_seconds:
            self._seen_at = now
            claim.depose()
            self._deposed = f"{seen.holder} did not beat for {self._timing.stale_seconds:g} s and was deposed"
            return self._timing.depose_seconds
        return self._timing.look_seconds

    def _stand_by(self, seen: Sight) -> None:
        holder = (seen.holder, seen.epoch)
        if seen.holder and holder != self._stood_by_for:
            self._stood_by_for, self._deposed = holder, ""
            self._ears.record("stands-by", seen.holder, seen.epoch, f"{self._name} stands by")

    def _renew(self, claim: Claim, epoch: int) -> float:
        now = self._monotonic()
        if not claim.renew(epoch):
            self._step_down("it was taken by another one")
            return 0.0
        self._valid_until = now + self._timing.valid_seconds
        return self._timing.renew_seconds

    def _suffer(self, trouble: str) -> None:
        if trouble != self._trouble and self._held is None:
            self._ears.report(f"lease: nobody here acts: {trouble}")
        self._trouble = trouble
        self._step_down(trouble)

    def _step_down(self, why: str, event: LeaseEvent = "lost") -> None:
        claim, self._claim = self._claim, None
        held, self._held = self._held, None
        self._seen_at = None
        if claim is not None:
            claim.close()
        if held is not None:
            self._seen = Sight("", held, 0)
            self._ears.report(f"lease: this control plane acts no longer: {why}")
            self._ears.record(event, self._name, held, why)


def open_lease(
    dsn: str | None,
    state: Path,
    name: str,
    ears: Ears,
    monotonic: Callable[[], float],
    timing: Timing | None = None,
) -> Lease:
    """The lease of the store at `dsn` (PostgreSQL), or without one of the state folder. Opens nothing yet."""

    def claim() -> Claim:
        return LeaseFile(state, name) if dsn is None else LeaseRow(dsn, name)

    return Lease(claim, name, ears, monotonic, timing)
