"""Sessions under pressure: who was let in stays in, and who was turned away does not come and go with each swing of a
level.

A session keeps the position at which it was first judged. One that was let in stands a good deal better from then on,
one that was turned away stands worse for some minutes: by more than a level swings. So a level that moves a little
neither ends what it has begun nor begins what it must end; and when it must turn away more, it is new sessions first.
"""

from mainstay.engine.admission.level import position_of
from mainstay.engine.demand import COHORTS, Demand

SESSION_SECONDS = 300.0
"""A session that has not asked for so long is a new one."""
AWAY_SECONDS = 300.0
"""For so long after it was turned away first, a session stands worse than new ones."""
MARGIN = 3 * COHORTS // 16
"""By so many positions a session stands better, or worse."""
SESSIONS_MAX = 50_000


class _Session:
    __slots__ = ("asked_at", "is_let_in", "judged_at", "position")

    def __init__(self, position: int, now: float, *, is_let_in: bool) -> None:
        self.position = position
        self.asked_at = self.judged_at = now
        self.is_let_in = is_let_in


class Sessions:
    """Mutable. Those that have asked while a level was in force, whoever has not asked for the longest first."""

    def __init__(self) -> None:
        """None is known."""
        self._known: dict[int, _Session] = {}

    def position(self, demand: Demand, now: float) -> int:
        """Where a request stands."""
        session = self._living(demand, now)
        if session is None:
            return position_of(demand)
        first = session.position - session.position % COHORTS
        if session.is_let_in:
            return max(first, session.position - MARGIN)
        return min(first + COHORTS - 1, session.position + MARGIN)

    def judged(self, demand: Demand, now: float, *, is_let_in: bool) -> None:
        """It was let in, or turned away. Who has not asked for the longest is forgotten first."""
        name = demand.session_hash
        if not name:
            return
        session = self._living(demand, now)
        if session is None:
            session = _Session(position_of(demand), now, is_let_in=is_let_in)
        elif session.is_let_in is not is_let_in:
            session.is_let_in, session.judged_at = is_let_in, now
        session.asked_at = now
        self._known.pop(name, None)
        if len(self._known) >= SESSIONS_MAX:
            del self._known[next(iter(self._known))]
        self._known[name] = session

    def clear(self) -> None:
        """No level is in force any more."""
        self._known.clear()

    def _living(self, demand: Demand, now: float) -> _Session | None:
        session = self._known.get(demand.session_hash)
        if session is None or now - session.asked_at > SESSION_SECONDS:
            return None
        return session if session.is_let_in or now - session.judged_at <= AWAY_SECONDS else None
