"""The keeper of incidents: does what nobody does by hand. It brings incidents up to date with what detection decides,
reminds people of what they owe to everybody else, and has them told. Only the control plane that acts runs it."""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from mainstay.control.incidents.desk import Author, IncidentDesk, Terms
from mainstay.model.incident import IncidentEvent, Nagged, Told
from mainstay.model.notice import Notice
from mainstay.model.settings import IncidentSettings
from mainstay.ops.detection.values import Decision, Standing
from mainstay.ops.incidents.clocks import due
from mainstay.ops.incidents.fold import DETECTION
from mainstay.ops.incidents.following import follow, settle
from mainstay.ops.incidents.placing import opening, place
from mainstay.ops.incidents.state import IncidentState, Refused
from mainstay.ops.incidents.telling import detection_notice, has_ended_escalation, news, notice, reminder

BY_DETECTION: Final = Author(DETECTION, DETECTION)
BY_MAINSTAY: Final = Author("mainstay")
WAITING_MAX: Final = 1_000
"""Components with a decision that is not worked off yet, because the store does not answer."""
TRIES: Final = 5
LATELY_SECONDS: Final = 900.0
OLD_SECONDS: Final = 86_400.0
"""What happened so long ago is told to nobody any more."""


class Ears(msgspec.Struct, frozen=True):
    """Who hears of it. `tell` takes notices; `acknowledge` takes an incident about which nobody need be called any
    more, and who saw to that. `related` gives names of components that one hangs together with: of a model the
    upstreams that serve it, and the reverse. None of them may block or raise."""

    tell: Callable[[Notice], None]
    acknowledge: Callable[[str, str], None]
    related: Callable[[str], frozenset[str]] = lambda _component: frozenset()


class _Waiting(msgspec.Struct):
    """A decision that is to be worked off."""

    decision: Decision
    is_news: bool
    tries: int = 0


