"""A run on a virtual clock, told event by event: what it does is asked of the moves alone."""

from collections.abc import Callable

from mainstay.model.incident import Affected, ComponentStatus, Impact, IncidentStatus
from mainstay.model.orders import OrderKind
from mainstay.model.playbook import (
    Action,
    Clause,
    Condition,
    GiveOrder,
    Note,
    Playbook,
    RunBegan,
    RunEvent,
    Step,
    StepBegan,
    StepEnded,
)
from mainstay.model.records import RunRecord
from mainstay.ops.playbooks.facts import NOTHING_KNOWN, ComponentFact, Facts, IncidentFact, ProbeFact
from mainstay.ops.playbooks.moves import Move, Perform, Sleep, Write, next_move
from mainstay.ops.playbooks.outcomes import Done, Failed, event_after
from mainstay.ops.playbooks.state import Deed, RunState, fold

Result = Done | Failed
BEGIN = 1_000_000.0

INCIDENT = IncidentFact(
    "INC-7",
    "Anthropic is down",
    IncidentStatus.INVESTIGATING,
    Impact.MAJOR,
    (
        Affected("model:sonnet", ComponentStatus.DEGRADED),
        Affected("upstream:anthropic", ComponentStatus.MAJOR_OUTAGE),
    ),
    source="detection",
)


def note(step_id: str, **how: object) -> Step:
    """A step whose action is a note."""
    return step_of(step_id, Note(f"note of {step_id}"), **how)


def drain(step_id: str, **how: object) -> Step:
    """A step that drains a provider."""
    return step_of(step_id, GiveOrder(OrderKind.DRAIN, "anthropic"), **how)


def step_of(step_id: str, action: Action, **how: object) -> Step:
    """A step."""
    return Step(step_id, action, **how)  # type: ignore[arg-type] # the tests name the fields


def book_of(*steps: Step, name: str = "help", **how: object) -> Playbook:
    """A playbook."""
    return Playbook(name, "It helps.", steps, **how)  # type: ignore[arg-type] # as above


def state_is(component: str, *states: str, for_seconds: float = 0.0) -> Condition:
    """A condition over a component."""
    return Condition((Clause(component, states, for_seconds),))  # type: ignore[arg-type] # as above


def facts_of(incident: IncidentFact | None = INCIDENT, **states: tuple[str, float]) -> Facts:
    """Facts: `anthropic=("ill", since)` is about the upstream of this name."""
    known = {
        f"upstream:{name}": ComponentFact(state, since)  # type: ignore[arg-type] # as above
        for name, (state, since) in states.items()
    }
    return Facts(known, {}, incident)


def probed(outcome: str, at: float, component: str = "upstream:anthropic") -> Facts:
    """Facts: one probe."""
    return Facts({}, {component: ProbeFact(at, outcome)}, INCIDENT)  # type: ignore[arg-type] # as above


class Drill:
    """One run."""

    def __init__(
        self, playbook: Playbook, facts: Facts = NOTHING_KNOWN, incident: str = "", component: str = ""
    ) -> None:
        self.now = BEGIN
        self.facts = facts
        self.log: list[str] = []
        self.did: list[tuple[str, str]] = []
        self._records: list[RunRecord] = []
        self.tell(RunBegan(playbook, "0" * 64, "a test", "hand/1", incident, component))

    @property
    def state(self) -> RunState:
        """The run now."""
        state = fold(self._records)
        assert state is not None
        return state

    def tell(self, event: RunEvent, by: str = "ann") -> None:
        """An event from outside, or of the run itself."""
        number = len(self._records) + 1
        self._records.append(RunRecord(f"r{number}", self.now, "RUN-1", number, by, event))
        self.log.append(_word(event))

    def move(self) -> Move:
        """The next move."""
        return next_move(self.state, self.facts, self.now)

    def go(self, result: Callable[[Deed], Result] | None = None, moves_max: int = 200) -> Move:
        """Go on until it sleeps or is over; every effect ends as `result` says (default: well)."""
        for _ in range(moves_max):
            move = self.move()
            match move:
                case Write(event):
                    self.tell(event, "mainstay")
                case Perform(deed, _):
                    self.did.append((deed.step, deed.key))
                    outcome = Done("done") if result is None else result(deed)
                    self.tell(event_after(self.state, deed, outcome, self.now), "mainstay")
                case _:
                    return move
        raise AssertionError(f"it never rests: {self.log[-10:]}")

    def later(self, seconds: float, result: Callable[[Deed], Result] | None = None) -> Move:
        """Let time pass, and go on."""
        self.now += seconds
        return self.go(result)

    def sleeps_for(self) -> float:
        """How long it would sleep now."""
        move = self.move()
        assert isinstance(move, Sleep), move
        return move.until - self.now

    def outcomes(self) -> list[tuple[str, str | None]]:
        """How each visit of a step ended; undoings with a minus."""
        return [(f"-{deed.step}" if deed.is_undo else deed.step, deed.outcome) for deed in self.state.deeds]


def _word(event: RunEvent) -> str:
    name = type(event).__name__
    step = getattr(event, "step", "")
    mark = "-" if getattr(event, "is_undo", False) else ""
    match event:
        case StepBegan():
            return f"{name} {mark}{step} {event.attempt}"
        case StepEnded():
            return f"{name} {mark}{step} {event.outcome}"
        case _:
            return f"{name} {step}".strip()


def fails(*steps: str, final: bool = False, acted: bool = False) -> Callable[[Deed], Result]:
    """Effects of these steps fail (`-ID`: their undoing), all others end well."""

    def result(deed: Deed) -> Result:
        name = f"-{deed.step}" if deed.is_undo else deed.step
        return Failed("it broke", acted, final) if name in steps else Done("done")

    return result
