"""The state of a run: a fold of its events.

A visit of a step is a deed. Deeds are the log that a run is unwound by: what was done last is undone first.
"""

from collections.abc import Iterable
from typing import Final, Literal

import msgspec
from msgspec.structs import replace

from mainstay.model.playbook import (
    Action,
    Approve,
    Approved,
    Asked,
    Cancelled,
    OpenIncident,
    Playbook,
    Refused,
    RunBegan,
    RunEnded,
    RunEvent,
    RunOutcome,
    Step,
    StepBegan,
    StepEnded,
    StepOutcome,
    Waiting,
)
from mainstay.model.records import RunRecord

FAILURES: Final = frozenset({"failed", "refused", "expired"})

Phase = Literal["acting", "retrying", "verifying", "ended"]


class Vote(msgspec.Struct, frozen=True):
    """What a person said when asked."""

    by: str
    role: str
    at: float
    is_yes: bool
    comment: str = ""


class Deed(msgspec.Struct, frozen=True):
    """One visit of a step, or the undoing of one. `until` is when it is tried again, or must be verified by.

    `action` and `key` are empty for a step that was left out or could not even begin.
    """

    step: str
    round: int
    began_at: float
    is_undo: bool = False
    key: str = ""
    action: Action | None = None
    phase: Phase = "acting"
    attempt: int = 1
    attempt_at: float = 0.0
    until: float = 0.0
    outcome: StepOutcome | None = None
    ended_at: float = 0.0
    words: str = ""
    results: tuple[str, ...] = ()
    may_have_acted: bool = False
    was_asked: bool = False
    votes: tuple[Vote, ...] = ()

    @property
    def has_effect(self) -> bool:
        """Whether there may be something to undo."""
        return self.action is not None and (self.outcome == "done" or self.may_have_acted)


