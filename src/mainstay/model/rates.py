"""Rates that a provider told: what one of its minutes holds, and what is left of it. See docs/costs.md."""

import msgspec


class Bucket(msgspec.Struct, frozen=True):
    """One limit, as a provider told it. `limit` is `None` where the provider did not say it; `remaining` is never
    negative; at `reset_at` (seconds since 1970) all of it is there again."""

    limit: int | None
    remaining: int
    reset_at: float


class Told(msgspec.Struct, frozen=True):
    """What one response told of its credential's limits; `None` where it told nothing that can be believed.

    Some providers bind input and output tokens apart, others bind both together (`tokens`).
    """

    requests: Bucket | None = None
    input_tokens: Bucket | None = None
    output_tokens: Bucket | None = None
    tokens: Bucket | None = None
