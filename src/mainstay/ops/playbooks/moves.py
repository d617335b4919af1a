"""Moves: what a run does next. Pure: the same state, facts and instant give the same move.

Whoever runs it writes the event of a `Write` as the next of the run's stream, does what a `Perform` says and writes
what `outcomes` makes of the result, or waits. An effect is performed only after the event that announces it (with its
key) is durable; so after a death at any point the next runner finds the same move, and the key keeps it from having an
effect twice.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from mainstay.model.playbook import Approve, RunEnded, RunEvent, Step, StepBegan, StepEnded, Wait
from mainstay.ops.playbooks.actions import action_of, condition_of, key_of, undo_of
from mainstay.ops.playbooks.conditions import View, holds
from mainstay.ops.playbooks.facts import Facts
from mainstay.ops.playbooks.state import Deed, RunState
from mainstay.ops.playbooks.texts import UnknownValueError, values_of

UNDO_ATTEMPTS: Final = 3
"""What has to be undone is tried so often at least."""


class Write(msgspec.Struct, frozen=True):
    """Write this event as the next of the run."""

    event: RunEvent


class Perform(msgspec.Struct, frozen=True):
    """Do what the deed says. `timeout_seconds` is how long that may take."""

    deed: Deed
    timeout_seconds: float


class Sleep(msgspec.Struct, frozen=True):
    """Nothing is to be done before `until` (seconds since 1970), unless facts change or somebody speaks."""

    until: float


class Over(msgspec.Struct, frozen=True):
    """Nothing will ever be done any more."""


Move = Write | Perform | Sleep | Over


def next_move(state: RunState, facts: Facts, now: float) -> Move:
    """What the run does now."""
    if state.is_over:
        return Over()
    if state.current is not None:
        return _go_on(state, state.current, facts, now)
    if state.is_unwinding:
        return _unwind(state, facts)
    is_stopped = state.cancelled is not None or state.failure is not None
    if is_stopped or state.cursor == len(state.playbook.steps):
        return Write(_end(state))
    if _is_late(state, now):
        return Write(RunEnded("failed", _late_words(state)))
    return Write(_begin(state, state.playbook.steps[state.cursor], facts, now))


def attempts_of(state: RunState, deed: Deed) -> int:
    """How often it is tried."""
    attempts = state.step(deed.step).attempts
    return max(attempts, UNDO_ATTEMPTS) if deed.is_undo else attempts


def waits_until(state: RunState, deed: Deed) -> float:
    """Until when an approval can be given, or a wait may take."""
    if isinstance(deed.action, Approve):
        return deed.began_at + deed.action.expires_seconds
    if isinstance(deed.action, Wait) and deed.action.seconds is not None:
        return deed.began_at + deed.action.seconds
    return deed.began_at + state.step(deed.step).timeout_seconds


def _is_late(state: RunState, now: float) -> bool:
    return now >= state.expires_at


def _late_words(state: RunState) -> str:
    return f"the run took longer than {state.playbook.expires_seconds:g} s"


def _expired(state: RunState, deed: Deed) -> Write:
    acted = deed.may_have_acted or deed.phase == "acting"
    return Write(StepEnded(deed.step, "failed", deed.round, _late_words(state), may_have_acted=acted))


def _begin(state: RunState, step: Step, facts: Facts, now: float) -> StepBegan | StepEnded:
    number = state.rounds(step.id) + 1
    values = values_of(state, step.id, facts.incident)
    try:
        if step.when is not None:
            view = View(state, facts, now, state.began_at)
            if not holds(condition_of(step.when, values), view):
                return StepEnded(step.id, "skipped", number, "its condition does not hold")
        return StepBegan(step.id, number, 1, key_of(step, state, number, values), action_of(step, state, values))
    except UnknownValueError as error:
        return StepEnded(step.id, "failed", number, str(error))


def _go_on(state: RunState, deed: Deed, facts: Facts, now: float) -> Move:
    step = state.step(deed.step)
    if _is_late(state, now) and not deed.is_undo:
        return _expired(state, deed)
    if deed.phase == "retrying":
        return Sleep(deed.until) if now < deed.until else _again(deed)
    if deed.phase == "verifying":
        return _verify(state, step, deed, facts, now)
    match deed.action:
        case Wait():
            return _wait(state, deed, deed.action, facts, now)
        case Approve() if deed.was_asked or deed.votes:
            return _count_votes(state, deed, deed.action, now)
        case _:
            return Perform(deed, step.timeout_seconds)


def _again(deed: Deed) -> Write:
    if deed.action is None:
        raise ValueError("a deed that never began is tried again")
    return Write(StepBegan(deed.step, deed.round, deed.attempt + 1, deed.key, deed.action, deed.is_undo))


def _verify(state: RunState, step: Step, deed: Deed, facts: Facts, now: float) -> Move:
    if step.verify is None:
        return Write(StepEnded(deed.step, "done", deed.round, deed.words, deed.results))
    words = f"not verified within {step.verify.within_seconds:g} s"
    try:
        condition = condition_of(step.verify.condition, values_of(state, step.id, facts.incident))
    except UnknownValueError as error:
        return Write(StepEnded(deed.step, "failed", deed.round, str(error), deed.results, may_have_acted=True))
    if holds(condition, View(state, facts, now, deed.attempt_at)):
        return Write(StepEnded(deed.step, "done", deed.round, deed.words, deed.results))
    if now >= deed.until:
        return Write(StepEnded(deed.step, "failed", deed.round, words, deed.results, may_have_acted=True))
    return Sleep(deed.until)


def _wait(state: RunState, deed: Deed, action: Wait, facts: Facts, now: float) -> Move:
    until = waits_until(state, deed)
    if action.until is not None and holds(action.until, View(state, facts, now, deed.began_at)):
        return Write(StepEnded(deed.step, "done", deed.round, f"it is so after {now - deed.began_at:.0f} s"))
    if now < until:
        return Sleep(until)
    if action.until is None:
        return Write(StepEnded(deed.step, "done", deed.round, f"waited {now - deed.began_at:.0f} s"))
    return Write(StepEnded(deed.step, "failed", deed.round, f"it was not so within {until - deed.began_at:g} s"))


def _count_votes(state: RunState, deed: Deed, action: Approve, now: float) -> Move:
    names = ", ".join(vote.by for vote in deed.votes)
    if any(not vote.is_yes for vote in deed.votes):
        why = next((f": {vote.comment}" for vote in deed.votes if not vote.is_yes and vote.comment), "")
        refuser = next(vote.by for vote in deed.votes if not vote.is_yes)
        return Write(StepEnded(deed.step, "refused", deed.round, f"{refuser} refused{why}"))
    if len({vote.by for vote in deed.votes}) >= action.count:
        return Write(StepEnded(deed.step, "done", deed.round, f"approved by {names}"))
    until = waits_until(state, deed)
    if now < until:
        return Sleep(until) if deed.was_asked else Perform(deed, state.step(deed.step).timeout_seconds)
    said = f"{len(deed.votes)} of {action.count} approved within {action.expires_seconds:g} s"
    if action.on_expiry == "approve":
        return Write(StepEnded(deed.step, "done", deed.round, f"{said}; it goes on, as the playbook says"))
    return Write(StepEnded(deed.step, "expired", deed.round, said))


def _unwind(state: RunState, facts: Facts) -> Move:
    """The next undoing, the newest deed first. One that failed keeps no other from being undone."""
    for deed in _to_undo(state):
        try:
            action = undo_of(deed, state, values_of(state, deed.step, facts.incident))
        except UnknownValueError as error:
            return Write(StepEnded(deed.step, "failed", deed.round, str(error), is_undo=True))
        if action is not None:
            return Write(StepBegan(deed.step, deed.round, 1, f"{deed.key}/undo", action, is_undo=True))
    return Write(_end(state))


def _to_undo(state: RunState) -> Iterator[Deed]:
    undone = {(deed.step, deed.round) for deed in state.deeds if deed.is_undo}
    for deed in reversed(state.deeds):
        if not deed.is_undo and deed.has_effect and (deed.step, deed.round) not in undone:
            yield deed


def _end(state: RunState) -> RunEnded:
    undoings = [deed for deed in state.deeds if deed.is_undo]
    failed = [deed.step for deed in undoings if deed.outcome != "done"]
    undone = f"; undone: {', '.join(deed.step for deed in undoings if deed.outcome == 'done')}" if undoings else ""
    if failed:
        undone += f"; NOT undone, look after it yourself: {', '.join(failed)}"
    if state.cancelled is not None:
        why = f": {state.cancelled.why}" if state.cancelled.why else ""
        return RunEnded("cancelled", f"cancelled by {state.cancelled_by}{why}{undone}")
    if state.failure is not None:
        refused = state.failure in {"refused", "expired"}
        return RunEnded("refused" if refused else "failed", f"{state.trouble}{undone}")
    troubles = [deed.step for deed in state.deeds if deed.outcome == "failed" and not deed.is_undo]
    return RunEnded("done", f"failed on the way: {', '.join(troubles)}" if troubles else "")
