"""The condition of a component: well, suspected, ill, recovering; and how it goes from one to the other.

Trouble is believed within seconds and let go of slowly: what flaps must stay well for longer each time.
"""

from typing import Final

from mainstay.ops.detection.finding import Grade
from mainstay.ops.detection.series import Series
from mainstay.ops.detection.surprise import Recovery
from mainstay.ops.detection.values import State
from mainstay.ops.detection.verdict import Verdict

CALM_SECONDS: Final = 60.0
"""So long nothing may speak against a suspected component before it is well."""
RECOVERY_SECONDS: Final = 120.0
"""So long an ill component must be served well before it is recovering..."""
WELL_SECONDS: Final = 300.0
"""...and so long a recovering one before it is well. All three double with each relapse, five times at most."""

_RELAPSES_MAX: Final = 5
_RELAPSE_SECONDS: Final = 1_800.0
"""Trouble that comes back sooner than this after its end is a relapse."""
_FORGIVEN_SECONDS: Final = 7_200.0
_SUSPECTED_STALE_SECONDS: Final = 3_600.0
"""A suspicion of which nothing more is heard for so long is given up."""
_ILL_STALE_SECONDS: Final = 21_600.0
_NEW_NORMAL_SECONDS: Final = 21_600.0
"""Slowness that has lasted for so long becomes what is usual."""

_LATELY_SECONDS: Final = 300.0
_UNKNOWN_RATIO: Final = 0.2
_SUSPECTED_RATIO: Final = 0.05
_ILL_RATIO_MAX: Final = 0.3
_OUTAGE_RATIO: Final = 0.8
_OUTAGE_TEST_RATIO: Final = 0.5
_RECOVERY_NATS: Final = 6.9
"""By chance once in a thousand times."""
_RATIO_MIN: Final = 0.03
_USUAL_MIN: Final = 0.003


