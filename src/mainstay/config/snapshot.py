"""Snapshot: one accepted version of the configuration, resolved and frozen. Running exchanges keep theirs."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from mainstay.config.address import Address
from mainstay.config.known_models import known_capabilities
from mainstay.config.notification_settings import NotificationSettings
from mainstay.config.schema import File, IssuerSection
from mainstay.config.secret import Secret
from mainstay.model.catalogue import Candidate, Capabilities, Menu, Price, Skipped, Upstream, Workload
from mainstay.model.identity import UNBOUNDED, Allowance
from mainstay.model.settings import DetectionSettings, IncidentSettings, StatusPageSettings, TelemetrySettings

WILDCARD = "*"
"""The model that stands for every name that is not listed."""

ALL_TENANTS = "*"
"""The tenant that stands for every one that is not named."""

_NAME_CHARACTERS_MAX = 200


class DraftLimits(msgspec.Struct, frozen=True):
    """How long and how much of what was delivered is kept."""

    keep_seconds: float = 86_400.0
    bytes_max: int = 1_024_000_000


class CacheLimits(msgspec.Struct, frozen=True):
    """How much of answers is kept, and the secret that seals them (`None`: one made under `state/keys`)."""

    bytes_max: int = 256_000_000
    key: Secret | None = None


class JournalLimits(msgspec.Struct, frozen=True):
    """How long a worker keeps what the store has, and how much disk its journal may take."""

    keep_seconds: float = 604_800.0
    bytes_max: int = 4_096_000_000


class Login(msgspec.Struct, frozen=True):
    """The identity provider through which people log in to the control plane."""

    issuer: str
    client_id: str
    client_secret: Secret
    roles_claim: str
    roles: dict[str, str]


class Snapshot(msgspec.Struct, frozen=True):
    """Everything a process needs to know of the configuration.

    `state` is absolute. `models` hold candidates with clocks resolved but for the workload's own; `menus` hold every
    pair of (model, workload) with policy applied. A candidate of the model `*` whose own model is `*` serves under the
    name that was asked. `file` is what the user wrote, for readings; it holds references, no secrets.
    """

    gateway: Address
    control: Address
    workers: int
    state: Path
    upstreams: tuple[Upstream, ...]
    models: dict[str, tuple[Candidate, ...]]
    workloads: dict[str, Workload]
    menus: dict[tuple[str, str], Menu]
    file: File
    drafts: DraftLimits | None = DraftLimits()
    drain_seconds: float = 30.0
    queue_max: int = 1_000
    """How many requests may wait for capacity, in each process."""
    cache: CacheLimits | None = CacheLimits()
    journal: JournalLimits = JournalLimits()
    must_authenticate: bool = False
    """Whether callers need a token."""
    issuers: tuple[IssuerSection, ...] = ()
    tenants: dict[str, Allowance] = {}
    weights: dict[str, float] = {}
    """Of tenants whose weight is not 1."""
    without_cache: frozenset[str] = frozenset()
    """Tenants whose callers may not mark requests for the cache."""
    prices: dict[str, Price] = {}
    store: Secret | None = None
    """Where PostgreSQL is; `None`: SQLite under `state`."""
    shared: Secret | None = None
    """Where Valkey or Redis is; `None`: nothing is shared beyond this machine."""
    draft_key: Secret | None = None
    control_url: str = ""
    login: Login | None = None
    detection: DetectionSettings = DetectionSettings()
    incidents: IncidentSettings = IncidentSettings()
    status_page: StatusPageSettings = StatusPageSettings()
    notifications: NotificationSettings = NotificationSettings()
    telemetry: TelemetrySettings | None = None
    """`None`: no traces are made."""

    def allowance(self, tenant: str) -> Allowance:
        """What a tenant may use, by one look-up."""
        return self.tenants.get(tenant) or self.tenants.get(ALL_TENANTS, UNBOUNDED)

    def weight(self, tenant: str) -> float:
        """How much a tenant counts for beside others that wait for the same capacity."""
        weights = self.weights
        return weights.get(tenant, 1.0 if tenant in self.tenants else weights.get(ALL_TENANTS, 1.0)) if weights else 1.0

    def may_mark(self, tenant: str) -> bool:
        """Whether a tenant's callers may mark requests for the cache."""
        named = tenant if tenant in self.tenants else ALL_TENANTS
        return named not in self.without_cache

    @property
    def model_names(self) -> tuple[str, ...]:
        """The models that can be listed to callers, in the order of the file; without the wildcard."""
        return tuple(name for name in self.models if name != WILDCARD)

    @property
    def is_simulated(self) -> bool:
        """Whether any upstream is simulated."""
        return any(upstream.simulated for upstream in self.upstreams)

    def menu(self, model: str, workload: str) -> Menu | None:
        """Who may serve `model` for `workload`, by one look-up. `None` where either is unknown.

        An unknown workload is never taken for `default`: its rules might be stricter. A menu without candidates means
        that policy kept all of them out; `Menu.skipped` says why.
        """
        menu = self.menus.get((model, workload))
        if menu is not None and model != WILDCARD:
            return menu
        wild = self.menus.get((WILDCARD, workload))
        return None if wild is None or not _is_model_name(model) else _named(wild, model, self.prices)


def price_of(prices: Mapping[str, Price], upstream: str, model: str) -> Price | None:
    """The price of a model at an upstream; one that names the upstream counts first."""
    return prices.get(f"{upstream}/{model}") or prices.get(model)


def _named_capabilities(candidate: Candidate, model: str) -> Capabilities:
    """What the file says of the upstream; where it says nothing, what is known of the model."""
    said = {name: getattr(candidate.capabilities, name) for name in candidate.declared}
    return msgspec.structs.replace(known_capabilities(model), **said)


def _is_model_name(text: str) -> bool:
    """Whether a caller's word may be a model's name: it goes into URLs, headers and records."""
    printable = text.isascii() and text.isprintable() and " " not in text
    return printable and 0 < len(text) <= _NAME_CHARACTERS_MAX and text != WILDCARD


def _named(wild: Menu, model: str, prices: Mapping[str, Price]) -> Menu:
    """The wildcard's menu under the name that was asked."""
    candidates = tuple(
        msgspec.structs.replace(
            candidate,
            model=model,
            capabilities=_named_capabilities(candidate, model),
            passes_through=True,
            price=price_of(prices, candidate.upstream.name, model),
        )
        if candidate.model == WILDCARD
        else candidate
        for candidate in wild.candidates
    )
    skipped = tuple(
        Skipped(skip.upstream, model if skip.model == WILDCARD else skip.model, skip.reason) for skip in wild.skipped
    )
    return Menu(model, wild.workload, candidates, skipped)
