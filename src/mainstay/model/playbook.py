"""Playbooks: what is to be done when something happens, step by step; and the events that a run is made of.

A run is a fold of its events. It begins with the whole playbook as it was then: a change of the file changes no run
that is under way.
"""

from typing import Final, Literal

import msgspec

from mainstay.model.incident import Affected, ComponentStatus, Impact, IncidentStatus
from mainstay.model.notice import Severity
from mainstay.model.orders import EVERYTHING, OrderKind, Scope

TEMPLATE_NAMES: Final = frozenset(
    {
        "run.id",
        "run.cause",
        "run.component",
        "run.upstream",
        "run.model",
        "run.credential",
        "playbook",
        "step",
        "incident.id",
        "incident.title",
        "incident.status",
        "incident.impact",
        "incident.components",
        "incident.upstream",
        "incident.cause",
    }
)
"""What may stand in braces in a playbook's texts. `run.component` is what the run is about; `run.upstream` and
`run.model` are its parts; `run.credential` is known where an alert about one began the run."""

Role = Literal["operator", "admin"]
Mode = Literal["automatic", "approve", "suggest", "off"]
"""What a trigger does: begin a run, begin one that asks first, tell people that they could, or nothing."""
ComponentState = Literal["well", "suspected", "ill", "recovering"]
StepOutcome = Literal["done", "skipped", "failed", "refused", "expired", "cancelled"]
RunOutcome = Literal["done", "failed", "refused", "cancelled"]

TEMPLATE_PATTERN: Final = r"\{([^{}]*)\}"
"""A name in braces in a playbook's text."""
FAILURE_WORDS: Final = ("stop", "continue", "undo")
"""What `on_failure` may say beside the id of a step."""
START_STEP: Final = "start"
"""The id of the step that a playbook of the mode `approve` begins with."""


