"""The breaker of the shared store itself: when to leave it alone, and when to ask again. Pure, but for its own state.

A store that hangs would cost each request the limit of a call. After `TROUBLES_MAX` troubles in a row it is left alone,
for `PAUSE_SECONDS_MIN` at first, twice as long after each failed probe. One call probes; the others fail at once.
"""

TROUBLES_MAX = 3
PAUSE_SECONDS_MIN = 1.0
PAUSE_SECONDS_MAX = 30.0


class Circuit:
    """Closed while `is_closed`; else one probe goes when its pause is over."""

    def __init__(self) -> None:
        """Begin closed."""
        self._troubles = 0
        self._pause_seconds = 0.0
        self._probe_at = 0.0
        self._probing = False

    @property
    def is_closed(self) -> bool:
        """Whether calls go through freely."""
        return not self._pause_seconds

    def admits(self, now: float) -> bool:
        """Whether a call may go now. Who is admitted must tell how it went: `good`, `bad` or `unknown`."""
        if self.is_closed:
            return True
        if self._probing or now < self._probe_at:
            return False
        self._probing = True
        return True

    def good(self) -> None:
        """A call was answered."""
        self._troubles, self._pause_seconds, self._probing = 0, 0.0, False

    def bad(self, now: float) -> None:
        """A call met trouble."""
        self._troubles += 1
        if self.is_closed and self._troubles < TROUBLES_MAX:
            return
        if self.is_closed or self._probing:
            doubled = 2 * self._pause_seconds
            self._pause_seconds = min(PAUSE_SECONDS_MAX, max(PAUSE_SECONDS_MIN, doubled))
            self._probe_at = now + self._pause_seconds
        self._probing = False

    def unknown(self) -> None:
        """A call was given up by its caller and says nothing: its probe is free again."""
        self._probing = False

    def probe_soon(self, now: float) -> None:
        """Somebody has seen the store alive: do not wait for the end of the pause."""
        self._probe_at = min(self._probe_at, now)
