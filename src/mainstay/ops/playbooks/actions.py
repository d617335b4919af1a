"""Actions with their texts filled in: exactly what is going to be done."""

import hashlib
from base64 import b32encode
from collections.abc import Mapping
from typing import Final, TypeVar

from msgspec.structs import replace

from mainstay.model.components import component_of
from mainstay.model.incident import Affected
from mainstay.model.orders import Order, Scope
from mainstay.model.playbook import (
    Action,
    Approve,
    Clause,
    Condition,
    EndOrders,
    GiveOrder,
    Note,
    Notify,
    OpenIncident,
    Probe,
    Publish,
    Step,
    UpdateIncident,
    Wait,
    Webhook,
)
from mainstay.ops.playbooks.state import Deed, RunState
from mainstay.ops.playbooks.texts import UnknownValueError, rendered

Values = Mapping[str, str]
_ID_BYTES: Final = 5
_ID_LETTERS: Final = 8

One = TypeVar("One", bound=Condition)


def action_of(step: Step, state: RunState, values: Values) -> Action:
    """What the step will do. Raises `UnknownValueError`."""
    return _filled(step.action, state, values)


def undo_of(deed: Deed, state: RunState, values: Values) -> Action | None:
    """What takes it back: what the playbook says, or for an order its end; `None` where there is nothing. Raises
    `UnknownValueError`."""
    step = state.step(deed.step)
    if step.undo is not None:
        return _filled(step.undo, state, values)
    return EndOrders(ids=(order_id(deed.key),)) if isinstance(deed.action, GiveOrder) else None


def condition_of(condition: Condition, values: Values) -> Condition:
    """The condition with the names of its components filled in. Raises `UnknownValueError`."""
    return replace(
        condition,
        every=tuple(_clause(one, values) for one in condition.every),
        some=tuple(_clause(one, values) for one in condition.some),
    )


def key_of(step: Step, state: RunState, round_number: int, values: Values) -> str:
    """The idempotency key of a visit of the step: the same for all attempts. Raises `UnknownValueError`."""
    # Runs are counted anew in a store that was made anew; the instant keeps their keys apart.
    key = rendered(step.key, values) if step.key else f"{state.run}/{state.began_at:.0f}/{step.id}"
    return key if round_number == 1 else f"{key}/{round_number}"


def order_id(key: str) -> str:
    """The id of the order that is given with this key: the one that the desk of orders makes of it."""
    return f"ORD-{b32encode(hashlib.sha256(key.encode()).digest()[:_ID_BYTES]).decode()[:_ID_LETTERS]}"


def order_of(action: GiveOrder, state: RunState, key: str, at: float) -> Order:
    """The order of a step that began at this instant: the same value for every attempt."""
    return Order(
        id=order_id(key),
        kind=action.kind,
        author=f"playbook {state.playbook.name}",
        reason=action.reason or f"{state.run}: {state.began.cause}",
        given_at=at,
        expires_at=at + action.for_seconds,
        upstream=action.upstream,
        credential=action.credential,
        model=action.model,
        scope=action.scope,
        percent=action.percent,
        ramp_seconds=action.ramp_seconds,
        via="playbook",
        incident=state.incident,
        run=state.run,
    )


def _filled(action: Action, state: RunState, values: Values) -> Action:
    filled = action
    match action:
        case GiveOrder():
            filled = _order(action, values)
        case EndOrders():
            given = (deed.key for deed in state.deeds if deed.step in action.steps and not deed.is_undo and deed.key)
            ids = tuple(order_id(key) for key in given)
            filled = replace(action, upstream=rendered(action.upstream, values), ids=ids, steps=())
        case Wait(until=Condition() as until):
            filled = replace(action, until=condition_of(until, values))
        case Webhook():
            filled = replace(action, body={name: rendered(text, values) for name, text in action.body.items()})
        case Probe():
            filled = Probe(_component(action.component, values))
        case OpenIncident() | UpdateIncident():
            affected = tuple(Affected(_component(one.component, values), one.status) for one in action.affected)
            filled = replace(action, affected=affected)
        case _:
            pass
    return _texts(filled, values)


def _texts(action: Action, values: Values) -> Action:
    match action:
        case Approve() | Publish() | Note():
            return replace(action, text=rendered(action.text, values))
        case Notify() | OpenIncident():
            return replace(action, title=rendered(action.title, values), text=rendered(action.text, values))
        case UpdateIncident():
            return replace(action, title=rendered(action.title, values))
        case _:
            return action


def _order(action: GiveOrder, values: Values) -> GiveOrder:
    scope = action.scope
    return replace(
        action,
        upstream=rendered(action.upstream, values),
        credential=rendered(action.credential, values),
        model=rendered(action.model, values),
        reason=rendered(action.reason, values),
        scope=Scope(*(tuple(rendered(one, values) for one in part) for part in _parts(scope))),
    )


def _parts(scope: Scope) -> tuple[tuple[str, ...], ...]:
    return scope.models, scope.workloads, scope.tenants


def _clause(clause: Clause, values: Values) -> Clause:
    return replace(clause, component=_component(clause.component, values)) if clause.component else clause


def _component(text: str, values: Values) -> str:
    name = rendered(text, values)
    if component_of(name) is None and name != "*":
        raise UnknownValueError(f"{name[:200]!r} is no component; such as upstream:NAME or model:NAME")
    return name
