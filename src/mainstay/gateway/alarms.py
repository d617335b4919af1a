"""Alarms for thousands of exchanges at the price of one timer.

Most waits end with bytes long before their time, so a timer of its own for each would be made and cancelled in vain.
The alarms look over all sleepers a few times a second; only one whose time is near gets a timer of the event loop.
"""

from collections.abc import Callable
from typing import Protocol

GLANCE_SECONDS = 0.25


class Timer(Protocol):
    """A call that is due."""

    def cancel(self) -> None:
        """Do not make it."""


class Clock(Protocol):
    """What an event loop knows of time."""

    def time(self) -> float:
        """The instant, in seconds."""

    def call_at(self, when: float, callback: Callable[[], object], /) -> Timer:
        """Call at an instant, or as soon as possible where it has passed."""


class Sleeper(Protocol):
    """Somebody who waits for an instant of the event loop's clock."""

    until: float

    def ring(self) -> None:
        """The instant is near or has come: set a timer of your own."""

    def drain(self) -> None:
        """The process stops and waits no longer: end."""


class Alarms:
    """All sleepers of one worker."""

    def __init__(self, clock: Clock) -> None:
        """Begin without sleepers; the event loop's clock is theirs."""
        self.call_at = clock.call_at
        self.time = clock.time
        self._sleepers: set[Sleeper] = set()
        self._glancing = False

    def add(self, sleeper: Sleeper) -> None:
        """Keep an eye on this one."""
        self._sleepers.add(sleeper)
        if not self._glancing:
            self._glancing = True
            self.call_at(self.time() + GLANCE_SECONDS, self._glance)

    def discard(self, sleeper: Sleeper) -> None:
        """It sleeps no more."""
        self._sleepers.discard(sleeper)

    def drain(self) -> None:
        """The process stops and waits no longer: all of them must end."""
        for sleeper in tuple(self._sleepers):
            sleeper.drain()

    def _glance(self) -> None:
        now = self.time()
        horizon = now + GLANCE_SECONDS
        for sleeper in [one for one in self._sleepers if one.until <= horizon]:
            sleeper.ring()
        self._glancing = bool(self._sleepers)
        if self._glancing:
            self.call_at(now + GLANCE_SECONDS, self._glance)
