"""Effects: does what an action says, through the ports. The same deed again has no further effect."""

import msgspec

from mainstay.control.playbooks.ports import EffectError, Ports
from mainstay.model.incident import IncidentEvent, Linked, Moved, Noted, Opened, Posted, Rated, Retitled, Scoped
from mainstay.model.notice import Notice, Severity
from mainstay.model.playbook import (
    Action,
    Approve,
    EndOrders,
    GiveOrder,
    Note,
    Notify,
    OpenIncident,
    Probe,
    Publish,
    UpdateIncident,
    Webhook,
)
from mainstay.ops.playbooks.actions import order_of
from mainstay.ops.playbooks.outcomes import Done, Failed
from mainstay.ops.playbooks.state import Deed, RunState


class Errand(msgspec.Struct, frozen=True):
    """One deed of a run to be done, by whom, and how long it may take."""

    state: RunState
    deed: Deed
    timeout_seconds: float

    @property
    def by(self) -> str:
        """As it stands in records of incidents and orders."""
        return f"playbook {self.state.run}"

    @property
    def key(self) -> str:
        """The idempotency key."""
        return self.deed.key


def perform(errand: Errand, ports: Ports) -> Done | Failed:
    """Do it. Raises nothing."""
    action = errand.deed.action
    try:
        if action is None:
            return Failed("it has no action", is_final=True)
        return _perform(action, errand, ports)
    except EffectError as error:
        return Failed(str(error), error.may_have_acted, error.is_final)
    except Exception as error:  # noqa: BLE001 - a defect of a part must not stop the run for ever, let alone all runs
        return Failed(f"{type(error).__name__}: {error}", may_have_acted=True)


def _perform(action: Action, errand: Errand, ports: Ports) -> Done | Failed:
    done: Done | Failed
    match action:
        case GiveOrder():
            done = _give(action, errand, ports)
        case EndOrders():
            done = _end(action, errand, ports)
        case Probe():
            done = _probe(action, errand, ports)
        case Webhook():
            body = webhook_body(action, errand)
            done = Done(ports.webhooks.post(action.url, action.key, errand.key, body, errand.timeout_seconds))
        case Approve() | Notify():
            notice = _request(action, errand) if isinstance(action, Approve) else _notice(action, errand)
            ports.notices.tell(notice)
            done = Done(f"told: {notice.title}", (notice.key,))
        case OpenIncident():
            done = _open(action, errand, ports)
        case Publish() | UpdateIncident() | Note():
            done = _tell_incident(_events(action), errand, ports)
        case _:
            done = Failed("it is nothing that can be done", is_final=True)
    return done


def _give(action: GiveOrder, errand: Errand, ports: Ports) -> Done:
    order = order_of(action, errand.state, errand.key, errand.deed.began_at)
    words = ports.orders.give(order, errand.key)
    link = Linked("order", order.id, f"{order.kind} {order.upstream}".strip())
    return Done(words + _link(errand.state.incident, link, errand, ports), (order.id,))


def _end(action: EndOrders, errand: Errand, ports: Ports) -> Done:
    found = ports.orders.in_force(action.upstream, action.kinds) if action.upstream else ()
    why = f"{errand.state.run}: {'undo of ' if errand.deed.is_undo else ''}{errand.deed.step}"
    ended = tuple(one for one in dict.fromkeys((*action.ids, *found)) if ports.orders.end(one, errand.by, why))
    return Done(f"ended {', '.join(ended)}" if ended else "no order was in force", ended)


def _probe(action: Probe, errand: Errand, ports: Ports) -> Done | Failed:
    fact = ports.probes.probe(action.component, errand.timeout_seconds)
    words = f"{action.component}: {fact.outcome}{f', {fact.words}' if fact.words else ''}"
    return Done(words) if fact.outcome == "served" else Failed(words)


def _open(action: OpenIncident, errand: Errand, ports: Ports) -> Done:
    opened = Opened(
        title=action.title,
        impact=action.impact,
        source="playbook",
        started_at=errand.deed.began_at,
        affected=action.affected,
        text=action.text,
        is_private=action.is_private,
    )
    incident = ports.incidents.open(opened, errand.by, errand.key)
    return Done(f"opened {incident}{_link(incident, Linked('run', errand.state.run), errand, ports)}", (incident,))


def _link(incident: str, link: Linked, errand: Errand, ports: Ports) -> str:
    """Link it; what went wrong with that, as the end of a sentence: what was done stays done."""
    if not incident:
        return ""
    try:
        ports.incidents.add(incident, link, errand.by, f"{errand.key}/link")
    except EffectError as error:
        return f"; not linked to {incident}: {error}"
    return ""


def _tell_incident(events: tuple[IncidentEvent, ...], errand: Errand, ports: Ports) -> Done | Failed:
    incident = errand.state.incident
    if not incident:
        return Failed("the run is about no incident", is_final=True)
    for event in events:
        ports.incidents.add(incident, event, errand.by, f"{errand.key}/{type(event).__name__.lower()}")
    return Done(f"wrote to {incident}", (incident,))


def _events(action: Publish | UpdateIncident | Note) -> tuple[IncidentEvent, ...]:
    match action:
        case Publish():
            return (Posted(action.text) if action.status is None else Moved(action.status, action.text),)
        case Note():
            return (Noted(action.text),)
        case UpdateIncident():
            return (
                *((Retitled(action.title),) if action.title else ()),
                *((Rated(action.impact, "as the playbook says"),) if action.impact is not None else ()),
                *((Scoped(action.affected),) if action.affected else ()),
                *((Moved(action.status),) if action.status is not None else ()),
            )


def _notice(action: Notify, errand: Errand) -> Notice:
    state = errand.state
    return Notice(
        key=errand.key,
        severity=action.severity,
        title=action.title,
        text=action.text,
        at=errand.deed.began_at,
        incident=state.incident,
        needs_acknowledgement=action.needs_acknowledgement,
        targets=action.targets,
    )


def _request(action: Approve, errand: Errand) -> Notice:
    """What people are told who may approve."""
    state, step = errand.state, errand.deed.step
    people = "one person" if action.count == 1 else f"{action.count} people"
    minutes = f"{action.expires_seconds / 60:.0f} minutes"
    what = action.text or state.step(step).title or f"step {step} of {state.playbook.name}"
    lines = (
        f"{what} ({state.began.cause}).",
        f"{people} with the role {action.role} must agree within {minutes}.",
        f"In the console, or with: mainstay playbook approve {state.run}",
        f"To say no: mainstay playbook refuse {state.run}",
    )
    title = f"{state.run} asks for approval: {state.playbook.name}, {step}"
    return Notice(errand.key, Severity.MAJOR, title, "\n".join(lines), errand.deed.began_at, state.incident)


def webhook_body(action: Webhook, errand: Errand) -> bytes:
    """What is sent: the same bytes each time."""
    state = errand.state
    return msgspec.json.encode(
        {
            "type": "mainstay.playbook",
            "run": state.run,
            "playbook": state.playbook.name,
            "step": errand.deed.step,
            "incident": state.incident,
            "component": state.component,
            "data": action.body,
        }
    )
