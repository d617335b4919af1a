"""The ramp after an outage: starts per second are few at first, and double while attempts succeed.

The breaker's own ramp (`engine.breaker`) prefers others for a while; this one protects the upstream also where nobody
else can serve, so that a herd that has waited for it does not bring it down again.
"""

from mainstay.engine.capacity.hold import Hold

RATE_MIN = 1.0
"""Starts per second."""
RATE_SHARE = 0.1
"""Of the rate that was known before the outage."""
DOUBLING_SECONDS = 2.0
BEYOND_FACTOR = 1.25
"""Instead of doubling, once the rate is what it was and still holds somebody: ending at once would let in everybody who
has waited, and the upstream would break down again."""
HALVING_SECONDS = 1.0
"""Between two halvings: one relapse shows in many attempts."""
BURST_SECONDS = 0.1
"""So much of a second may start at once: whoever waits is called several times a second only."""
RAMP_SECONDS_MAX = 300.0
"""A ramp without any traffic is given up after this time."""
WINDOW_SECONDS = 10.0
PEAK_FADE = 0.9
"""How much of a former peak is left after each window."""
WINDOW_SECONDS_MIN = 2.0
"""A window that has lasted for less says nothing yet."""


class StartRate:
    """How many attempts start per second: the peak of the last minutes. Mutable."""

    __slots__ = ("_peak", "_until", "starts")

    def __init__(self, now: float) -> None:
        """Begin to count."""
        self.starts = 0
        self._peak = 0.0
        self._until = now + WINDOW_SECONDS

    def count(self, now: float) -> None:
        """An attempt starts."""
        if now < self._until:
            self.starts += 1
            return
        windows = 1 + int((now - self._until) / WINDOW_SECONDS)
        self._peak = max(self.starts / WINDOW_SECONDS, self._peak) * PEAK_FADE**windows
        self.starts = 1
        self._until = now + WINDOW_SECONDS

    def peak(self, now: float) -> float:
        """Starts per second, of the window that runs or the best one before it."""
        passed = WINDOW_SECONDS - (self._until - now)
        current = 0.0 if passed < WINDOW_SECONDS_MIN else self.starts / min(passed, WINDOW_SECONDS)
        return max(self._peak, current)


class Ramp:
    """Mutable; one for each (upstream, model, credential) that came back."""

    __slots__ = (
        "_allowance",
        "_at",
        "_began_at",
        "_checked_at",
        "_halved_at",
        "_has_success",
        "_held_at",
        "goal",
        "rate",
    )

    def __init__(self, goal: float, now: float) -> None:
        """Begin; `goal` is the rate that was known before the outage."""
        self.goal = goal
        self.rate = first_rate(goal)
        self._allowance = 1.0
        self._at = self._began_at = self._checked_at = now
        self._halved_at = self._held_at = now
        self._has_success = False

    def hold(self, now: float) -> Hold | None:
        """Why an attempt may not start now."""
        allowance = self._refilled(now)
        if allowance >= 1.0 or now >= self._began_at + RAMP_SECONDS_MAX:
            return None
        self._held_at = now
        reason = f"returns from an outage: {self.rate:.3g} of {self.goal:.3g} starts per second"
        return Hold(now + (1.0 - allowance) / self.rate, reason)

    def take(self, now: float) -> None:
        """An attempt starts, perhaps as a last resort without having asked."""
        self._allowance = max(-self._burst, self._refilled(now) - 1.0)
        self._at = now

    def release(self) -> None:
        """It does not start after all."""
        self._allowance += 1.0

    def ended(self, now: float, started_at: float, *, well: bool, badly: bool) -> bool:
        """An attempt has ended. True where the ramp is over."""
        if now >= self._began_at + RAMP_SECONDS_MAX:
            return True
        if started_at < self._began_at:
            return False
        if badly:
            self._relapse(now)
            return False
        self._has_success = self._has_success or well
        if self._has_success and now >= self._checked_at + DOUBLING_SECONDS:
            self._change_rate((2.0 if self.rate < self.goal else BEYOND_FACTOR) * self.rate, now)
        return self.rate >= self.goal and now >= self._held_at + DOUBLING_SECONDS

    def _relapse(self, now: float) -> None:
        self._has_success = False
        if now < self._halved_at + HALVING_SECONDS:
            self._checked_at = now
            return
        self._halved_at = now
        self._change_rate(max(first_rate(self.goal), self.rate / 2.0), now)

    def _change_rate(self, rate: float, now: float) -> None:
        self._allowance = self._refilled(now)
        self._at = self._checked_at = now
        self.rate = rate
        self._has_success = False

    def _refilled(self, now: float) -> float:
        return min(self._burst, self._allowance + (now - self._at) * self.rate)

    @property
    def _burst(self) -> float:
        return max(1.0, self.rate * BURST_SECONDS)


def first_rate(goal: float) -> float:
    """With how many starts per second a ramp to this goal begins."""
    return max(RATE_MIN, RATE_SHARE * goal)
