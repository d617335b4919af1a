"""The shape of `mainstay.yaml`, key by key. The JSON Schema and the check are both read from these structs.

Each `description` completes the sentence "must be ..." in a mistake. Optional keys without a default of their own are
`UNSET`: a key that was not written differs from one that was. Every key is explained in `docs/configuration.md`.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from mainstay.config.operations_schema import (
    DetectionSection,
    IncidentsSection,
    NotificationsSection,
    StatusPageSection,
    TelemetrySection,
)
from mainstay.config.playbook_schema import PlaybookEntry
from mainstay.config.scalars import (
    CacheSeconds,
    ConnectSeconds,
    LongSeconds,
    ModelName,
    Name,
    QueueSeconds,
    Region,
    SecretReference,
    Text,
    WaitSeconds,
)


class GatewaySection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the data plane listens, with how many processes, and how many requests may wait in each."""

    listen: Text = "127.0.0.1:8484"
    workers: Annotated[int, Meta(ge=1, le=256, description="a whole number from 1 to 256")] = 1
    drain_seconds: Annotated[float, Meta(ge=0, le=3600, description="a number of seconds from 0 to 3600")] = 30.0
    queue_max: Annotated[int, Meta(ge=0, le=100_000, description="a whole number from 0 to 100000")] = 1_000


class IssuerSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An identity provider (OpenID Connect) whose tokens are accepted from machines.

    The tenant is `tenant`, or what the claim `tenant_claim` says; the workload likewise. `keys_url` is found by
    discovery where it is not written.
    """

    issuer: Text
    audience: Text
    keys_url: Text | UnsetType = UNSET
    tenant: Name | UnsetType = UNSET
    tenant_claim: Text | UnsetType = UNSET
    workload: Name | UnsetType = UNSET
    workload_claim: Text | UnsetType = UNSET


class AuthSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who may call the gateway. Without `callers`: tokens where it listens beyond loopback, else open."""

    callers: Literal["tokens", "open"] | UnsetType = UNSET
    issuers: Annotated[tuple[IssuerSection, ...], Meta(max_length=20, description="a list of at most 20 issuers")] = ()


class LoginSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How people log in to the control plane through an identity provider (OpenID Connect).

    `roles` maps values of the claim `roles_claim` to roles; who has none of them is refused.
    """

    issuer: Text
    client_id: Text
    client_secret: SecretReference
    roles_claim: Text = "groups"
    roles: Annotated[
        dict[Text, Literal["viewer", "operator", "admin"]],
        Meta(max_length=1_000, description="a mapping of at most 1000 texts to viewer, operator or admin"),
    ] = msgspec.field(default_factory=dict)


class ControlSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the control plane listens, at which address people reach it, and how they log in."""

    listen: Text = "127.0.0.1:8485"
    url: Text | UnsetType = UNSET
    login: LoginSection | UnsetType = UNSET


class TimeoutsSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Clocks, each optional: what is not written is inherited from the wider place."""

    connect_seconds: ConnectSeconds | UnsetType = UNSET
    first_byte_seconds: WaitSeconds | UnsetType = UNSET
    first_content_seconds: WaitSeconds | UnsetType = UNSET
    silence_seconds: WaitSeconds | UnsetType = UNSET
    plain_answer_seconds: LongSeconds | UnsetType = UNSET


class RetriesSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bounds on repetition, each optional: what is not written is inherited from the wider place."""

    attempts_per_upstream: Annotated[int, Meta(ge=1, le=10, description="a whole number from 1 to 10")] | UnsetType = (
        UNSET
    )
    budget_percent: Annotated[float, Meta(ge=0, le=100, description="a percentage from 0 to 100")] | UnsetType = UNSET
    hedge_percent: Annotated[float, Meta(ge=0, le=20, description="a percentage from 0 to 20")] | UnsetType = UNSET


class CredentialSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A named reference to a secret."""

    name: Name
    key: SecretReference


TokenCount = Annotated[int, Meta(ge=1, le=100_000_000, description="a whole number from 1 to 100000000")]


class CapabilitiesSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a model can do, each optional: what is not written is inherited, or else trusted (prefill: not)."""

    prefill: bool | Literal["flags", "prefix", "plain"] | UnsetType = UNSET
    context_tokens: TokenCount | UnsetType = UNSET
    output_tokens: TokenCount | UnsetType = UNSET
    tools: bool | UnsetType = UNSET
    parallel_tools: bool | UnsetType = UNSET
    images: bool | UnsetType = UNSET
    image_urls: bool | UnsetType = UNSET
    documents: bool | UnsetType = UNSET
    structured_output: bool | UnsetType = UNSET
    thinking: bool | UnsetType = UNSET
    sampling: bool | UnsetType = UNSET
    system_turns: bool | UnsetType = UNSET


