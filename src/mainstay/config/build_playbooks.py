"""From checked playbooks to their values. Nothing is checked here."""

from collections.abc import Mapping
from typing import Final, TypeVar

from msgspec import UNSET, UnsetType

from mainstay.config.playbook_schema import (
    ActionSection,
    ClauseSection,
    ConditionSection,
    OrderSection,
    PlaybookEntry,
    PlaybookSection,
    StepSection,
    TriggerSection,
    VerifySection,
)
from mainstay.model.incident import Affected, ComponentStatus, Impact, IncidentStatus
from mainstay.model.notice import Severity
from mainstay.model.orders import OrderKind, Scope
from mainstay.model.playbook import (
    Action,
    AlertTrigger,
    Approve,
    Clause,
    Condition,
    EndOrders,
    EvidenceTrigger,
    GiveOrder,
    IncidentTrigger,
    Mode,
    Note,
    Notify,
    OpenIncident,
    Playbook,
    Probe,
    Publish,
    ScheduleTrigger,
    Step,
    Trigger,
    UpdateIncident,
    Verify,
    Wait,
    Webhook,
)

EFFECT_SECONDS: Final = 30.0
PROBE_SECONDS: Final = 60.0
WAIT_SECONDS: Final = 1_800.0

Value = TypeVar("Value")


def build_playbooks(entries: Mapping[str, PlaybookEntry]) -> dict[str, Playbook]:
    """Those that are written out, by name."""
    return {name: build_playbook(name, one) for name, one in entries.items() if isinstance(one, PlaybookSection)}


def ready_modes(entries: Mapping[str, PlaybookEntry]) -> dict[str, Mode]:
    """Modes of playbooks that come with the product, where a word says which."""
    return {name: one for name, one in entries.items() if not isinstance(one, PlaybookSection)}


def build_playbook(name: str, part: PlaybookSection) -> Playbook:
    """The playbook of a section without mistakes."""
    return Playbook(
        name=name,
        description=_or(part.description, ""),
        steps=tuple(_step(one) for one in part.steps),
        triggers=tuple(_trigger(one) for one in part.triggers),
        mode=part.mode,
        runs=part.runs,
        pause_seconds=part.pause_seconds,
        expires_seconds=part.expires_seconds,
    )


def _step(part: StepSection) -> Step:
    action = build_action(part)
    return Step(
        id=part.id,
        action=action,
        title=_or(part.title, ""),
        timeout_seconds=_or(part.timeout_seconds, _default_seconds(action)),
        attempts=part.attempts,
        wait_seconds=part.wait_seconds,
        on_failure=part.on_failure,
        verify=None if part.verify is UNSET else _verify(part.verify),
        undo=None if part.undo is UNSET else build_action(part.undo),
        when=None if part.when is UNSET else _condition(part.when),
        key=_or(part.idempotency_key, ""),
        jumps_max=part.jumps_max,
    )


def _default_seconds(action: Action) -> float:
    match action:
        case Wait():
            return WAIT_SECONDS
        case Probe():
            return PROBE_SECONDS
        case _:
            return EFFECT_SECONDS


def build_action(part: ActionSection) -> Action:
    """The one action that stands there. Raises `ValueError` where none does."""
    found = _order_action(part) or _incident_action(part) or _other_action(part)
    if found is None:
        raise ValueError("build_action() was given a step that was not checked")
    return found


def _order_action(part: ActionSection) -> Action | None:
    if part.order is not UNSET:
        return _order(part.order)
    if part.end_orders is not UNSET:
        kinds = tuple(OrderKind(one) for one in part.end_orders.kinds)
        return EndOrders(_or(part.end_orders.upstream, ""), kinds, part.end_orders.steps)
    return None


