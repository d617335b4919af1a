"""How capacity stands, for readiness and metrics."""

import msgspec


class UpstreamLoad(msgspec.Struct, frozen=True):
    """One upstream: attempts under way here and at other processes, and the configured limit."""

    upstream: str
    running: int
    elsewhere: int
    limit: int | None


class LineLimit(msgspec.Struct, frozen=True):
    """A limit that was learned from overload."""

    upstream: str
    model: str
    running: int
    limit: int


class LearnedRateStanding(msgspec.Struct, frozen=True):
    """How many starts per second are taken to be borne by who throttles and does not tell his limits."""

    upstream: str
    model: str
    credential: str
    rate: float


class RampStanding(msgspec.Struct, frozen=True):
    """A return from an outage, in starts per second."""

    upstream: str
    model: str
    credential: str
    rate: float
    goal: float


class QuotaStanding(msgspec.Struct, frozen=True):
    """What is believed to be left of a provider's own limit; `what` is `requests`, `input tokens`, `output tokens` or
    `tokens`."""

    upstream: str
    model: str
    credential: str
    what: str
    limit: int
    remaining: int


class CapacityStanding(msgspec.Struct, frozen=True):
    """Everything that binds, or might."""

    upstreams: tuple[UpstreamLoad, ...]
    limits: tuple[LineLimit, ...]
    rates: tuple[LearnedRateStanding, ...]
    ramps: tuple[RampStanding, ...]
    quotas: tuple[QuotaStanding, ...]
