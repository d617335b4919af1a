"""How much of its core a proxy used while something was measured, and who else was on it."""

import time

import msgspec

from bench.child import Child
from bench.machine import core_clock

SATURATED_SHARE = 0.9
"""A proxy that used less of its core was not what limited the rate."""
DISTURBED_SHARE = 0.05
"""More than this by others on the proxy's core, and the measurement is marked."""


class Use(msgspec.Struct, frozen=True):
    """Between start and stop: the proxy's CPU time, its share of the core, and the share of everybody else there."""

    seconds: float
    cpu_seconds: float
    others_share: float

    @property
    def share(self) -> float:
        """The proxy's share of its core."""
        return self.cpu_seconds / self.seconds

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader must know."""
        return ("others were on the proxy's core",) if self.others_share > DISTURBED_SHARE else ()

    @property
    def remarks_when_saturated(self) -> tuple[str, ...]:
        """The same, for a measurement in which the proxy has to be what limits the rate."""
        if self.share >= SATURATED_SHARE or self.others_share > DISTURBED_SHARE:
            return self.remarks
        return (f"upstream-bound: the proxy used {self.share:.0%} of its core",)


class Stopwatch:
    """Runs from its making."""

    def __init__(self, child: Child, core: int) -> None:
        """Start."""
        self._child = child
        self._core = core
        self._cpu_seconds = child.cpu_seconds()
        self._clock = core_clock(core)
        self._at = time.perf_counter()

    def stop(self) -> Use:
        """Read what was used since the start."""
        seconds = time.perf_counter() - self._at
        cpu_seconds = self._child.cpu_seconds() - self._cpu_seconds
        busy_seconds = core_clock(self._core).busy_seconds - self._clock.busy_seconds
        return Use(seconds, cpu_seconds, max(0.0, (busy_seconds - cpu_seconds) / seconds))