class Condition:
    """One component's state, and what is needed to judge when it ends."""

    __slots__ = (
        "_ended_at",
        "_quiet_from",
        "_relapses",
        "is_about_errors",
        "series",
        "since",
        "started_at",
        "state",
    )

    def __init__(self, series: Series) -> None:
        """It is well."""
        self.series = series
        self.state: State = "well"
        self.since = 0.0
        self.started_at = 0.0
        """When the trouble began."""
        self.is_about_errors = False
        self._relapses = 0
        self._ended_at = 0.0
        self._quiet_from: float | None = None

    def step(self, verdict: Verdict, wall: float) -> bool:
        """Go on by a verdict; whether the state has changed."""
        self._listen(verdict, wall)
        before = self.state
        if self.state == "well":
            self._from_well(verdict, wall)
        elif self.state == "suspected":
            self._from_suspected(verdict, wall)
        elif self.state == "ill":
            self._from_ill(verdict, wall)
        else:
            self._from_recovering(verdict, wall)
        return self.state != before

    def restore(self, state: State, at: float, started_at: float, *, is_about_errors: bool) -> None:
        """Take over what was decided before a restart, in the order in which it was. The trouble began at
        `started_at`."""
        if self.state == "recovering" and state == "ill":
            self._relapses = min(_RELAPSES_MAX, self._relapses + 1)
        if self.state == "well" and state != "well":
            self._begin(started_at, at)
        self.is_about_errors = self.is_about_errors or is_about_errors
        if state == "well":
            self._end(at)
        elif state == "recovering":
            self._recover(at)
        else:
            self._turn(state, at)
            self._test(_ILL_RATIO_MAX, at)

    def _listen(self, verdict: Verdict, wall: float) -> None:
        self.is_about_errors = self.is_about_errors or verdict.is_about_errors
        if not verdict.is_quiet:
            self._quiet_from = None
        elif self._quiet_from is None:
            self._quiet_from = wall
        is_lasting = self.state != "well" and wall - self.since >= _NEW_NORMAL_SECONDS
        self.series.is_calm = self.state == "well" or (is_lasting and not self.is_about_errors)

    def _from_well(self, verdict: Verdict, wall: float) -> None:
        if verdict.grade is Grade.FINE:
            return
        self._begin(self._estimate(verdict, wall), wall)
        self.is_about_errors = verdict.is_about_errors
        self._turn("ill" if verdict.grade is Grade.CONCLUSIVE else "suspected", wall)
        self._test(verdict.ratio, wall)

    def _from_suspected(self, verdict: Verdict, wall: float) -> None:
        if verdict.grade is Grade.CONCLUSIVE:
            self.started_at = min(self.started_at, self._estimate(verdict, wall))
            self._turn("ill", wall)
            self._test(verdict.ratio, wall)
        elif not verdict.is_heard and self._is_calm(wall, CALM_SECONDS, _SUSPECTED_STALE_SECONDS):
            self._end(wall)

    def _from_ill(self, verdict: Verdict, wall: float) -> None:
        if not verdict.is_held and self._is_calm(wall, RECOVERY_SECONDS, _ILL_STALE_SECONDS):
            self._recover(wall)

    def _from_recovering(self, verdict: Verdict, wall: float) -> None:
        if verdict.grade is Grade.CONCLUSIVE or verdict.own:
            self._relapses = min(_RELAPSES_MAX, self._relapses + 1)
            self._turn("ill", wall)
            self._test(verdict.ratio, wall)
        elif wall - self.since >= self._hold(WELL_SECONDS) and verdict.grade is Grade.FINE:
            self._end(wall)

    def _estimate(self, verdict: Verdict, wall: float) -> float:
        """Since when it has been going on."""
        began = [one for one in (verdict.began_at, wall) if one]
        if verdict.is_about_errors:
            lately = self.series.window(wall, _LATELY_SECONDS).ratio
            began.append(self.series.trouble_since(wall, max(verdict.ratio or _UNKNOWN_RATIO, lately)))
        return min(began)

    def _begin(self, started_at: float, wall: float) -> None:
        if self._ended_at and wall - self._ended_at < _RELAPSE_SECONDS:
            self._relapses = min(_RELAPSES_MAX, self._relapses + 1)
        elif wall - self._ended_at >= _FORGIVEN_SECONDS:
            self._relapses = 0
        self.started_at = started_at
        self.is_about_errors = False
        self._quiet_from = None

    def _turn(self, state: State, wall: float) -> None:
        self.state, self.since = state, wall
        self.series.is_calm = state == "well"

    def _test(self, ratio: float, wall: float) -> None:
        """Begin to look for the end of the trouble."""
        usual = max(_USUAL_MIN, self.series.usual_errors.ratio(wall))
        if self.state == "suspected":
            bad = min(ratio or 1.0, _SUSPECTED_RATIO)
        else:
            bad = _OUTAGE_TEST_RATIO if ratio >= _OUTAGE_RATIO else min(ratio or 1.0, _ILL_RATIO_MAX)
        self.series.recovery = Recovery(usual, max(bad, _RATIO_MIN, 2 * usual), _RECOVERY_NATS)

    def _recover(self, wall: float) -> None:
        self._freshen(wall)
        self._turn("recovering", wall)

    def _end(self, wall: float) -> None:
        if self.state != "recovering":
            self._freshen(wall)
        self._turn("well", wall)
        self._ended_at = wall
        self._quiet_from = None
        self.is_about_errors = False
        self.series.recovery = None

    def _freshen(self, wall: float) -> None:
        """What was before the good course began is over."""
        recovery = self.series.recovery
        self.series.fresh_from = wall
        if self._quiet_from is not None and not self.is_about_errors:
            self.series.fresh_from = self._quiet_from
        elif recovery is not None and recovery.since is not None and recovery.is_convincing:
            self.series.fresh_from = recovery.since

    def _is_calm(self, wall: float, seconds: float, stale_seconds: float) -> bool:
        hold = self._hold(seconds)
        if self._quiet_from is None or wall - self._quiet_from < hold:
            return False
        if not self.is_about_errors or wall - max(self.series.last_failure_at, self.since) >= stale_seconds:
            return True
        recovery = self.series.recovery
        if recovery is None or recovery.since is None or not recovery.is_convincing:
            return False
        return wall - recovery.since >= hold

    def _hold(self, seconds: float) -> float:
        return float(seconds * 2**self._relapses)
