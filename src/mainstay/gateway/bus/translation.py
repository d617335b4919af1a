"""From the engine's instants to the bus's, and back.

The engine lives in the event loop's time, which begins anywhere; the news in seconds since 1970. The offset between
both is taken once, when the process begins: a wall clock that is set later moves nothing that was told. It is a whole
number of milliseconds, so that an instant comes back from other processes exactly as it was told (see
`engine.hearsay`).

A peer whose clock is more than `SKEW_SECONDS_MAX` off is believed all the same, but its instants are moved by the
difference. A smaller difference is left alone: it may be the way that the bulletin took.
"""

import msgspec

from mainstay.engine.board import BreakerChange, Gate, GateChange
from mainstay.engine.breaker import OPEN_JITTER_SHARE, OPEN_SECONDS_MAX, Breaker, BreakerState
from mainstay.engine.hearsay import on_grid
from mainstay.engine.key import Key
from mainstay.engine.policy import WAIT_SECONDS_MAX
from mainstay.gateway.bus.ports import Clock
from mainstay.model.news import BreakerNews, GateNews

SKEW_SECONDS_MAX = 60.0
FUTURE_SECONDS_MAX = 2 * SKEW_SECONDS_MAX
"""A change from farther ahead than this is not believed: nothing of ours could ever be later."""
OPENINGS_MAX = 16
OPEN_AHEAD_SECONDS_MAX = OPEN_SECONDS_MAX * (1 + OPEN_JITTER_SHARE) + FUTURE_SECONDS_MAX
GATE_AHEAD_SECONDS_MAX = WAIT_SECONDS_MAX * 1.2 + FUTURE_SECONDS_MAX

_STATES = {state.value: state for state in BreakerState}


class HeardBreaker(msgspec.Struct, frozen=True):
    """A peer's account of a breaker, in our engine's instants."""

    key: Key
    breaker: Breaker
    changed_at: float


class Translation:
    """Turns instants. Its offset never changes."""

    def __init__(self, clock: Clock) -> None:
        """Take the offset now."""
        self._clock = clock
        self._offset = on_grid(clock.wall() - clock.time())

    def now(self) -> float:
        """The bus's time: seconds since 1970 by the wall clock of our beginning."""
        return on_grid(self._clock.time() + self._offset)

    def correction(self, sent_at: float) -> float:
        """What to add to the instants of a bulletin that says it was sent at `sent_at`."""
        difference = on_grid(self.now() - sent_at)
        return difference if abs(difference) > SKEW_SECONDS_MAX else 0.0

    def breaker_news(self, change: BreakerChange) -> BreakerNews:
        """A breaker of ours for others."""
        state, openings = change.state.value, change.openings
        instants = (on_grid(one + self._offset) for one in (change.until, change.window_at, change.changed_at))
        return BreakerNews(*change.key, state, openings, *instants)

    def gate_news(self, change: GateChange) -> GateNews:
        """A gate of ours for others."""
        gate = change.gate
        return GateNews(*change.key, on_grid(gate.until + self._offset), gate.strict, gate.reason)

    def breaker(self, news: BreakerNews, correction: float) -> HeardBreaker | None:
        """A peer's breaker for us; `None` where it cannot be true."""
        state, now = _STATES.get(news.state), self._clock.time()
        until, window_at, changed_at = (
            on_grid(one + correction - self._offset) for one in (news.until, news.window_at, news.changed_at)
        )
        is_ahead = until > now + OPEN_AHEAD_SECONDS_MAX or changed_at > now + FUTURE_SECONDS_MAX
        if state is None or is_ahead or window_at > now + FUTURE_SECONDS_MAX or not 0 <= news.openings <= OPENINGS_MAX:
            return None
        breaker = Breaker(state=state, openings=news.openings, until=until, window_at=window_at)
        return HeardBreaker(Key(news.upstream, news.model, news.credential), breaker, changed_at)

    def gate(self, news: GateNews, correction: float) -> GateChange | None:
        """A peer's gate for us; `None` where it cannot be true."""
        until = on_grid(news.until + correction - self._offset)
        if until > self._clock.time() + GATE_AHEAD_SECONDS_MAX:
            return None
        return GateChange(Key(news.upstream, news.model, news.credential), Gate(until, news.strict, news.reason))
