"""Plans: what a run would do, step by step, without doing it."""

import msgspec

from mainstay.model.orders import Order
from mainstay.model.playbook import (
    Approve,
    Clause,
    Condition,
    GiveOrder,
    Notify,
    Playbook,
    RunBegan,
    Step,
    Verify,
    Wait,
)
from mainstay.ops.playbooks.actions import action_of, condition_of, key_of, order_of
from mainstay.ops.playbooks.conditions import View, is_so
from mainstay.ops.playbooks.facts import Facts
from mainstay.ops.playbooks.state import RunState
from mainstay.ops.playbooks.texts import UnknownValueError, values_of
from mainstay.ops.playbooks.triggers import Subject
from mainstay.ops.playbooks.words import action_words, step_notes

PLANNED_RUN = "RUN-0"


class PlannedStep(msgspec.Struct, frozen=True):
    """One step. `now`: whether its condition holds now; `None` where that depends on earlier steps, or it has none.
    `problem`: why it would fail as things are. `order`: the order that it would give, to be previewed."""

    id: str
    title: str
    what: str
    notes: tuple[str, ...]
    now: bool | None = None
    problem: str = ""
    order: Order | None = None
    preview: tuple[str, ...] = ()
    asks: str = ""
    tells: tuple[str, ...] = ()


class Plan(msgspec.Struct, frozen=True):
    """What a run of this playbook would do."""

    playbook: str
    description: str
    incident: str
    component: str
    steps: tuple[PlannedStep, ...]


def plan(playbook: Playbook, subject: Subject, facts: Facts, now: float) -> Plan:
    """The plan of a run about this subject, as things are now."""
    began = RunBegan(playbook, "", subject.cause, "", subject.incident, subject.component, subject.credential)
    state = RunState(PLANNED_RUN, "", "", began, now, 1, now, subject.incident)
    steps = tuple(_planned(step, state, facts, now) for step in playbook.steps)
    return Plan(playbook.name, playbook.description, subject.incident, subject.component, steps)


def _planned(step: Step, state: RunState, facts: Facts, now: float) -> PlannedStep:
    values = values_of(state, step.id, facts.incident)
    try:
        filled = _filled(step, state, values)
    except UnknownValueError as error:
        return PlannedStep(step.id, step.title, action_words(step.action), tuple(step_notes(step)), problem=str(error))
    action = filled.action
    key = key_of(step, state, 1, values)
    return PlannedStep(
        id=step.id,
        title=step.title,
        what=action_words(action),
        notes=tuple(step_notes(filled)),
        now=_holds_now(filled.when, state, facts, now),
        order=order_of(action, state, key, now) if isinstance(action, GiveOrder) else None,
        asks=action.role if isinstance(action, Approve) else "",
        tells=(action.targets or ("routes",)) if isinstance(action, Notify) else (),
    )


def _filled(step: Step, state: RunState, values: dict[str, str]) -> Step:
    verify = step.verify
    return msgspec.structs.replace(
        step,
        # What earlier steps gave is not known before they did.
        action=step.action if _needs_steps(step) else action_of(step, state, values),
        when=None if step.when is None else condition_of(step.when, values),
        verify=None if verify is None else Verify(condition_of(verify.condition, values), verify.within_seconds),
    )


def _needs_steps(step: Step) -> bool:
    return bool(getattr(step.action, "steps", ())) and not isinstance(step.action, Wait)


def _holds_now(condition: Condition | None, state: RunState, facts: Facts, now: float) -> bool | None:
    if condition is None or any(_is_later(one) for one in (*condition.every, *condition.some)):
        return None
    view = View(state, facts, now, now)
    every = all(is_so(one, view) for one in condition.every)
    return every and (not condition.some or any(is_so(one, view) for one in condition.some))


def _is_later(clause: Clause) -> bool:
    """Whether it depends on what the run itself will have done."""
    return bool(clause.step or clause.probe)
