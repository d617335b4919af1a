"""Words: actions, conditions and runs as sentences for people."""

from mainstay.model.incident import ComponentStatus, Impact
from mainstay.model.orders import EVERYTHING, Scope
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
    Note,
    Notify,
    OpenIncident,
    Probe,
    Publish,
    ScheduleTrigger,
    Step,
    Trigger,
    UpdateIncident,
    Wait,
    Webhook,
)

MINUTE_SECONDS = 60
HOUR_SECONDS = 3_600


def action_words(action: Action) -> str:
    """What is done."""
    match action:
        case GiveOrder() | EndOrders():
            return _order_words(action)
        case Wait(seconds=None, until=until):
            return f"wait until {condition_words(until or Condition())}"
        case Wait(seconds=seconds):
            return f"wait {duration(seconds or 0.0)}"
        case Approve():
            return _approve_words(action)
        case _:
            return _other_words(action)


def _order_words(action: GiveOrder | EndOrders) -> str:
    if isinstance(action, EndOrders):
        kinds = ", ".join(action.kinds) or "all"
        named = (f"of {', '.join(action.steps)}",) if action.steps else ()
        ids = (", ".join(action.ids),) if action.ids else ()
        about = (f"about {action.upstream} ({kinds})",) if action.upstream else ()
        return f"end orders {' and '.join((*named, *ids, *about)) or '(none)'}"
    model = f"/{action.model}" if action.model else ""
    credential = f", credential {action.credential}" if action.credential else ""
    ramp = f" within {duration(action.ramp_seconds)}" if action.ramp_seconds else ""
    share = f", {action.percent:g} %{ramp}" if action.kind == "shift" else ""
    what = f"order {action.kind} {action.upstream}{model}".strip()
    return f"{what}{credential}{share}{_scope_words(action.scope)} for {duration(action.for_seconds)}"


def _scope_words(scope: Scope) -> str:
    if scope == EVERYTHING:
        return ""
    parts = (("models", scope.models), ("workloads", scope.workloads), ("tenants", scope.tenants))
    return "".join(f", {name} {' '.join(words)}" for name, words in parts if words)


def _approve_words(action: Approve) -> str:
    people = f"one {action.role}" if action.count == 1 else f"{action.count} people with the role {action.role}"
    then = "refused" if action.on_expiry == "refuse" else "approved"
    what = f": {action.text}" if action.text else ""
    return f"ask {people}{what} (after {duration(action.expires_seconds)} it counts as {then})"


def _other_words(action: Action) -> str:
    match action:
        case Probe():
            words = f"probe {action.component}"
        case Notify():
            whom = ", ".join(action.targets) or "whom the routes say"
            words = f"tell {whom} ({action.severity}): {action.title}"
        case Publish():
            status = f", status {action.status}" if action.status is not None else ""
            words = f"publish{status}: {action.text}"
        case Webhook():
            words = f"call the webhook {_place(action.url)}{', signed' if action.key else ''}"
        case OpenIncident():
            words = f"open {'a private' if action.is_private else 'an'} incident ({action.impact}): {action.title}"
        case UpdateIncident():
            parts = (
                action.status,
                action.impact,
                action.title,
                *(f"{a.component} {a.status}" for a in action.affected),
            )
            words = f"update the incident: {', '.join(str(part) for part in parts if part)}"
        case Note():
            words = f"note: {action.text}"
        case _:
            words = ""
    return words


def condition_words(condition: Condition) -> str:
    """What must be so."""
    every = " and ".join(_clause_words(one) for one in condition.every)
    some = " or ".join(_clause_words(one) for one in condition.some)
    if every and some:
        return f"{every}, and {some}"
    return every or some


def trigger_words(trigger: Trigger) -> str:
    """What begins a run."""
    match trigger:
        case IncidentTrigger():
            components = f" about {', '.join(trigger.components)}" if trigger.components else ""
            statuses = f", {' or '.join(trigger.statuses)}" if trigger.statuses else ""
            impact = f", impact {trigger.impact_min} to {trigger.impact_max}"
            worst = trigger.component_status_min
            status = "" if worst is ComponentStatus.OPERATIONAL else f", at least {worst.value.replace('_', ' ')}"
            return f"an incident {' or '.join(trigger.events)}{components}{impact}{status}{statuses}"
        case EvidenceTrigger():
            return f"{', '.join(trigger.components)} {' or '.join(trigger.states)}"
        case AlertTrigger():
            of = f" of {', '.join(trigger.upstreams)}" if trigger.upstreams else ""
            return f"an alert {' or '.join(trigger.kinds)}{of}"
        case ScheduleTrigger():
            return f"schedule {trigger.cron} (UTC)"


def step_notes(step: Step) -> list[str]:
    """How a step is done, beside what it does."""
    notes = [] if step.when is None else [f"only when {condition_words(step.when)}"]
    if step.attempts > 1:
        notes.append(f"up to {step.attempts} attempts, {duration(step.wait_seconds)} and more apart")
    if step.verify is not None:
        notes.append(
            f"must hold within {duration(step.verify.within_seconds)}: {condition_words(step.verify.condition)}"
        )
    if step.on_failure != "stop":
        notes.append(f"if it fails: {step.on_failure}")
    if step.undo is not None:
        notes.append(f"undo: {action_words(step.undo)}")
    elif isinstance(step.action, GiveOrder):
        notes.append("undo: end this order")
    return notes


def duration(seconds: float) -> str:
    """A length of time, in the largest unit that fits."""
    if seconds >= HOUR_SECONDS:
        return f"{seconds / HOUR_SECONDS:g} h"
    if seconds >= MINUTE_SECONDS:
        return f"{seconds / MINUTE_SECONDS:g} min"
    return f"{seconds:g} s"


def _clause_words(clause: Clause) -> str:
    if clause.component and clause.probe:
        return f"a probe of {clause.component} ended as {clause.probe}"
    if clause.component:
        lasting = f" for {duration(clause.for_seconds)}" if clause.for_seconds else ""
        return f"{clause.component} is {' or '.join(clause.states)}{lasting}"
    if clause.incident:
        return f"the incident is {' or '.join(clause.incident)}"
    if clause.impact_min is Impact.NONE:
        return "there is an incident"
    if clause.impact_min is not None:
        return f"the incident's impact is {clause.impact_min} or more"
    return f"step {clause.step} is {' or '.join(clause.outcomes)}"


def _place(url: str) -> str:
    """The place of a URL without its path, which may be a secret."""
    scheme, mark, rest = url.partition("://")
    return f"{scheme}{mark}{rest.partition('/')[0]}" if mark else url