Rate = Annotated[int, Meta(ge=1, le=1_000_000_000, description="a whole number from 1 to 1000000000")]


class LimitsSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an upstream may be given by all processes together, each optional; `reserved` keeps shares for workloads."""

    concurrency: (
        Annotated[int, Meta(ge=1, le=1_000_000, description="a whole number from 1 to 1000000")] | UnsetType
    ) = UNSET
    requests_per_minute: Rate | UnsetType = UNSET
    input_tokens_per_minute: Rate | UnsetType = UNSET
    output_tokens_per_minute: Rate | UnsetType = UNSET
    reserved: Annotated[
        dict[Name, Annotated[float, Meta(gt=0, le=100, description="a percentage above 0 and at most 100")]],
        Meta(max_length=100, description="a mapping of at most 100 workloads to percentages"),
    ] = msgspec.field(default_factory=dict)


class UpstreamSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A concrete place that serves models."""

    dialect: Text
    platform: Literal["direct", "azure", "bedrock", "vertex"] | UnsetType = UNSET
    base_url: Text | UnsetType = UNSET
    project: Name | UnsetType = UNSET
    api_version: Name | UnsetType = UNSET
    credentials: Annotated[
        tuple[CredentialSection, ...], Meta(max_length=100, description="a list of at most 100 credentials")
    ] = ()
    region: Region | UnsetType = UNSET
    private: bool = False
    capabilities: CapabilitiesSection = CapabilitiesSection()
    limits: LimitsSection = LimitsSection()
    depends_on: Annotated[tuple[Name, ...], Meta(max_length=100, description="a list of at most 100 names")] = ()
    status_feed: Text | UnsetType = UNSET
    timeouts: TimeoutsSection = TimeoutsSection()
    retries: RetriesSection = RetriesSection()


class CandidateSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One upstream and its own name of the model."""

    upstream: Name
    model: ModelName | UnsetType = UNSET
    substitute: bool = False
    capabilities: CapabilitiesSection = CapabilitiesSection()
    timeouts: TimeoutsSection = TimeoutsSection()
    retries: RetriesSection = RetriesSection()


class ModelSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A logical model: its candidates in order of preference."""

    candidates: Annotated[
        tuple[CandidateSection, ...],
        Meta(min_length=1, max_length=50, description="a list of 1 to 50 candidates"),
    ]


class CacheSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long an answer may be given again, and to which requests of the workload."""

    ttl_seconds: CacheSeconds
    stale_if_error_seconds: CacheSeconds = 0.0
    requests: Literal["repeatable", "all"] = "repeatable"


class WorkloadSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A class of work and its rules."""

    priority: Literal["interactive", "critical", "batch"] = "interactive"
    deadline_seconds: LongSeconds = 300.0
    queue_seconds: QueueSeconds = 30.0
    substitutes: Literal["allowed", "never"] = "allowed"
    recovery: Literal["continue", "buffer", "error"] | UnsetType = UNSET
    tool_streaming: Literal["held", "live"] = "held"
    residency: Annotated[tuple[Region, ...], Meta(max_length=100, description="a list of at most 100 regions")] = ()
    private_only: bool = False
    strict: bool = False
    durable: bool = False
    cache: Literal["off"] | CacheSection = "off"
    timeouts: TimeoutsSection = TimeoutsSection()
    retries: RetriesSection = RetriesSection()


class DraftsSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long and how much of what was delivered is kept, so that a lost connection can be resumed."""

    keep_seconds: Annotated[float, Meta(ge=60, le=2_592_000, description="a number of seconds from 60 to 2592000")] = (
        86_400.0
    )
    megabytes_max: Annotated[int, Meta(ge=1, le=1_000_000, description="a whole number from 1 to 1000000")] = 1_024
    key: SecretReference | UnsetType = UNSET


class CacheStoreSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much of answers that may be given again is kept under `state`, and with which key they are sealed."""

    megabytes_max: Annotated[int, Meta(ge=1, le=1_000_000, description="a whole number from 1 to 1000000")] = 256
    key: SecretReference | UnsetType = UNSET


class JournalSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much of the journal each worker keeps on its disk; what the store does not have is never removed.

    Beyond `megabytes_max` durable work is refused; a quarter above it records are dropped, counted and told.
    """

    keep_seconds: Annotated[float, Meta(ge=0, le=31_536_000, description="a number of seconds from 0 to 31536000")] = (
        604_800.0
    )
    megabytes_max: Annotated[int, Meta(ge=8, le=1_000_000, description="a whole number from 8 to 1000000")] = 4_096


PriceKey = Annotated[
    str,
    Meta(
        pattern=r"^[!-~]{1,265}(?!\n)$",
        description="an upstream's name of a model, or UPSTREAM/MODEL: visible ASCII characters without spaces",
    ),
]
TenantKey = Annotated[
    str,
    Meta(
        pattern=r"^(\*|[A-Za-z0-9][A-Za-z0-9._-]{0,63})(?!\n)$",
        description="a tenant's name (letters, digits, '.', '_' or '-'), or * for all that are not named",
    ),
]
UsdPerMillionTokens = Annotated[
    float, Meta(ge=0, le=1_000_000, description="US dollars for a million tokens, from 0 to 1000000")
]
Usd = Annotated[float, Meta(gt=0, le=1_000_000_000, description="US dollars above 0 and at most 1000000000")]


class PriceSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a million tokens cost. Without a price of their own, cached and cache-written tokens cost as others do."""

    input: UsdPerMillionTokens
    output: UsdPerMillionTokens
    cached_input: UsdPerMillionTokens | UnsetType = UNSET
    cache_write: UsdPerMillionTokens | UnsetType = UNSET


class TenantSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a tenant may use, how much it counts for beside others, and whether its callers may mark requests for the
    cache."""

    requests_per_minute: Rate | UnsetType = UNSET
    input_tokens_per_minute: Rate | UnsetType = UNSET
    output_tokens_per_minute: Rate | UnsetType = UNSET
    usd_per_day: Usd | UnsetType = UNSET
    usd_per_month: Usd | UnsetType = UNSET
    weight: Annotated[float, Meta(ge=0.01, le=1000, description="a weight from 0.01 to 1000")] = 1.0
    cache: Literal["allowed", "off"] = "allowed"


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole configuration file."""

    upstreams: Annotated[
        dict[Name, UpstreamSection],
        Meta(min_length=1, max_length=500, description="a mapping of 1 to 500 names to upstreams"),
    ]
    models: Annotated[
        dict[ModelName, ModelSection],
        Meta(min_length=1, max_length=2000, description="a mapping of 1 to 2000 names to models"),
    ]
    gateway: GatewaySection = GatewaySection()
    control: ControlSection = ControlSection()
    state: Text = "./mainstay-data"
    store: SecretReference | UnsetType = UNSET
    shared: SecretReference | UnsetType = UNSET
    drafts: Literal["off"] | DraftsSection = DraftsSection()
    cache: Literal["off"] | CacheStoreSection = CacheStoreSection()
    journal: JournalSection = JournalSection()
    auth: AuthSection = AuthSection()
    prices: Annotated[
        dict[PriceKey, PriceSection], Meta(max_length=10_000, description="a mapping of at most 10000 models to prices")
    ] = msgspec.field(default_factory=dict)
    tenants: Annotated[
        dict[TenantKey, TenantSection],
        Meta(max_length=10_000, description="a mapping of at most 10000 names to tenants"),
    ] = msgspec.field(default_factory=dict)
    workloads: Annotated[
        dict[Name, WorkloadSection],
        Meta(max_length=100, description="a mapping of at most 100 names to workloads"),
    ] = msgspec.field(default_factory=dict)
    timeouts: TimeoutsSection = TimeoutsSection()
    retries: RetriesSection = RetriesSection()
    detection: DetectionSection = DetectionSection()
    incidents: IncidentsSection = IncidentsSection()
    notifications: NotificationsSection = NotificationsSection()
    status_page: StatusPageSection = StatusPageSection()
    telemetry: TelemetrySection | UnsetType = UNSET
    playbooks: Annotated[
        dict[Name, PlaybookEntry], Meta(max_length=200, description="a mapping of at most 200 names to playbooks")
    ] = msgspec.field(default_factory=dict)
    include: Annotated[tuple[Text, ...], Meta(max_length=100, description="a list of at most 100 file patterns")] = ()
