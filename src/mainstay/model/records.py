"""Records: one value per thing that happened. Append-only; the only truth. No prompts and no answers in them.

Instants (`at`) are seconds since 1970 (UTC); durations are seconds from the start of their attempt or exchange.
"""

import msgspec


class AttemptRecord(msgspec.Struct, frozen=True, tag="attempt", omit_defaults=True):
    """One try at one candidate, written when it has ended."""

    id: str
    at: float
    exchange: str
    number: int
    upstream: str
    model: str
    credential: str
    dialect: str
    chosen: str
    outcome: str
    """`served`, `failed`, `continued` (its text reached the caller, then it failed), `left` (the caller did) or
    `no-sample`."""
    status: int = 0
    fault: str = ""
    fault_code: str = ""
    blame: str = ""
    request_id: str = ""
    """The provider's own id of the request, for support and claims."""
    connect_seconds: float | None = None
    """Until the connection stood; absent where one was used that stood already."""
    first_byte_seconds: float | None = None
    first_content_seconds: float | None = None
    total_seconds: float = 0.0
    bytes_sent: int = 0
    bytes_received: int = 0
    dropped_events: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    usage_estimated: bool = False
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    cost_nanodollars: int | None = None
    """What the provider will ask for it by the price table; absent where no price is known."""
    tenant: str = "local"
    token: str = ""
    """Id of the token that asked."""


class ExchangeRecord(msgspec.Struct, frozen=True, tag="exchange", omit_defaults=True):
    """One caller request, written when the caller has been answered or has left."""

    id: str
    at: float
    tenant: str
    workload: str
    dialect: str
    kind: str
    stream: bool
    model_asked: str
    outcome: str
    """`answered`, `refused` (caller fault), `failed`, `left`."""
    status: int = 0
    model_served: str = ""
    upstream: str = ""
    attempts: int = 0
    fault: str = ""
    degraded: str = ""
    """Why the first choice did not serve, as in the header `x-mainstay-degraded`."""
    absorbed: tuple[str, ...] = ()
    """What was absorbed, one short phrase per fault that the caller never saw."""
    recovered: int = 0
    """How many times a stream was continued after commit."""
    skipped: tuple[str, ...] = ()
    first_content_seconds: float | None = None
    total_seconds: float = 0.0
    bytes_received: int = 0
    bytes_sent: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    usage_estimated: bool = False
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    cost_nanodollars: int | None = None
    """All attempts together; absent where no attempt's price is known."""
    token: str = ""
    """Id of the token that asked."""
    fault_code: str = ""
    repeats: str = ""
    """Id of the exchange whose answer was given again: for the same idempotency key, or from the cache."""
    queued_seconds: float = 0.0
    """How much of its time it waited for capacity."""
    cache: str = ""
    """`hit`, `stale` or `coalesced`; empty for an answer of its own."""


class AlertRecord(msgspec.Struct, frozen=True, tag="alert", omit_defaults=True):
    """Something that an operator should look at."""

    id: str
    at: float
    kind: str
    upstream: str
    model: str
    credential: str
    message: str
    exchange: str = ""


class BreakerRecord(msgspec.Struct, frozen=True, tag="breaker", omit_defaults=True):
    """A breaker changed its state."""

    id: str
    at: float
    upstream: str
    model: str
    credential: str
    state: str
    reason: str
    exchange: str = ""


class CapacityRecord(msgspec.Struct, frozen=True, tag="capacity", omit_defaults=True):
    """What may be given to a candidate, or taken in at all, has changed for a reason worth knowing.

    `what`: `limit` (concurrency learned from overload), `ramp` (return after an outage), `suspect` (slow or bad
    answers), `quota` (what a provider reports of its limits cannot be true), `wait` (how long a provider asks us to
    rest cannot be believed), `admission` (whom the gateway itself turns away).
    `state` is its new value in a word or a number.
    """

    id: str
    at: float
    what: str
    upstream: str
    model: str
    state: str
    reason: str
    exchange: str = ""


class ConfigurationRecord(msgspec.Struct, frozen=True, tag="configuration", omit_defaults=True):
    """A version of the configuration was accepted."""

    id: str
    at: float
    path: str
    sha256: str


class ProcessRecord(msgspec.Struct, frozen=True, tag="process", omit_defaults=True):
    """A process of ours started or stopped."""

    id: str
    at: float
    role: str
    event: str
    version: str
    pid: int = 0


class AccessRecord(msgspec.Struct, frozen=True, tag="access", omit_defaults=True):
    """What a person did, or tried to do, about who may use the control plane. Never a password, cookie or token."""

    id: str
    at: float
    person: str
    """Whom it is about; empty for everybody, and for a name that no account has: people type passwords there."""
    action: str
    """`login`, `login-failed`, `login-throttled`, `logout`, `person-added`, `person-removed`, `role-changed`,
    `password-changed`, `sessions-ended` or `sessions-rotated`."""
    by: str = ""
    """Who did it; empty for a stranger."""
    via: str = ""
    """How `by` is known: `local`, `provider`, `command-line` (a user of the operating system) or `open`."""
    address: str = ""
    """Where the request came from; behind a reverse proxy that is the proxy."""
    detail: str = ""


class LeaseRecord(msgspec.Struct, frozen=True, tag="lease", omit_defaults=True):
    """Which of several control planes acts, as one of them saw it."""

    id: str
    at: float
    holder: str
    """Who acts, or did until now."""
    event: str
    """`acts`, `stands-by` (the holder is another one), `lost` or `stopped`."""
    epoch: int = 0
    reason: str = ""


class ProofRecord(msgspec.Struct, frozen=True, tag="proof", omit_defaults=True):
    """What `mainstay doctor` proved of one credential of one candidate, by requests of its own."""

    id: str
    at: float
    upstream: str
    model: str
    credential: str
    outcome: str
    """`ok` (it answered, and nothing failed), `failed`, or `unknown` where nothing could be proven."""
    checks: tuple[str, ...] = ()
    """Each as `NAME OUTCOME: WORDS`, such as `quota unknown: the provider tells no limits`."""


Record = (
    AttemptRecord
    | ExchangeRecord
    | AlertRecord
    | BreakerRecord
    | CapacityRecord
    | ConfigurationRecord
    | ProcessRecord
    | AccessRecord
    | LeaseRecord
    | ProofRecord
)