class RunState(msgspec.Struct, frozen=True):
    """A run as it is after `number` events. `failure` says how the step ended that ended the work."""

    run: str
    by: str
    via: str
    began: RunBegan
    began_at: float
    number: int
    last_at: float
    incident: str
    deeds: tuple[Deed, ...] = ()
    cursor: int = 0
    jumps: dict[str, int] = {}
    failure: StepOutcome | None = None
    trouble: str = ""
    is_unwinding: bool = False
    cancelled: Cancelled | None = None
    cancelled_by: str = ""
    outcome: RunOutcome | None = None
    words: str = ""

    @property
    def playbook(self) -> Playbook:
        """The playbook as it was when the run began."""
        return self.began.playbook

    @property
    def component(self) -> str:
        """What the run is about; empty where it is about nothing in particular."""
        return self.began.component

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be done."""
        return self.outcome is not None

    @property
    def expires_at(self) -> float:
        """When it has failed if it is not over."""
        return self.began_at + self.playbook.expires_seconds

    @property
    def current(self) -> Deed | None:
        """What it is at now."""
        return self.deeds[-1] if self.deeds and self.deeds[-1].phase != "ended" else None

    @property
    def asks(self) -> Deed | None:
        """The approval that it waits for."""
        deed = self.current
        return deed if deed is not None and isinstance(deed.action, Approve) else None

    def step(self, step_id: str) -> Step:
        """The step of this id. Raises `KeyError`."""
        for step in self.playbook.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)

    def rounds(self, step_id: str) -> int:
        """How often the step was visited."""
        return sum(deed.step == step_id and not deed.is_undo for deed in self.deeds)


def fold(records: Iterable[RunRecord], state: RunState | None = None) -> RunState | None:
    """The state after these records, in order, beginning with `state`; `None` if there are none. What cannot follow (a
    newer version wrote it, or nobody did) is left out, but counted."""
    for record in records:
        state = _after(state, record)
    return state


def _after(state: RunState | None, record: RunRecord) -> RunState | None:
    event = record.event
    if state is None:
        if not isinstance(event, RunBegan):
            return None
        return RunState(record.run, record.by, record.via, event, record.at, record.number, record.at, event.incident)
    state = replace(state, number=record.number, last_at=record.at)
    return state if state.is_over else _told(state, event, record)


def _told(state: RunState, event: RunEvent, record: RunRecord) -> RunState:
    told = state
    match event:
        case StepBegan():
            told = _step_began(state, event, record.at)
        case Waiting():
            told = _waiting(state, event)
        case StepEnded():
            told = _step_ended(state, event, record.at)
        case Asked():
            told = _changed(state, was_asked=True, words=event.words)
        case Approved() | Refused() if state.asks is not None:
            vote = Vote(record.by, event.role, record.at, isinstance(event, Approved), event.comment)
            told = _changed(state, votes=(*state.asks.votes, vote))
        case Cancelled():
            told = _cancelled(state, event, record)
        case RunEnded():
            told = replace(state, outcome=event.outcome, words=event.words)
        case _:
            pass
    return told


def _waiting(state: RunState, event: Waiting) -> RunState:
    phase: Phase = "retrying" if event.why == "retry" else "verifying"
    acted = event.may_have_acted or event.why == "verify"
    return _changed(
        state, phase=phase, until=event.until, words=event.words, results=event.results, may_have_acted=acted
    )


def _changed(state: RunState, **changes: object) -> RunState:
    deed = state.current
    return state if deed is None else replace(state, deeds=(*state.deeds[:-1], replace(deed, **changes)))


def _step_began(state: RunState, event: StepBegan, at: float) -> RunState:
    deed = state.current
    if deed is not None:
        return _changed(state, phase="acting", attempt=event.attempt, attempt_at=at)
    fresh = Deed(event.step, event.round, at, event.is_undo, event.key, event.action, attempt_at=at)
    return replace(state, deeds=(*state.deeds, fresh))


def _step_ended(state: RunState, event: StepEnded, at: float) -> RunState:
    deed = state.current
    if deed is None:
        # It was left out, or what it needs is not known: it never began.
        state = replace(state, deeds=(*state.deeds, Deed(event.step, event.round, at, event.is_undo)))
    acted = event.may_have_acted or (deed is not None and deed.may_have_acted)
    state = _changed(
        state,
        phase="ended",
        outcome=event.outcome,
        words=event.words,
        results=event.results,
        may_have_acted=acted,
        ended_at=at,
    )
    if event.is_undo:
        return state
    if event.outcome in FAILURES:
        return _after_failure(state, event)
    deed = state.deeds[-1]
    if isinstance(deed.action, OpenIncident) and not state.incident and deed.results:
        state = replace(state, incident=deed.results[0])
    return replace(state, cursor=state.cursor + 1)


def _after_failure(state: RunState, event: StepEnded) -> RunState:
    """How the playbook goes on after a step that failed."""
    step = state.step(event.step)
    ids = [one.id for one in state.playbook.steps]
    match step.on_failure:
        case "continue":
            return replace(state, cursor=state.cursor + 1)
        case target if target in ids:
            is_back = ids.index(target) <= ids.index(step.id)
            taken = state.jumps.get(step.id, 0)
            if not is_back or taken < step.jumps_max:
                jumps = state.jumps | {step.id: taken + is_back}
                return replace(state, cursor=ids.index(target), jumps=jumps)
        case _:
            pass
    trouble = f"step {step.id} {event.outcome}: {event.words}" if event.words else f"step {step.id} {event.outcome}"
    return replace(state, failure=event.outcome, trouble=trouble, is_unwinding=step.on_failure == "undo")


def _cancelled(state: RunState, event: Cancelled, record: RunRecord) -> RunState:
    deed = state.current
    if deed is not None and not deed.is_undo:
        acted = deed.may_have_acted or deed.phase == "acting"
        state = _changed(state, phase="ended", outcome="cancelled", ended_at=record.at, may_have_acted=acted)
    unwinding = state.is_unwinding or event.is_undone
    return replace(state, cancelled=event, cancelled_by=record.by, is_unwinding=unwinding)
