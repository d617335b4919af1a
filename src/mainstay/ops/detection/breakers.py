"""Open breakers of the gateways: they know within a second, and tell, long before enough attempts have ended."""

from typing import Final, NamedTuple

from mainstay.model.evidence import Evidence
from mainstay.ops.detection.finding import Finding, Grade

_CREDENTIALS_MAX: Final = 50
_FORGOTTEN_SECONDS: Final = 900.0
"""An open breaker is tried anew every few minutes, which is told too. If nobody speaks of it any more, the gateway is
gone, or has no traffic for it."""


class _Open(NamedTuple):
    since: float
    told_at: float
    reason: str


class Breakers:
    """Those of one upstream's model, by credential."""

    __slots__ = ("_open",)

    def __init__(self) -> None:
        """All are closed."""
        self._open: dict[str, _Open] = {}

    def note(self, credential: str, at: float, reason: str, *, is_closed: bool) -> None:
        """A breaker changed its state; what is not closed lets nothing through but probes."""
        known = self._open.get(credential)
        if is_closed:
            self._open.pop(credential, None)
        elif known is not None:
            self._open[credential] = known._replace(told_at=max(known.told_at, at))
        elif len(self._open) < _CREDENTIALS_MAX:
            self._open[credential] = _Open(at, at, reason)

    def judge(self, component: str, wall: float) -> Finding | None:
        """Suspicious while any is open."""
        if not self._open:
            return None
        for credential in [one for one, state in self._open.items() if state.told_at < wall - _FORGOTTEN_SECONDS]:
            del self._open[credential]
        if not self._open:
            return None
        first = min(self._open.values(), key=lambda one: one.since)
        words = f"the gateways' breaker is open: {first.reason}" if first.reason else "the gateways' breaker is open"
        evidence = Evidence("own", component, wall, is_bad=True, words=words, measure="breaker")
        return Finding(Grade.SUSPICIOUS, evidence, is_about_errors=True, began_at=first.since)
