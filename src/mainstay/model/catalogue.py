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
    hedge_percent: float = 0.0
    """Share of requests that may be sent to a second upstream before the first has answered; 0 = never."""


class Credential(msgspec.Struct, frozen=True):
    """A named secret of an upstream. The name may be shown; the key never is.

    `renewed` secrets (a cloud's service account, a role) are not sent: what they are exchanged for is, and it changes.
    """

    name: str
    key: str
    renewed: bool = False

    def __repr__(self) -> str:
        """Show the name only, so that no log can leak the key."""
        return f"Credential({self.name!r})"


class PrefillForm(Enum):
    """How an OpenAI-compatible server is told to go on from a trailing assistant message."""

    FLAGS = "flags"
    """`continue_final_message` and `add_generation_prompt`, as vLLM and llama.cpp want them."""
    PREFIX = "prefix"
    """`prefix: true` in the message, as Mistral and DeepSeek want it."""
    PLAIN = "plain"
    """The message alone is enough: Ollama, OpenRouter."""


class Capabilities(msgspec.Struct, frozen=True):
    """What a model at an upstream can do. `None` is unknown: then it is trusted with it.

    Windows are in tokens. `image_urls`: pictures by URL, not only by value. `sampling`: temperature, top_p and top_k.
    `system_turns`: system messages in the middle of a conversation.
    """

    prefill: bool = False
    context_tokens: int | None = None
    output_tokens: int | None = None
    tools: bool | None = None
    parallel_tools: bool | None = None
    images: bool | None = None
    image_urls: bool | None = None
    documents: bool | None = None
    structured_output: bool | None = None
    thinking: bool | None = None
    sampling: bool | None = None
    system_turns: bool | None = None
    prefill_form: PrefillForm = PrefillForm.FLAGS


ABLE = Capabilities()
"""Nothing declared."""


class Platform(Enum):
    """Whose doors an upstream has: its URLs, its credentials, its envelope around the dialect."""

    DIRECT = "direct"
    AZURE = "azure"
    BEDROCK = "bedrock"
    VERTEX = "vertex"


class Limits(msgspec.Struct, frozen=True):
    """What an upstream may be given, by all processes that share it. `None` is no bound.

    `reserved` keeps shares of these limits (0 to 1) for workloads, by name; where they come to 1, nobody else is
    served.
    """

    concurrency: int | None = None
    requests_per_minute: int | None = None
    input_tokens_per_minute: int | None = None
    output_tokens_per_minute: int | None = None
    reserved: tuple[tuple[str, float], ...] = ()


UNLIMITED = Limits()
"""Nothing declared."""


class Upstream(msgspec.Struct, frozen=True):
    """A concrete place that serves models. `api_version` is Azure's; with one, models are deployments in the URL."""

    name: str
    dialect: str
    base_url: str
    credentials: tuple[Credential, ...] = ()
    region: str = ""
    private: bool = False
    simulated: bool = False
    platform: Platform = Platform.DIRECT
    api_version: str = ""
    limits: Limits = UNLIMITED


class Price(msgspec.Struct, frozen=True):
    """What tokens cost, in nanodollars each (a dollar for a million tokens is 1000 of them)."""

    input: int
    output: int
    cached_input: int
    cache_write: int


class Candidate(msgspec.Struct, frozen=True):
    """One (upstream, upstream's model name) in a model's order of preference, clocks and abilities resolved."""

    upstream: Upstream
    model: str
    substitute: bool = False
    timeouts: Timeouts = Timeouts()
    retries: Retries = Retries()
    capabilities: Capabilities = ABLE
    declared: tuple[str, ...] = ()
    """Which abilities somebody wrote down: then they bind requests in the upstream's own dialect too."""
    passes_through: bool = False
    """Whether it serves under any name that is asked. Such a name means something at its own provider only, so this
    candidate serves callers of its own dialect alone."""
    price: Price | None = None
    """`None` where the file names no price."""


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


class CacheRule(msgspec.Struct, frozen=True):
    """How long an answer may be given again, and for how long after that where no provider answers.

    `every`: each request of the workload counts as repeatable, not only those that say so.
    """

    ttl_seconds: float
    stale_if_error_seconds: float = 0.0
    every: bool = False


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
    cache: CacheRule | None = None


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
