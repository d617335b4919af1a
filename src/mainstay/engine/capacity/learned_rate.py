"""Learned rate: how many starts per second one (upstream, model, credential) bears whose provider throttles (429) and
does not tell its limits. Unlimited until it throttles; then what it accepted lately, felt for anew from time to time.

Without it everybody who was told to wait would come back at the same instant, and be throttled again, whatever his
priority. With it they wait in the waiting room, and are called in the order of their priority.
"""

from mainstay.engine.capacity.hold import Hold

RATE_MIN = 0.2
"""Starts per second: one in five seconds."""
WORTH_LEARNING = 2.0
"""Starts per second below which a throttled upstream needs no more than its gate: there is no crowd to come back."""
FIRST_SHARE = 0.7
"""Of what was started per second when it throttled for the first time."""
WINDOW_SECONDS = 5.0
"""What is accepted is counted over this time."""
DECREASE = 0.95
"""Of what was accepted."""
LEAST_SHARE = 0.7
"""Of the rate: one decrease is no larger."""
DECREASE_SECONDS = 5.0
"""Between two decreases: one shortage shows in many attempts."""
PLATEAU_SECONDS = 20.0
GROWTH = 1.03
"""Each time when nobody was throttled for so long."""
BURST_SECONDS = 0.1
"""So much of a second may start at once: whoever waits is called several times a second only."""
FORGET_SECONDS = 300.0
FORGET_FACTOR = 2.0
"""A rate that grew by so much without being throttled binds no more."""


class LearnedRate:
    """Mutable; begins when the provider throttles for the first time."""

    __slots__ = ("_accepted", "_allowance", "_at", "_before", "_changed_at", "_since", "_used_at", "ceiling", "rate")

    def __init__(self, started_per_second: float, now: float) -> None:
        """Begin with less than what was started per second lately; what of it was accepted is found out from now on."""
        self.ceiling = max(RATE_MIN, started_per_second)
        self.rate = max(RATE_MIN, FIRST_SHARE * started_per_second)
        self._allowance = 0.0
        self._at = self._changed_at = self._used_at = self._since = now
        self._accepted = 0
        self._before = 0.0

    def hold(self, now: float) -> Hold | None:
        """Why an attempt may not start now."""
        allowance = self._refilled(now)
        if allowance >= 1.0:
            return None
        return Hold(
            now + (1.0 - allowance) / self.rate, f"throttled: about {self.rate:.3g} starts per second are borne"
        )

    def take(self, now: float) -> None:
        """An attempt starts."""
        self._count(now, 1)
        self._allowance = max(-self._burst, self._refilled(now) - 1.0)
        self._at = self._used_at = now

    def release(self) -> None:
        """It does not start after all."""
        self._accepted = max(0, self._accepted - 1)
        self._allowance += 1.0

    def throttled(self, now: float) -> None:
        """It was too much."""
        self._count(now, -1)
        if now < self._changed_at + DECREASE_SECONDS:
            return
        # What is accepted while the gate of an earlier refusal holds everybody back says little.
        self.ceiling = max(RATE_MIN, min(self.rate, max(self._accepted_per_second(now), LEAST_SHARE * self.rate)))
        self._change(DECREASE * self.ceiling, now)

    def succeeded(self, now: float) -> None:
        """An attempt was accepted and has ended well. After a while a little more is asked for."""
        if now >= self._changed_at + PLATEAU_SECONDS:
            self._change(self.rate * GROWTH, now)

    def is_forgotten(self, now: float) -> bool:
        """Whether it binds no more."""
        return now >= self._used_at + FORGET_SECONDS or self.rate >= FORGET_FACTOR * self.ceiling

    def _change(self, rate: float, now: float) -> None:
        self._allowance = self._refilled(now)
        self._at = self._changed_at = now
        self.rate = max(RATE_MIN, rate)

    def _count(self, now: float, by: int) -> None:
        if now >= self._since + WINDOW_SECONDS:
            self._before = self._accepted / (now - self._since)
            self._accepted, self._since = 0, now
        self._accepted = max(0, self._accepted + by)

    def _accepted_per_second(self, now: float) -> float:
        passed = now - self._since
        # A window that began a moment ago says nothing yet.
        return max(self._before, self._accepted / passed if passed >= WINDOW_SECONDS / 2 else 0.0)

    def _refilled(self, now: float) -> float:
        return min(self._burst, self._allowance + (now - self._at) * self.rate)

    @property
    def _burst(self) -> float:
        return max(1.0, self.rate * BURST_SECONDS)
