"""The tick of the waiting room: room that comes with time alone (a rate that fills up, a ramp, a gate) is noticed by
looking, a few times a second while somebody waits, and never else."""

from mainstay.engine.admission.room import WaitingRoom
from mainstay.gateway.alarms import Clock, Timer

TICK_SECONDS = 0.05


class QueueTick:
    """One per worker; used by its event loop."""

    def __init__(self, clock: Clock, room: WaitingRoom) -> None:
        """Look whenever somebody waits in this room."""
        self._clock = clock
        self._room = room
        self._timer: Timer | None = None
        room.on_waiting = self._begin

    def close(self) -> None:
        """Look no more."""
        self._room.on_waiting = _nothing
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _begin(self) -> None:
        if self._timer is None:
            self._timer = self._clock.call_at(self._clock.time() + TICK_SECONDS, self._look)

    def _look(self) -> None:
        self._timer = None
        now = self._clock.time()
        self._room.call_due(now)
        if self._room.size:
            self._timer = self._clock.call_at(now + TICK_SECONDS, self._look)


def _nothing() -> None:
    """The process stops."""
