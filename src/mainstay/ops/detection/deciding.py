"""Deciding: one turn over all components that may have changed."""

from collections.abc import Iterable
from typing import Final

from mainstay.model.components import GATEWAY, Component, component_of
from mainstay.model.evidence import Evidence
from mainstay.model.incident import ComponentStatus, Impact
from mainstay.model.records import DetectionRecord
from mainstay.model.settings import DetectionSettings
from mainstay.ops.detection.cause import Trouble, cause_of, group_of
from mainstay.ops.detection.hearsay import Hearsay
from mainstay.ops.detection.judging import judge
from mainstay.ops.detection.severity import IMPACTS, STATUSES, failed_lately, impact_of, status_of
from mainstay.ops.detection.standings import good_words
from mainstay.ops.detection.surprise import Recovery
from mainstay.ops.detection.values import Decision, State
from mainstay.ops.detection.verdict import Verdict
from mainstay.ops.detection.watch import Watch
from mainstay.ops.detection.watches import Watches

_GATEWAY_SECONDS: Final = 60.0
_WORSE_SECONDS: Final = 30.0
"""A component that gets worse and worse is not told of more often than this."""
_STATES: Final[dict[str, State]] = {
    "well": "well",
    "suspected": "suspected",
    "ill": "ill",
    "recovering": "recovering",
}
_ABOUT_ERRORS: Final = frozenset({"error-ratio", "truncation", "probe"})


