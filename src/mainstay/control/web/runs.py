"""A run of a playbook, ready to be shown: what was done, what it is at, and what comes."""

from typing import Literal

import msgspec

from mainstay.model.playbook import Action, Approve, EndOrders, Step
from mainstay.ops.playbooks.actions import action_of
from mainstay.ops.playbooks.moves import waits_until
from mainstay.ops.playbooks.state import Deed, RunState, Vote
from mainstay.ops.playbooks.texts import UnknownValueError, values_of
from mainstay.ops.playbooks.words import action_words


class StepView(msgspec.Struct, frozen=True):
    """One visit of a step, or one that comes. `state` is an outcome, `works`, `waits` or `comes`. `until` is when it is
    tried again or must be over."""

    id: str
    title: str
    what: str
    state: Literal["done", "skipped", "failed", "refused", "expired", "cancelled", "works", "waits", "comes"]
    is_undo: bool = False
    attempt: int = 0
    attempts: int = 1
    began_at: float | None = None
    ended_at: float | None = None
    until: float | None = None
    words: str = ""
    results: tuple[str, ...] = ()
    votes: tuple[Vote, ...] = ()


class RunView(msgspec.Struct, frozen=True):
    """A run. `state` is `runs`, `waits` (for somebody's word), `ending` (cancelled) or its outcome. `done` of `total`
    steps are over."""

    run: str
    playbook: str
    state: str
    cause: str
    by: str
    began_at: float
    last_at: float
    expires_at: float
    incident: str
    component: str
    done: int
    total: int
    steps: tuple[StepView, ...]
    words: str
    cancelled_by: str
    is_over: bool
    asks_step: str = ""
    asks_role: str = ""
    asks_text: str = ""
    asks_until: float | None = None
    asks_count: int = 0
    votes: tuple[Vote, ...] = ()


def run_view(run: RunState, wall: float) -> RunView:
    """The run as it is."""
    deeds = [_deed_view(run, deed) for deed in run.deeds]
    ids = [one.id for one in run.playbook.steps]
    comes_from = run.cursor + (1 if run.current is not None and not run.current.is_undo else 0)
    will_come = () if run.is_over or run.failure or run.cancelled else run.playbook.steps[comes_from:]
    later = [StepView(one.id, one.title, _coming(run, one), "comes") for one in will_come]
    asks = run.asks
    action = None if asks is None else asks.action
    is_asking = isinstance(action, Approve) and asks is not None
    until = waits_until(run, asks) if asks is not None else None
    return RunView(
        run=run.run,
        playbook=run.playbook.name,
        state=_state(run),
        cause=run.began.cause,
        by=run.by,
        began_at=run.began_at,
        last_at=run.last_at,
        expires_at=run.expires_at,
        incident=run.incident,
        component=run.component,
        done=len(ids) if run.outcome == "done" else min(run.cursor, len(ids)),
        total=len(ids),
        steps=(*deeds, *later),
        words=run.words or run.trouble,
        cancelled_by=run.cancelled_by,
        is_over=run.is_over,
        asks_step=asks.step if is_asking and asks is not None and (until is None or wall < until) else "",
        asks_role=action.role if isinstance(action, Approve) else "",
        asks_text=(action.text or action_words(action)) if isinstance(action, Approve) else "",
        asks_until=until,
        asks_count=action.count if isinstance(action, Approve) else 0,
        votes=() if asks is None else asks.votes,
    )


def _coming(run: RunState, step: Step) -> str:
    """What a step would do, with what is known already in its texts."""
    if isinstance(step.action, EndOrders) and step.action.steps:
        # Which orders those steps will have given is not known before they did.
        return action_words(step.action)
    try:
        return action_words(action_of(step, run, values_of(run, step.id, None)))
    except UnknownValueError:
        return action_words(step.action)


def _state(run: RunState) -> str:
    if run.outcome is not None:
        return run.outcome
    if run.cancelled is not None:
        return "ending"
    return "waits" if run.asks is not None else "runs"


def _deed_view(run: RunState, deed: Deed) -> StepView:
    try:
        step = run.step(deed.step)
    except KeyError:
        # The step that asks first is put before those of the playbook.
        return _shown(deed, "", deed.action, 1)
    return _shown(deed, step.title, deed.action or step.action, step.attempts)


def _shown(deed: Deed, title: str, action: Action | None, attempts: int) -> StepView:
    is_waiting = isinstance(action, Approve) or deed.phase in ("retrying", "verifying")
    return StepView(
        id=deed.step,
        title=title,
        what="" if action is None else action_words(action),
        state=deed.outcome or ("waits" if is_waiting else "works"),
        is_undo=deed.is_undo,
        attempt=deed.attempt,
        attempts=attempts,
        began_at=deed.began_at,
        ended_at=deed.ended_at or None,
        until=deed.until or None,
        words=deed.words,
        results=deed.results,
        votes=deed.votes,
    )
