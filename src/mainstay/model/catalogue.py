"""Who serves what, and under which rules: upstreams, candidates, workloads. Frozen; made from the configuration."""

from enum import Enum

import msgspec


class Timeouts(msgspec.Struct, frozen=True):
    """The separate clocks of law 5, in seconds. `plain_answer_seconds` bounds an answer that is not streamed: its
    first byte comes with its last, so `None` leaves it the attempt's share of the deadline."""

    connect_seconds: float = 5.0
    first_byte_seconds: float = 30.0
    first_content_seconds: float = 30.0
    silence_seconds: float = 60.0
    plain_answer_seconds: float | None = None


class Retries(msgspec.Struct, frozen=True):
    """Bounds on repetition: attempts per upstream and exchange, and the retry budget in percent of requests."""

    attempts_per_upstream: int = 2
    budget_percent: float = 10.0


class Credential(msgspec.Struct, frozen=True):
    """A named secret of an upstream. The name may be shown; the key never is."""

    name: str
    key: str

    def __repr__(self) -> str:
        """Show the name only, so that no log can leak the key."""
        return f"Credential({self.name!r})"


class Capabilities(msgspec.Struct, frozen=True):
    """What an upstream can do beyond its dialect's minimum."""

    prefill: bool = False
    context_tokens: int | None = None


class Upstream(msgspec.Struct, frozen=True):
    """A concrete place that serves models."""

    name: str
    dialect: str
    base_url: str
    credentials: tuple[Credential, ...] = ()
    region: str = ""
    private: bool = False
    simulated: bool = False
    capabilities: Capabilities = Capabilities()


class Candidate(msgspec.Struct, frozen=True):
    """One (upstream, upstream's model name) in a model's order of preference, with its clocks resolved."""

    upstream: Upstream
    model: str
    substitute: bool = False
    timeouts: Timeouts = Timeouts()
    retries: Retries = Retries()


class Priority(Enum):
    """Who goes first under pressure."""

    CRITICAL = "critical"
    INTERACTIVE = "interactive"
    BATCH = "batch"


class RecoveryMode(Enum):
    """How recovery may act once the caller has seen content."""

    CONTINUE = "continue"
    BUFFER = "buffer"
    ERROR = "error"


class Workload(msgspec.Struct, frozen=True):
    """A class of work and its rules. `continue_substitutes` is true only where the user wrote `recovery: continue`
    out: another model may then finish what the first one began."""

    name: str = "default"
    priority: Priority = Priority.INTERACTIVE
    deadline_seconds: float = 300.0
    queue_seconds: float = 30.0
    substitutes: bool = True
    recovery: RecoveryMode = RecoveryMode.CONTINUE
    continue_substitutes: bool = False
    hold_tools: bool = True
    residency: tuple[str, ...] = ()
    private_only: bool = False
    strict: bool = False
    durable: bool = False


class Skipped(msgspec.Struct, frozen=True):
    """A candidate that policy kept out of a plan, and why."""

    upstream: str
    model: str
    reason: str


class Menu(msgspec.Struct, frozen=True):
    """The candidates of one model for one workload, policy already applied, clocks already resolved."""

    model: str
    workload: Workload
    candidates: tuple[Candidate, ...]
    skipped: tuple[Skipped, ...] = ()