class IncidentKeeper:
    """Used by one thread at a time."""

    def __init__(self, desk: IncidentDesk, settings: IncidentSettings, ears: Ears, wall: Callable[[], float]) -> None:
        """`wall` gives seconds since 1970."""
        self._desk = desk
        self.settings = settings
        """May be replaced at any time."""
        self._ears = ears
        self._wall = wall
        self._waiting: dict[str, _Waiting] = {}
        self._recovering: set[str] = set()
        self._looked: dict[str, int] = {}
        self._tells_again = False

    def decide(self, decisions: Iterable[Decision]) -> None:
        """Take what detection has decided; the next `turn` acts on it. Raises nothing."""
        for decision in decisions:
            self._wait(decision, is_news=True)

    def resume(self, standings: Iterable[Standing], wall: float) -> None:
        """Take how all components stand, once, when we begin to act: what was decided before us may not have been
        worked off. What a person resolved is not opened again by it."""
        for one in standings:
            if one.state != "suspected":
                self._wait(_as_decision(one, wall), is_news=False)
        self._tells_again = True

    def turn(self) -> None:
        """Do all that is to be done now; to be called every second or so. Raises `LedgerError`: the store does not
        answer. Nothing is lost by it, the next turn goes on."""
        if self._waiting:
            self._work_off()
        wall = self._wall()
        if self._tells_again:
            self._tell_again(wall)
        for state in self._desk.known():
            if state.is_open:
                self._lead(state, wall)
        for state in self._desk.known():
            self._tell(state, wall)

    def _tell_again(self, wall: float) -> None:
        """Who acted before us may have died between noting that people are told and the telling. Whatever was told is
        told under the same key, and only once ever."""
        for state in self._desk.known():
            what = news(state, 0) if wall - state.updated_at < LATELY_SECONDS else None
            if what is not None and state.told:
                self._ears.tell(msgspec.structs.replace(notice(state, what, wall), is_once=True))
        self._tells_again = False

    def _wait(self, decision: Decision, *, is_news: bool) -> None:
        self._waiting.pop(decision.component, None)
        self._waiting[decision.component] = _Waiting(decision, is_news)
        if decision.state == "recovering":
            self._recovering.add(decision.component)
        else:
            self._recovering.discard(decision.component)
        while len(self._waiting) > WAITING_MAX:
            del self._waiting[next(iter(self._waiting))]

    def _work_off(self) -> None:
        open_ones = self._desk.current()
        for component, waiting in tuple(self._waiting.items()):
            decision = waiting.decision
            is_ill = decision.state == "ill"
            is_done = self._follow_ill(waiting) if is_ill else self._follow_other(decision, open_ones)
            waiting.tries += 1
            if is_done or waiting.tries >= TRIES:
                del self._waiting[component]

    def _follow_ill(self, waiting: _Waiting) -> bool:
        """Whether it is worked off."""
        decision, wall = waiting.decision, self._wall()
        found = place(decision, self._desk.known(), wall, self._ears.related(decision.component))
        state = None if found is None else self._desk.read(found.incident)
        if state is None:
            return self._open(decision, wall)
        if not waiting.is_news and not state.is_open and _is_settled_by_hand(state, decision):
            return True
        return self._follow(decision, state)

    def _open(self, decision: Decision, wall: float) -> bool:
        if not self.settings.opens:
            self._ears.tell(detection_notice(decision, wall))
            return True
        key = f"detection {decision.component} {decision.started_at:.3f}"
        state = self._desk.open(opening(decision), BY_DETECTION, key)
        if not isinstance(state, Refused) and state.merged_into:
            # It goes on elsewhere, and is over there: what is found now is a trouble of its own.
            state = self._desk.open(opening(decision), BY_DETECTION, f"{key} after {state.id}")
        return not isinstance(state, Refused) and (state.is_open or self._follow(decision, state))

    def _follow_other(self, decision: Decision, open_ones: Iterable[IncidentState]) -> bool:
        """What is recovering or well, in whichever incidents it stands."""
        about = [one for one in open_ones if one.status_of(decision.component) is not None]
        is_news = decision.state == "well" and decision.before != "well"
        if not about and not self.settings.opens and is_news:
            self._ears.tell(detection_notice(decision, self._wall()))
        return sum(not self._follow(decision, state) for state in about) == 0

    def _follow(self, decision: Decision, state: IncidentState) -> bool:
        """Write all that follows from it; whether all of it could be written."""
        seen = state.number
        for event in follow(decision, state):
            written = self._desk.add(state.id, event, BY_DETECTION, Terms(seen=seen))
            if isinstance(written, Refused):
                return False
            seen = written.number
        return True

    def _lead(self, state: IncidentState, wall: float) -> None:
        """Let it go on by itself where nobody leads it, and remind people of what is due."""
        moved = settle(state, self._recovering, wall)
        if moved is not None:
            self._desk.add(state.id, moved, BY_DETECTION, Terms(seen=state.number))
        for one in due(state, wall, self.settings.clocks):
            # Told first: should we be killed in between, the same notice is told again, and known by its key.
            self._ears.tell(reminder(state, one, wall))
            self._write(state.id, Nagged(one.clock, one.due_at))

    def _tell(self, state: IncidentState, wall: float) -> None:
        """Have people told what is new, and write down that they were."""
        if state.number <= max(state.told, self._looked.get(state.id, 0)):
            return
        what = news(state, state.told)
        is_told = what is not None and wall - what.at < OLD_SECONDS
        if what is not None and is_told:
            self._ears.tell(notice(state, what, wall))
        is_over = has_ended_escalation(state, state.told)
        if is_over:
            self._ears.acknowledge(state.id, state.acknowledged_by or state.timeline[-1].by)
        if is_told or is_over:
            self._write(state.id, Told(state.number))
        self._looked[state.id] = state.number
        if len(self._looked) > 2 * WAITING_MAX:
            del self._looked[next(iter(self._looked))]

    def _write(self, incident: str, event: IncidentEvent) -> None:
        self._desk.add(incident, event, BY_MAINSTAY)


def _is_settled_by_hand(state: IncidentState, decision: Decision) -> bool:
    """Whether a person resolved it while this very trouble went on."""
    return state.is_led and state.resolved_at is not None and decision.started_at <= state.resolved_at


def _as_decision(standing: Standing, wall: float) -> Decision:
    started_at = standing.since if standing.started_at is None else standing.started_at
    return Decision(
        standing.component,
        standing.state,
        standing.state,
        wall,
        started_at,
        standing.reason,
        standing.impact,
        standing.status,
        standing.evidence,
        standing.cause,
        standing.group,
    )
