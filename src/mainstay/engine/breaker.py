"""The circuit breaker of one (upstream, model, credential): a value with pure transitions.

    closed --- 5 failures in a row, or half of at least 10 calls within a minute ---> open
    open ----- its time is over, one attempt is let through as a probe -------------> half-open
    half-open  the probe *ended* well --------------------------------------------> closed, ramping up
    half-open  the probe failed --------------------------------------------------> open, for twice as long
    half-open  the probe gave no sample (the caller left, throttling) --------------> open, probe free again

An attempt that began before the breaker opened says nothing by ending well, and one that began before the probe says
nothing by failing: they are evidence of a time that the breaker has judged already. Nobody but the probe itself frees
the probe. A probe may also run in another process that shares what it knows: then nobody probes here, for as long as
that process is heard of.

Only provider faults are failures (law 7). Calls are counted from the first failure on: a breaker without trouble has
nothing to remember. The open time doubles from 10 s to 300 s, jittered by a fifth; it starts small again once the
breaker has stayed closed for the whole ramp. While ramping, the share of traffic that the breaker admits grows from a
tenth to all of it within a minute, so that recovery is no second storm.
Sources: resilience4j and Envoy outlier detection, with windows cut down to the rates of LLM traffic.
"""

from enum import Enum

import msgspec

CONSECUTIVE_FAILURES = 5
RATIO_CALLS_MIN = 10
RATIO_FAILURES = 0.5
HALF_WINDOW_SECONDS = 30.0
OPEN_SECONDS_MIN = 10.0
OPEN_SECONDS_MAX = 300.0
OPEN_JITTER_SHARE = 0.2
RAMP_SECONDS = 60.0
RAMP_SHARE_MIN = 0.1
PROBE_SECONDS_MAX = 3600.0
"""A probe that nobody ended within this time is given up, so that no defect of ours keeps a breaker half-open."""


class BreakerState(Enum):
    """The industry's words, the industry's meaning: open lets nothing through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Breaker(msgspec.Struct, frozen=True):
    """State and evidence. Calls and failures are counted in two half windows, so that old evidence fades."""

    state: BreakerState = BreakerState.CLOSED
    consecutive: int = 0
    calls: int = 0
    failures: int = 0
    calls_before: int = 0
    failures_before: int = 0
    window_at: float = 0.0
    """When the half window began; open or half-open: when the breaker opened."""
    openings: int = 0
    until: float = 0.0
    """Open: when the next probe may go. Half-open: when it went. Closed: when the ramp ends (0 = no ramp)."""
    elsewhere_until: float = 0.0
    """Half-open: until when the probe is believed to run in another process (0 = it is our own)."""

    @property
    def is_untroubled(self) -> bool:
        """Closed, without a failure in memory and without a ramp."""
        return not (self.failures or self.failures_before or self.openings) and self.state is BreakerState.CLOSED

    @property
    def is_tripped(self) -> bool:
        """Whether the evidence asks for opening."""
        calls = self.calls + self.calls_before
        failures = self.failures + self.failures_before
        is_bad = calls >= RATIO_CALLS_MIN and failures >= RATIO_FAILURES * calls
        return is_bad or self.consecutive >= CONSECUTIVE_FAILURES

    def admits(self, now: float) -> bool:
        """Whether an attempt may start now without being a last resort."""
        return self.state is BreakerState.CLOSED or now >= self._next_probe_at

    def share(self, now: float) -> float:
        """The share of traffic to admit: 1 when healthy, less while ramping up."""
        if self.state is not BreakerState.CLOSED or now >= self.until:
            return 1.0
        done = 1.0 - (self.until - now) / RAMP_SECONDS
        return RAMP_SHARE_MIN + (1.0 - RAMP_SHARE_MIN) * max(0.0, done)

    def started(self, now: float) -> "Breaker":
        """An attempt begins. Through an open breaker whose time is over it is the probe."""
        if self.state is not BreakerState.CLOSED and now >= self._next_probe_at:
            return msgspec.structs.replace(self, state=BreakerState.HALF_OPEN, until=now, elsewhere_until=0.0)
        return self

    def succeeded(self, now: float, started_at: float) -> "Breaker":
        """An attempt begun at `started_at` ended well. A last resort is evidence as good as a probe."""
        if self.state is not BreakerState.CLOSED:
            if started_at < self.window_at:
                return self
            return Breaker(openings=self.openings, until=now + RAMP_SECONDS, window_at=now)
        if self.is_untroubled:
            return self
        return self._counted(now, failure=0)

    def failed(self, now: float, chance: float, started_at: float) -> "Breaker":
        """A provider fault ended an attempt begun at `started_at`. `chance` in [0, 1) jitters the open time."""
        if self.state is BreakerState.HALF_OPEN:
            return self.opened(now, chance) if started_at >= self.until else self
        if self.state is BreakerState.OPEN:
            return self
        counted = self._counted(now, failure=1)
        return counted.opened(now, chance) if counted.is_tripped else counted

    def without_sample(self, started_at: float) -> "Breaker":
        """An attempt ended and says nothing about the provider: free the probe if it was the probe, count nothing."""
        if self.state is BreakerState.HALF_OPEN and started_at == self.until and not self.elsewhere_until:
            return msgspec.structs.replace(self, state=BreakerState.OPEN)
        return self

    def opened(self, now: float, chance: float) -> "Breaker":
        """Open, for longer than the last time."""
        seconds = min(OPEN_SECONDS_MAX, OPEN_SECONDS_MIN * 2.0**self.openings)
        seconds *= 1.0 + OPEN_JITTER_SHARE * (2.0 * chance - 1.0)
        return Breaker(
            state=BreakerState.OPEN,
            consecutive=self.consecutive,
            openings=min(self.openings + 1, 16),
            until=now + seconds,
            window_at=now,
        )

    @property
    def _next_probe_at(self) -> float:
        if self.state is BreakerState.HALF_OPEN:
            return self.elsewhere_until or self.until + PROBE_SECONDS_MAX
        return self.until

    def _counted(self, now: float, *, failure: int) -> "Breaker":
        calls, failures = self.calls, self.failures
        calls_before, failures_before, window_at = self.calls_before, self.failures_before, self.window_at
        if now - window_at >= HALF_WINDOW_SECONDS:
            is_adjacent = now - window_at < 2 * HALF_WINDOW_SECONDS
            calls_before, failures_before = (calls, failures) if is_adjacent else (0, 0)
            calls, failures, window_at = 0, 0, now
        ramp_is_over = now >= self.until
        return Breaker(
            state=self.state,
            consecutive=self.consecutive + 1 if failure else 0,
            calls=calls + 1,
            failures=failures + failure,
            calls_before=calls_before,
            failures_before=failures_before,
            window_at=window_at,
            openings=0 if ramp_is_over else self.openings,
            until=0.0 if ramp_is_over else self.until,
        )
