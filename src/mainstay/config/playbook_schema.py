"""The shape of a playbook in a configuration file, key by key. Read as `mainstay.config.schema` is.

Wherever a text may hold names in braces such as `{incident.title}`, they are those of `model.playbook.TEMPLATE_NAMES`.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from mainstay.config.scalars import Name, SecretReference, Text

SECONDS_MAX = 604_800
STEPS_MAX = 50

StepSeconds = Annotated[
    float, Meta(gt=0, le=SECONDS_MAX, description=f"a number of seconds above 0 and at most {SECONDS_MAX}")
]
PauseSeconds = Annotated[float, Meta(ge=0, le=SECONDS_MAX, description=f"a number of seconds from 0 to {SECONDS_MAX}")]
Percentage = Annotated[float, Meta(gt=0, le=100, description="a percentage above 0 and at most 100")]
Pattern = Annotated[
    str, Meta(pattern=r"^[!-~]{1,300}(?!\n)$", description="a name, or a pattern with *: visible ASCII without spaces")
]
Patterns = Annotated[tuple[Pattern, ...], Meta(max_length=100, description="a list of at most 100 names or patterns")]
ImpactWord = Literal["none", "minor", "major", "critical"]
IncidentStatusWord = Literal["investigating", "identified", "monitoring", "resolved"]
ComponentStatusWord = Literal[
    "operational", "degraded_performance", "partial_outage", "major_outage", "under_maintenance"
]
StateWord = Literal["well", "suspected", "ill", "recovering"]
OrderWord = Literal[
    "pin", "prefer", "shift", "drain", "forbid", "critical-only", "cache-first", "no-substitutes", "read-only"
]
OutcomeWord = Literal["done", "skipped", "failed", "refused", "expired"]
SeverityWord = Literal["info", "warning", "major", "critical"]
States = Annotated[tuple[StateWord, ...], Meta(min_length=1, max_length=4, description="a list of 1 to 4 states")]
Statuses = Annotated[
    tuple[IncidentStatusWord, ...], Meta(min_length=1, max_length=4, description="a list of 1 to 4 statuses")
]
Affected = Annotated[
    dict[Text, ComponentStatusWord],
    Meta(max_length=100, description="a mapping of at most 100 components to their status"),
]


class ClauseSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that is so or not: of a component, the incident, or an earlier step."""

    component: Text | UnsetType = UNSET
    states: States | UnsetType = UNSET
    for_seconds: StepSeconds | UnsetType = UNSET
    probe: Literal["served", "failed"] | UnsetType = UNSET
    incident: Statuses | UnsetType = UNSET
    impact_min: ImpactWord | UnsetType = UNSET
    step: Name | UnsetType = UNSET
    outcomes: (
        Annotated[tuple[OutcomeWord, ...], Meta(min_length=1, max_length=5, description="a list of 1 to 5 outcomes")]
        | UnsetType
    ) = UNSET


Clauses = Annotated[tuple[ClauseSection, ...], Meta(max_length=20, description="a list of at most 20 conditions")]


class ConditionSection(ClauseSection, frozen=True, forbid_unknown_fields=True):
    """One of them, or all of `every` and at least one of `some`."""

    every: Clauses = ()
    some: Clauses = ()


class VerifySection(ConditionSection, frozen=True, forbid_unknown_fields=True):
    """A condition that must hold within a time."""

    within_seconds: StepSeconds = 300.0


class ScopeSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which exchanges an order is about; empty: all."""

    models: Patterns = ()
    workloads: Patterns = ()
    tenants: Patterns = ()


class OrderSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An order to the engine."""

    kind: OrderWord
    upstream: Text | UnsetType = UNSET
    credential: Text | UnsetType = UNSET
    model: Text | UnsetType = UNSET
    scope: ScopeSection = ScopeSection()
    percent: Percentage = 100.0
    ramp_seconds: PauseSeconds = 0.0
    for_seconds: StepSeconds = 14_400.0
    reason: Text | UnsetType = UNSET


class EndOrdersSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which orders are ended: those of these kinds about this upstream, or those of earlier steps."""

    upstream: Text | UnsetType = UNSET
    kinds: Annotated[tuple[OrderWord, ...], Meta(max_length=9, description="a list of at most 9 kinds")] = ()
    steps: Annotated[tuple[Name, ...], Meta(max_length=STEPS_MAX, description="a list of at most 50 steps")] = ()


class WaitSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long, or until when."""

    seconds: StepSeconds | UnsetType = UNSET
    until: ConditionSection | UnsetType = UNSET


class ApproveSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who must agree, how many of them, and by when."""

    role: Literal["operator", "admin"] = "operator"
    count: Annotated[int, Meta(ge=1, le=10, description="a whole number from 1 to 10")] = 1
    expires_seconds: StepSeconds = 3_600.0
    on_expiry: Literal["refuse", "approve"] = "refuse"
    text: Text | UnsetType = UNSET


class NotifySection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What people are told."""

    title: Text
    text: Text
    severity: SeverityWord = "warning"
    targets: Annotated[tuple[Name, ...], Meta(max_length=100, description="a list of at most 100 targets")] = ()
    acknowledge: bool = False


class PublishSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What everybody is told on the status page."""

    text: Text
    status: IncidentStatusWord | UnsetType = UNSET


class WebhookSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signed request to another program."""

    url: Text
    key: SecretReference | UnsetType = UNSET
    body: Annotated[dict[Name, Text], Meta(max_length=50, description="a mapping of at most 50 names to texts")] = (
        msgspec.field(default_factory=dict)
    )


class OpenIncidentSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new incident."""

    title: Text
    impact: ImpactWord = "minor"
    components: Affected = msgspec.field(default_factory=dict)
    text: Text | UnsetType = UNSET
    private: bool = False


class UpdateIncidentSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What changes about the incident, without a word to the public."""

    status: IncidentStatusWord | UnsetType = UNSET
    impact: ImpactWord | UnsetType = UNSET
    title: Text | UnsetType = UNSET
    components: Affected = msgspec.field(default_factory=dict)


class ActionSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Exactly one action."""

    order: OrderSection | UnsetType = UNSET
    end_orders: EndOrdersSection | UnsetType = UNSET
    probe: Text | UnsetType = UNSET
    wait: WaitSection | UnsetType = UNSET
    approve: ApproveSection | UnsetType = UNSET
    notify: NotifySection | UnsetType = UNSET
    publish: PublishSection | UnsetType = UNSET
    webhook: WebhookSection | UnsetType = UNSET
    open_incident: OpenIncidentSection | UnsetType = UNSET
    update_incident: UpdateIncidentSection | UnsetType = UNSET
    note: Text | UnsetType = UNSET


class StepSection(ActionSection, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One step: an action, and how it is done."""

    id: Name
    title: Text | UnsetType = UNSET
    when: ConditionSection | UnsetType = UNSET
    timeout_seconds: StepSeconds | UnsetType = UNSET
    attempts: Annotated[int, Meta(ge=1, le=20, description="a whole number from 1 to 20")] = 1
    wait_seconds: PauseSeconds = 5.0
    on_failure: Name = "stop"
    jumps_max: Annotated[int, Meta(ge=0, le=20, description="a whole number from 0 to 20")] = 0
    verify: VerifySection | UnsetType = UNSET
    undo: ActionSection | UnsetType = UNSET
    idempotency_key: Text | UnsetType = UNSET


class IncidentTriggerSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An incident that was opened or updated."""

    events: Annotated[
        tuple[Literal["opened", "updated"], ...],
        Meta(min_length=1, max_length=2, description="opened, updated or both"),
    ] = ("opened",)
    components: Patterns = ()
    without: Patterns = ()
    upstreams_min: Annotated[int, Meta(ge=0, le=500, description="a whole number from 0 to 500")] = 0
    upstreams_max: Annotated[int, Meta(ge=1, le=500, description="a whole number from 1 to 500")] | UnsetType = UNSET
    impact_min: ImpactWord = "none"
    impact_max: ImpactWord = "critical"
    component_status_min: ComponentStatusWord = "operational"
    component_status_max: ComponentStatusWord = "major_outage"
    statuses: Statuses | UnsetType = UNSET
    sources: Annotated[
        tuple[Literal["detection", "hand", "playbook"], ...],
        Meta(max_length=3, description="a list of at most 3 sources"),
    ] = ()
    causes: Patterns = ()


class EvidenceTriggerSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that detection found about a component."""

    components: Annotated[
        tuple[Pattern, ...], Meta(min_length=1, max_length=100, description="a list of 1 to 100 names")
    ]
    states: States = ("ill",)
    causes: Patterns = ()


class AlertTriggerSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An alert that a gateway raised."""

    kinds: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=20, description="a list of 1 to 20 kinds")]
    upstreams: Patterns = ()


class TriggerSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Exactly one of what may begin a run."""

    incident: IncidentTriggerSection | UnsetType = UNSET
    evidence: EvidenceTriggerSection | UnsetType = UNSET
    alert: AlertTriggerSection | UnsetType = UNSET
    schedule: Text | UnsetType = UNSET


class PlaybookSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One playbook: when, and what is then done step by step."""

    steps: Annotated[
        tuple[StepSection, ...], Meta(min_length=1, max_length=STEPS_MAX, description="a list of 1 to 50 steps")
    ]
    description: Text | UnsetType = UNSET
    triggers: Annotated[
        tuple[TriggerSection, ...], Meta(max_length=20, description="a list of at most 20 triggers")
    ] = ()
    mode: Literal["automatic", "approve", "suggest", "off"] = "automatic"
    runs: Literal["once", "again"] = "once"
    pause_seconds: PauseSeconds = 900.0
    expires_seconds: StepSeconds = 86_400.0


PlaybookEntry = Literal["automatic", "approve", "suggest", "off"] | PlaybookSection
"""A playbook; or a word for one that comes with the product: its mode."""

READY_PLAYBOOKS = (
    "provider-down",
    "login-down",
    "brown-out",
    "model-failure",
    "both-clouds-down",
    "fail-back",
    "credential-revoked",
    "spend-limit",
)
"""Names of the playbooks that come with the product."""


class PlaybookFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of playbooks alone, as they may be included."""

    playbooks: Annotated[
        dict[Name, PlaybookEntry], Meta(max_length=200, description="a mapping of at most 200 names to playbooks")
    ]
