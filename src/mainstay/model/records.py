"""Records: one value per thing that happened. Append-only; the only truth. No prompts and no answers in them.

Instants (`at`) are seconds since 1970 (UTC); durations are seconds from the start of their attempt or exchange.
"""

from typing import Literal

import msgspec

from mainstay.model.evidence import Evidence
from mainstay.model.incident import IncidentEvent
from mainstay.model.notice import NoticeOutcome, Severity
from mainstay.model.orders import Order
from mainstay.model.playbook import RunEvent


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
    trace: str = ""
    """The caller's `traceparent` (https://www.w3.org/TR/trace-context/), where it sent a valid one."""


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
    `password-changed`, `sessions-ended`, `sessions-rotated`, `key-added` or `key-removed`."""
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


class OrderRecord(msgspec.Struct, frozen=True, tag="order", omit_defaults=True):
    """An order was given, changed, ended or refused; or a gateway has taken note of it."""

    id: str
    at: float
    order: Order
    event: str
    """`given`, `changed`, `ended`, `expired` or `refused` (where it was given); `followed` (by a gateway)."""
    by: str = ""
    text: str = ""


class IncidentRecord(msgspec.Struct, frozen=True, tag="incident", omit_defaults=True):
    """Something happened to an incident. `number` counts its events from 1."""

    id: str
    at: float
    incident: str
    number: int
    by: str
    """A person, `detection`, `playbook RUN`, or `mainstay` (reminders, notices)."""
    event: IncidentEvent
    via: str = ""
    """How `by` is known, as in `AccessRecord`."""


class RunRecord(msgspec.Struct, frozen=True, tag="run", omit_defaults=True):
    """Something happened in a run of a playbook. `number` counts its events from 1."""

    id: str
    at: float
    run: str
    number: int
    by: str
    event: RunEvent
    via: str = ""


class DetectionRecord(msgspec.Struct, frozen=True, tag="detection", omit_defaults=True):
    """Detection changed its mind about a component, and why."""

    id: str
    at: float
    component: str
    state: str
    """`well`, `suspected`, `ill` or `recovering`."""
    reason: str
    evidence: tuple[Evidence, ...] = ()
    cause: str = ""
    """A shared dependency that is ill too, where there is one."""
    group: str = ""
    """Decisions of one group belong to one incident."""
    started_at: float | None = None
    """When the trouble began, as far as our own requests tell."""


class ProbeRecord(msgspec.Struct, frozen=True, tag="probe", omit_defaults=True):
    """A request of our own, made to see how a component is."""

    id: str
    at: float
    component: str
    outcome: str
    """`served`, `failed` or `no-sample`."""
    seconds: float = 0.0
    first_content_seconds: float | None = None
    status: int = 0
    fault: str = ""
    blame: str = ""
    reason: str = ""
    """Why it was made: `thin` traffic, `suspect`, `recovery`, `login`, `admin` or `hand`."""
    cost_nanodollars: int | None = None


class FeedRecord(msgspec.Struct, frozen=True, tag="feed", omit_defaults=True):
    """What a provider's status page said, when that changed. `at` is when we read it, `said_at` when it says that it
    said so."""

    id: str
    at: float
    feed: str
    """Name of the upstream whose feed it is."""
    subject: str
    """What it is about: `component NAME` and `incident ID` as the page has them, `about COMPONENT` for what that comes
    to for a component of ours, or `feed` for the feed itself."""
    state: str
    """Of a feed `ok`, `down`, `slow`, `too-large`, `unreadable`, `refused`, `throttled`, `missing` or `floods`."""
    said_at: float | None = None
    text: str = ""
    url: str = ""


class TroubleRecord(msgspec.Struct, frozen=True, tag="trouble", omit_defaults=True):
    """Somebody reports trouble. Who it was is kept as a keyed hash only."""

    id: str
    at: float
    person: str
    via: str
    """`page`, `api` or `command-line`."""
    component: str = ""
    """What it is about, as far as that was said."""
    text: str = ""
    counted: bool = True
    """Whether it counts: the first of a person in a window does."""


class NoticeRecord(msgspec.Struct, frozen=True, tag="notice", omit_defaults=True):
    """What became of a notice at one target."""

    id: str
    at: float
    key: str
    severity: Severity
    target: str
    outcome: NoticeOutcome
    title: str = ""
    attempt: int = 0
    text: str = ""
    """Why it failed, without secrets."""
    incident: str = ""


class PublicationRecord(msgspec.Struct, frozen=True, tag="publication", omit_defaults=True):
    """The status page was written anew because something on it changed."""

    id: str
    at: float
    outcome: Literal["written", "failed"]
    indicator: str
    """Statuspage's word for all of it: `none`, `minor`, `major` or `critical`."""
    reason: str = ""


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
    | OrderRecord
    | IncidentRecord
    | RunRecord
    | DetectionRecord
    | ProbeRecord
    | FeedRecord
    | TroubleRecord
    | NoticeRecord
    | PublicationRecord
)