class Decider:
    """Steps conditions by verdicts, and puts what has changed into decisions."""

    def __init__(self, settings: DetectionSettings, watches: Watches, hearsay: Hearsay) -> None:
        """`watches` and `hearsay` stay the detector's."""
        self.settings = settings
        self._watches = watches
        self._hearsay = hearsay
        self._troubled: set[Component] = set()
        """All that are not well."""
        self._gone: list[Watch] = []
        self._gateway_at = 0.0

    def decide(self, changed: Iterable[Component], wall: float) -> tuple[Decision, ...]:
        """Judge what has changed, what is in trouble and what others speak of; tell what is otherwise than before."""
        due = {*changed, *self._troubled, *self._spoken_of()}
        if wall - self._gateway_at >= _GATEWAY_SECONDS:
            self._gateway_at = wall
            due.add(GATEWAY)
        news: list[tuple[Watch, State, Verdict]] = []
        for component in sorted(due):
            watch = self._watches.find(component)
            if watch is not None:
                before = watch.condition.state
                verdict = self._step(watch, wall)
                if watch.condition.state != before or self._is_worse(watch, verdict, wall):
                    news.append((watch, before, verdict))
        gone, self._gone = self._gone, []
        farewells = tuple(_farewell(watch, wall) for watch in gone)
        return farewells + tuple(self._decision(*one, wall) for one in news)

    def restore(self, record: DetectionRecord) -> None:
        """Take over an earlier decision."""
        component, state = component_of(record.component), _STATES.get(record.state)
        watch = self._watches.of(component) if component is not None else None
        if watch is None or state is None:
            return
        is_about_errors = any(one.kind == "own" and one.measure in _ABOUT_ERRORS for one in record.evidence)
        started_at = record.at if record.started_at is None else record.started_at
        watch.condition.restore(state, record.at, started_at, is_about_errors=is_about_errors)
        watch.reason, watch.cause, watch.evidence = record.reason, record.cause, record.evidence
        watch.status = status_of(state, record.evidence)
        watch.impact = Impact.NONE if state in {"well", "suspected"} else Impact.MINOR
        self._remember(watch)
        # Records of earlier versions do not tell their group.
        known = record.group or group_of(watch.trouble, watch.cause, self._others(watch), self._watches.relations)
        watch.group = known
        watch.is_settled = state in {"ill", "recovering"}

    def forget(self, gone: Iterable[Watch]) -> None:
        """Components that are no longer configured: those that were not well are told once more."""
        for watch in gone:
            self._troubled.discard(watch.component)
            if watch.condition.state != "well":
                self._gone.append(watch)

    def _spoken_of(self) -> Iterable[Component]:
        found = (component_of(name) for name in self._hearsay.components())
        return [one for one in found if one is not None]

    def _step(self, watch: Watch, wall: float) -> Verdict:
        verdict = judge(watch, self._watches, self._hearsay, self.settings, wall)
        watch.condition.step(verdict, wall)
        self._remember(watch)
        if watch.condition.state == "recovering" and watch.series.recovery is not None:
            self._credit(watch.component, watch.series.recovery)
        return verdict

    def _credit(self, part: Component, recovery: Recovery) -> None:
        """What was learned of a model's recovery counts for its upstream too."""
        whole = self._watches.inference(part.upstream, "") if part.model and part.upstream else None
        if whole is not None and whole.condition.state == "ill" and whole.series.recovery is not None:
            whole.series.recovery.adopt(recovery)

    def _remember(self, watch: Watch) -> None:
        if watch.condition.state == "well":
            self._troubled.discard(watch.component)
        else:
            self._troubled.add(watch.component)

    def _is_worse(self, watch: Watch, verdict: Verdict, wall: float) -> bool:
        if watch.condition.state != "ill" or wall - watch.told_at < _WORSE_SECONDS:
            return False
        status, impact = self._severity(watch, verdict, wall)
        is_status_worse = STATUSES.index(status) > STATUSES.index(watch.status)
        return is_status_worse or IMPACTS.index(impact) > IMPACTS.index(watch.impact)

    def _severity(self, watch: Watch, verdict: Verdict, wall: float) -> tuple[ComponentStatus, Impact]:
        state = watch.condition.state
        callers = (one.series for one in self._watches.callers_of(watch.component))
        ratio = failed_lately(watch.series, wall)
        return status_of(state, verdict.evidence), impact_of(watch.component, state, ratio, callers, wall)

    def _others(self, watch: Watch) -> list[Trouble]:
        found = (self._watches.find(one) for one in self._troubled if one != watch.component)
        return [one.trouble for one in found if one is not None]

    def _decision(self, watch: Watch, before: State, verdict: Verdict, wall: float) -> Decision:
        state = watch.condition.state
        status, impact = self._severity(watch, verdict, wall)
        if before == state == "ill":
            status = max(status, watch.status, key=STATUSES.index)
            impact = max(impact, watch.impact, key=IMPACTS.index)
        if state in {"well", "recovering"}:
            watch.evidence, watch.reason = self._good(watch, verdict, wall)
        else:
            watch.evidence, watch.reason = verdict.evidence, verdict.reason
        watch.status, watch.impact = status, impact
        watch.told_at = wall
        self._relate(watch)
        decision = Decision(
            component=watch.name,
            state=state,
            before=before,
            at=wall,
            started_at=watch.condition.started_at,
            reason=watch.reason,
            impact=impact,
            status=status,
            evidence=watch.evidence,
            cause=watch.cause,
            group=watch.group,
        )
        if state == "well":
            watch.cause = watch.group = ""
            watch.is_settled = False
        return decision

    def _relate(self, watch: Watch) -> None:
        """Find out what it belongs to. Once an incident may exist, its group stays."""
        if watch.condition.state == "well":
            return
        others = self._others(watch)
        relations = self._watches.relations
        watch.cause = watch.cause or cause_of(watch.trouble, others, relations)
        if not watch.is_settled:
            watch.group = group_of(watch.trouble, watch.cause, others, relations)
            watch.is_settled = watch.condition.state == "ill"

    def _good(self, watch: Watch, verdict: Verdict, wall: float) -> tuple[tuple[Evidence, ...], str]:
        words = good_words(watch.series, wall)
        heard = tuple(one for one in verdict.evidence if one.kind != "own")
        if not words:
            return heard, "; ".join(["nothing has spoken against it for a while", *(one.words for one in heard)])
        count = watch.series.window(wall, 300.0)
        own = Evidence(
            "own",
            watch.name,
            wall,
            is_bad=False,
            words=words,
            measure="error-ratio",
            value=count.ratio,
            usual=watch.series.usual_errors.ratio(wall),
            samples=count.attempts,
        )
        return (own, *heard), "; ".join([words, *(one.words for one in heard)])


def _farewell(watch: Watch, wall: float) -> Decision:
    condition = watch.condition
    return Decision(
        component=watch.name,
        state="well",
        before=condition.state,
        at=wall,
        started_at=condition.started_at,
        reason="it is no longer in the configuration",
        impact=Impact.NONE,
        status=ComponentStatus.OPERATIONAL,
        cause=watch.cause,
        group=watch.group,
    )