def _incident_action(part: ActionSection) -> Action | None:
    if part.publish is not UNSET:
        return Publish(part.publish.text, None if part.publish.status is UNSET else IncidentStatus(part.publish.status))
    if part.open_incident is not UNSET:
        one = part.open_incident
        return OpenIncident(one.title, Impact(one.impact), _affected(one.components), _or(one.text, ""), one.private)
    if part.update_incident is not UNSET:
        change = part.update_incident
        return UpdateIncident(
            status=None if change.status is UNSET else IncidentStatus(change.status),
            impact=None if change.impact is UNSET else Impact(change.impact),
            title=_or(change.title, ""),
            affected=_affected(change.components),
        )
    return None if part.note is UNSET else Note(part.note)


def _other_action(part: ActionSection) -> Action | None:
    found: Action | None = None
    if part.probe is not UNSET:
        found = Probe(part.probe)
    elif part.wait is not UNSET:
        until = None if part.wait.until is UNSET else _condition(part.wait.until)
        found = Wait(_or(part.wait.seconds, None), until)
    elif part.approve is not UNSET:
        one = part.approve
        found = Approve(one.role, one.count, one.expires_seconds, one.on_expiry, _or(one.text, ""))
    elif part.notify is not UNSET:
        tell = part.notify
        found = Notify(tell.title, tell.text, Severity(tell.severity), tell.targets, tell.acknowledge)
    elif part.webhook is not UNSET:
        found = Webhook(part.webhook.url, _or(part.webhook.key, ""), dict(part.webhook.body))
    return found


def _order(part: OrderSection) -> GiveOrder:
    return GiveOrder(
        kind=OrderKind(part.kind),
        upstream=_or(part.upstream, ""),
        credential=_or(part.credential, ""),
        model=_or(part.model, ""),
        scope=Scope(part.scope.models, part.scope.workloads, part.scope.tenants),
        percent=part.percent,
        ramp_seconds=part.ramp_seconds,
        for_seconds=part.for_seconds,
        reason=_or(part.reason, ""),
    )


def _affected(components: Mapping[str, str]) -> tuple[Affected, ...]:
    return tuple(Affected(name, ComponentStatus(status)) for name, status in components.items())


def _condition(part: ConditionSection) -> Condition:
    own = (_clause(part),) if is_clause(part) else ()
    return Condition((*own, *(_clause(one) for one in part.every)), tuple(_clause(one) for one in part.some))


def _verify(part: VerifySection) -> Verify:
    return Verify(_condition(part), part.within_seconds)


def is_clause(part: ClauseSection) -> bool:
    """Whether it says something itself."""
    return any(getattr(part, name) is not UNSET for name in ClauseSection.__struct_fields__)


def _clause(part: ClauseSection) -> Clause:
    return Clause(
        component=_or(part.component, ""),
        states=_or(part.states, ()),
        for_seconds=_or(part.for_seconds, 0.0),
        probe="" if part.probe is UNSET else part.probe,
        incident=tuple(IncidentStatus(one) for one in _or(part.incident, ())),
        impact_min=None if part.impact_min is UNSET else Impact(part.impact_min),
        step=_or(part.step, ""),
        outcomes=_or(part.outcomes, ()),
    )


def _trigger(part: TriggerSection) -> Trigger:
    if part.incident is not UNSET:
        one = part.incident
        return IncidentTrigger(
            events=one.events,
            components=one.components,
            without=one.without,
            upstreams_min=one.upstreams_min,
            upstreams_max=_or(one.upstreams_max, None),
            impact_min=Impact(one.impact_min),
            impact_max=Impact(one.impact_max),
            component_status_min=ComponentStatus(one.component_status_min),
            component_status_max=ComponentStatus(one.component_status_max),
            statuses=tuple(IncidentStatus(status) for status in _or(one.statuses, ())),
            sources=one.sources,
            causes=one.causes,
        )
    if part.evidence is not UNSET:
        return EvidenceTrigger(part.evidence.components, part.evidence.states, part.evidence.causes)
    if part.alert is not UNSET:
        return AlertTrigger(part.alert.kinds, part.alert.upstreams)
    return ScheduleTrigger(_or(part.schedule, ""))


def _or(value: Value | UnsetType, default: Value) -> Value:
    return default if value is UNSET else value