class Clause(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that is so or not; exactly one of `component`, `incident`, `impact_min` and `step` says of what.

    `component` is a name or a pattern: all that match (at least one) must have been in one of `states` for
    `for_seconds`, or their newest probe (since the step began) must have ended as `probe` says.
    """

    component: str = ""
    states: tuple[ComponentState, ...] = ()
    for_seconds: float = 0.0
    probe: Literal["", "served", "failed"] = ""
    incident: tuple[IncidentStatus, ...] = ()
    impact_min: Impact | None = None
    step: str = ""
    outcomes: tuple[StepOutcome, ...] = ()


class Condition(msgspec.Struct, frozen=True, omit_defaults=True):
    """Holds when all of `every` hold, and at least one of `some` (where there are any)."""

    every: tuple[Clause, ...] = ()
    some: tuple[Clause, ...] = ()


class GiveOrder(msgspec.Struct, frozen=True, tag="order", omit_defaults=True):
    """Give an order to the engine; see `model.orders`. It ends after `for_seconds` by itself."""

    kind: OrderKind
    upstream: str = ""
    credential: str = ""
    model: str = ""
    scope: Scope = EVERYTHING
    percent: float = 100.0
    ramp_seconds: float = 0.0
    for_seconds: float = 14_400.0
    reason: str = ""


class EndOrders(msgspec.Struct, frozen=True, tag="end-orders", omit_defaults=True):
    """End orders: those of `ids`, those that these steps of the run gave, and those in force of these kinds about this
    upstream."""

    upstream: str = ""
    kinds: tuple[OrderKind, ...] = ()
    steps: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()


class Probe(msgspec.Struct, frozen=True, tag="probe"):
    """Ask a component once how it is; a probe that is not served has failed."""

    component: str


class Wait(msgspec.Struct, frozen=True, tag="wait", omit_defaults=True):
    """Wait so long, or until a condition holds (at most as long as the step may take)."""

    seconds: float | None = None
    until: Condition | None = None


class Approve(msgspec.Struct, frozen=True, tag="approve", omit_defaults=True):
    """Ask people. `count` of different ones with this role must agree before it expires; one is enough to refuse."""

    role: Role = "operator"
    count: int = 1
    expires_seconds: float = 3_600.0
    on_expiry: Literal["refuse", "approve"] = "refuse"
    text: str = ""


class Notify(msgspec.Struct, frozen=True, tag="notify", omit_defaults=True):
    """Tell people. Without targets: those whom the routes say for this severity."""

    title: str
    text: str
    severity: Severity = Severity.WARNING
    targets: tuple[str, ...] = ()
    needs_acknowledgement: bool = False


class Publish(msgspec.Struct, frozen=True, tag="publish", omit_defaults=True):
    """Say something to everybody in the incident's public timeline, perhaps with another status."""

    text: str
    status: IncidentStatus | None = None


class Webhook(msgspec.Struct, frozen=True, tag="webhook", omit_defaults=True):
    """Ask a program of somebody else, by a signed request. `url` and `key` may be references to secrets; what is kept
    of them is the reference."""

    url: str
    key: str = ""
    body: dict[str, str] = {}


class OpenIncident(msgspec.Struct, frozen=True, tag="open-incident", omit_defaults=True):
    """Open an incident; the run is about it from then on, if it was about none."""

    title: str
    impact: Impact = Impact.MINOR
    affected: tuple[Affected, ...] = ()
    text: str = ""
    is_private: bool = False


class UpdateIncident(msgspec.Struct, frozen=True, tag="update-incident", omit_defaults=True):
    """Change what is known of the incident, without a word to the public."""

    status: IncidentStatus | None = None
    impact: Impact | None = None
    title: str = ""
    affected: tuple[Affected, ...] = ()


class Note(msgspec.Struct, frozen=True, tag="note"):
    """Write a note into the incident, for those who work on it."""

    text: str


Action = (
    GiveOrder | EndOrders | Probe | Wait | Approve | Notify | Publish | Webhook | OpenIncident | UpdateIncident | Note
)


class Verify(msgspec.Struct, frozen=True):
    """What must be so within a time after the action, or the step has failed."""

    condition: Condition
    within_seconds: float


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step. `on_failure` is `stop`, `continue`, `undo`, or the id of the step to go on with.

    `timeout_seconds` is how long one attempt may take. Between attempts there are `wait_seconds`, doubled each time.
    `key` is the template of the idempotency key; empty: made of run and step. `jumps_max` bounds how often
    `on_failure` leads back to an earlier step in one run.
    """

    id: str
    action: Action
    title: str = ""
    timeout_seconds: float = 30.0
    attempts: int = 1
    wait_seconds: float = 5.0
    on_failure: str = "stop"
    verify: Verify | None = None
    undo: Action | None = None
    when: Condition | None = None
    key: str = ""
    jumps_max: int = 0


class IncidentTrigger(msgspec.Struct, frozen=True, tag="incident", omit_defaults=True):
    """An incident was opened or updated, and is so. Empty: that does not matter. `components`, `without` and `causes`
    are patterns. Of affected components one must be among `components`, and none among `without`; those that match
    belong to at least `upstreams_min` and at most `upstreams_max` upstreams, and the worst of them is between
    `component_status_min` and `component_status_max`. Without `statuses`: any but resolved."""

    events: tuple[Literal["opened", "updated"], ...] = ("opened",)
    components: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    upstreams_min: int = 0
    upstreams_max: int | None = None
    impact_min: Impact = Impact.NONE
    impact_max: Impact = Impact.CRITICAL
    component_status_min: ComponentStatus = ComponentStatus.OPERATIONAL
    component_status_max: ComponentStatus = ComponentStatus.MAJOR_OUTAGE
    statuses: tuple[IncidentStatus, ...] = ()
    sources: tuple[Literal["detection", "hand", "playbook"], ...] = ()
    causes: tuple[str, ...] = ()


class EvidenceTrigger(msgspec.Struct, frozen=True, tag="evidence", omit_defaults=True):
    """Detection found a component in one of these states."""

    components: tuple[str, ...]
    states: tuple[ComponentState, ...] = ("ill",)
    causes: tuple[str, ...] = ()


class AlertTrigger(msgspec.Struct, frozen=True, tag="alert", omit_defaults=True):
    """A gateway raised an alert of one of these kinds, about one of these upstreams (patterns; empty: any)."""

    kinds: tuple[str, ...]
    upstreams: tuple[str, ...] = ()


class ScheduleTrigger(msgspec.Struct, frozen=True, tag="schedule"):
    """The time has come: a cron expression of five fields, in UTC."""

    cron: str


Trigger = IncidentTrigger | EvidenceTrigger | AlertTrigger | ScheduleTrigger


class Playbook(msgspec.Struct, frozen=True, omit_defaults=True):
    """One playbook. By hand it can always be run.

    `runs`: an incident (or whatever the run is about) has one run of it for all time that a trigger began (`once`), or
    one at a time, the next at least `pause_seconds` after the last began (`again`). A run that lasts longer than
    `expires_seconds` has failed.
    """

    name: str
    description: str
    steps: tuple[Step, ...]
    triggers: tuple[Trigger, ...] = ()
    mode: Mode = "automatic"
    runs: Literal["once", "again"] = "once"
    pause_seconds: float = 900.0
    expires_seconds: float = 86_400.0


class RunBegan(msgspec.Struct, frozen=True, tag="began", omit_defaults=True):
    """A run of a playbook began. `occasion` names what began it, so that nothing begins two runs."""

    playbook: Playbook
    sha256: str
    cause: str
    occasion: str
    incident: str = ""
    component: str = ""
    credential: str = ""


class StepBegan(msgspec.Struct, frozen=True, tag="step-began", omit_defaults=True):
    """An attempt at a step begins: `action` is exactly what will be done. The key is the same for every attempt of a
    round; a round is one visit of the step. With `is_undo` it is about taking the step back."""

    step: str
    round: int
    attempt: int
    key: str
    action: Action
    is_undo: bool = False


class Waiting(msgspec.Struct, frozen=True, tag="waiting", omit_defaults=True):
    """The step waits until an instant (seconds since 1970): for its next attempt, or for what its `verify` asks."""

    step: str
    until: float
    why: Literal["retry", "verify"]
    words: str = ""
    results: tuple[str, ...] = ()
    is_undo: bool = False
    may_have_acted: bool = False
    """Whether the failed attempt may have had an effect all the same."""


class StepEnded(msgspec.Struct, frozen=True, tag="step-ended", omit_defaults=True):
    """A step came to its end. `results` are ids of what it made: orders, incidents, notices."""

    step: str
    outcome: StepOutcome
    round: int = 1
    words: str = ""
    results: tuple[str, ...] = ()
    is_undo: bool = False
    may_have_acted: bool = False
    """Whether the step had, or may have had, an effect although it failed."""


class Asked(msgspec.Struct, frozen=True, tag="asked"):
    """People were told that they are asked for an approval; it can be given until `expires_at`."""

    step: str
    expires_at: float
    words: str = ""


class Approved(msgspec.Struct, frozen=True, tag="approved", omit_defaults=True):
    """A person (the record's `by`) with this role agreed."""

    step: str
    role: str
    comment: str = ""


class Refused(msgspec.Struct, frozen=True, tag="refused", omit_defaults=True):
    """A person with this role said no."""

    step: str
    role: str
    comment: str = ""


class Cancelled(msgspec.Struct, frozen=True, tag="cancelled", omit_defaults=True):
    """A person stopped the run, and wants what it did undone or not."""

    why: str = ""
    is_undone: bool = False


class RunEnded(msgspec.Struct, frozen=True, tag="ended", omit_defaults=True):
    """The run is over."""

    outcome: RunOutcome
    words: str = ""


RunEvent = RunBegan | StepBegan | Waiting | StepEnded | Asked | Approved | Refused | Cancelled | RunEnded
