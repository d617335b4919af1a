"""Admission at the door of one worker: asks pressure, and keeps it, the waiting room and the guard on lag going."""

from collections.abc import Callable

import msgspec

from mainstay.engine.admission.pressure import Pressure
from mainstay.engine.admission.room import WaitingRoom
from mainstay.engine.demand import demand_of
from mainstay.gateway.alarms import Clock
from mainstay.gateway.identity import SeededDice
from mainstay.gateway.lag import LagGuard
from mainstay.gateway.queue_tick import QueueTick
from mainstay.model.call import Call
from mainstay.model.catalogue import Workload
from mainstay.model.fault import Fault
from mainstay.model.ports import Journal
from mainstay.model.records import CapacityRecord


class AdmissionStatus(msgspec.Struct, frozen=True):
    """For readiness and metrics. By priority: who waits, who was called, who was turned away (`shed`, as
    PRIORITY/REASON). `levels` names the models (`*`: the whole gateway) of which some requests are turned away, with
    the first position that is (`engine.admission.level`)."""

    waiting: dict[str, int]
    handed_out: dict[str, int]
    shed: dict[str, int]
    levels: dict[str, int]
    lag_p99_seconds: float = 0.0
    is_lagging: bool = False

    @property
    def trouble(self) -> str | None:
        """Why not everybody is let in; `None` while everybody is."""
        if self.is_lagging:
            return "the event loop lags: this process has more to do than it can"
        return f"less urgent requests are turned away for {', '.join(sorted(self.levels)[:3])}" if self.levels else None


class Admission:
    """One per worker; used by its event loop."""

    def __init__(
        self,
        room: WaitingRoom,
        clock: Clock,
        wall: Callable[[], float],
        journal: Journal,
        next_id: Callable[[], str],
    ) -> None:
        """`wall` gives seconds since 1970."""
        self.pressure = Pressure(room)
        """Its `binds` is to be looked at before `refusal` is asked: nearly always nothing binds."""
        self._room = room
        self._clock = clock
        self._wall = wall
        self._journal = journal
        self._next_id = next_id
        self._guard = LagGuard(clock, self._tick)
        self._queue_tick = QueueTick(clock, room)

    def start(self) -> None:
        """Begin to look after time."""
        self._guard.start()

    def close(self) -> None:
        """Look no more."""
        self._guard.close()
        self._queue_tick.close()

    def refusal(self, call: Call, workload: Workload, tenant: str, weight: float) -> Fault | None:
        """Why this request may not come in; a fault with blame=us."""
        # Who belongs to no session is a cohort of its own, by any id.
        identity = self._next_id()
        demand = demand_of(call, workload, tenant, weight, identity, self._wall())
        return self.pressure.refusal(demand, call.model, self._clock.time(), SeededDice(identity))

    def status(self) -> AdmissionStatus:
        """How it stands."""
        room, lag = self._room.status(), self._guard.status
        return AdmissionStatus(
            room.waiting,
            room.handed_out,
            {f"{priority}/{reason}": number for (priority, reason), number in room.shed.items()},
            self.pressure.binding(),
            lag.p99_seconds,
            lag.is_lagging,
        )

    def _tick(self) -> None:
        for change in self.pressure.tick(self._clock.time(), lagging=self._guard.status.is_lagging):
            record_id = f"{self._next_id()}-capacity-admission"
            self._journal.write(
                CapacityRecord(record_id, self._wall(), "admission", "", change.model, change.state, change.reason)
            )
