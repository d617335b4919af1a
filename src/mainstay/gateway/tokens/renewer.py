"""One renewed credential: its living token, and when the next one is asked for.

At any time it is at rest until a timer rings, or one renewal runs; never two. A failed renewal changes nothing about
the token: it serves to its last second.
"""

from collections.abc import Callable
from typing import Protocol

import msgspec

from mainstay.gateway.alarms import Clock, Timer
from mainstay.gateway.tokens.client import IdentityServices
from mainstay.gateway.tokens.renewal import Outcome, Renewal
from mainstay.gateway.tokens.schedule import renewal_delay, retry_delay
from mainstay.gateway.tokens.source import ReadFile, Source, Token, Trouble
from mainstay.model.dice import Dice

REJECTED_PAUSE_SECONDS = 30.0
"""Refusals of a token start a renewal at most so often: many requests may have carried the same one."""

NOT_ASKED = Trouble("no token yet: the identity service has not answered")


class Surroundings(msgspec.Struct, frozen=True):
    """What all renewers share. `clock` measures waits, `wall` (seconds since 1970) dates tokens."""

    services: IdentityServices
    clock: Clock
    wall: Callable[[], float]
    dice: Dice
    read_file: ReadFile


class Listener(Protocol):
    """Who is told how renewals end."""

    def renewed(self, renewer: "Renewer", token: Token) -> None:
        """There is a new token."""

    def failed(self, renewer: "Renewer", trouble: Trouble) -> None:
        """There is none; it will be tried again."""


class Renewer:
    """Keeps one credential's token alive from `start` to `retire`."""

    def __init__(
        self,
        name: tuple[str, str],
        source: Source | None,
        surroundings: Surroundings,
        listener: Listener,
        token: Token | None,
    ) -> None:
        """`name` is upstream and credential. Without a source nothing is ever asked. `token` is from an earlier run."""
        self.name = name
        self.failures = 0
        self.trouble = NOT_ASKED
        self.retired = False
        self._source = source
        self._around = surroundings
        self._listener = listener
        self.token = token
        self._renewal: Renewal | None = None
        self._timer: Timer | None = None
        self._due_at = float("inf")
        self._begun_at = float("-inf")

    def start(self) -> None:
        """Ask for a token, now or when the one at hand needs it."""
        token, wall = self.token, self._around.wall()
        if token is None or token.expires_at <= wall:
            self._renew()
        else:
            self._rest(renewal_delay(token.expires_at - wall, self._around.dice))

    def retire(self) -> None:
        """Renew no more. The token may be used as long as it lives."""
        self.retired = True
        self._stop_timer()
        if self._renewal is not None:
            self._renewal.cancel()
            self._renewal = None

    def living(self, wall: float) -> str | None:
        """The token, if it lives. One that is overdue (the machine slept) is renewed in the next turn of the loop."""
        if wall >= self._due_at:
            self._hurry()
        token = self.token
        return token.value if token is not None and wall < token.expires_at else None

    def rejected(self) -> None:
        """The upstream refused the token although it should live: get another one soon. It is used until then, since
        the refusal may be a mistake of the upstream."""
        if self._around.clock.time() - self._begun_at >= REJECTED_PAUSE_SECONDS:
            self._hurry()

    def _hurry(self) -> None:
        # After a failure the timer is near anyway, and hurrying would break its pause.
        if self._renewal is None and not self.failures:
            self._rest(0.0)

    def _rest(self, seconds: float) -> None:
        self._stop_timer()
        if self._source is None or self.retired:
            return
        self._due_at = self._around.wall() + seconds if seconds else float("inf")
        self._timer = self._around.clock.call_at(self._around.clock.time() + seconds, self._renew)

    def _stop_timer(self) -> None:
        self._due_at = float("inf")
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _renew(self) -> None:
        self._stop_timer()
        if self._source is None or self.retired or self._renewal is not None:
            return
        around = self._around
        self._begun_at = around.clock.time()
        asking = self._source.ask(around.wall(), around.read_file)
        self._renewal = Renewal(asking, self.name[0], around.services, around.clock, self._done)
        self._renewal.start()

    def _done(self, outcome: Outcome) -> None:
        self._renewal = None
        if isinstance(outcome, Trouble):
            self.failures += 1
            self.trouble = outcome
            self._rest(retry_delay(self.failures, self._around.dice))
            self._listener.failed(self, outcome)
            return
        self.token = outcome
        self.failures = 0
        self._rest(renewal_delay(outcome.expires_at - self._around.wall(), self._around.dice))
        self._listener.renewed(self, outcome)
