"""Who asks: what a verified token says of its bearer, and what he may spend."""

import math

import msgspec


class Allowance(msgspec.Struct, frozen=True):
    """Bounds of a tenant or of one token; `None` is no bound. Days and months are those of UTC."""

    requests_per_minute: int | None = None
    usd_per_day: float | None = None
    usd_per_month: float | None = None
    input_tokens_per_minute: int | None = None
    output_tokens_per_minute: int | None = None


UNBOUNDED = Allowance()


class Identity(msgspec.Struct, frozen=True):
    """A caller that has been let in.

    `token` is the token's id, never the token. `workload` is the one that the token binds to (empty: the caller may
    name one). `models` are names or patterns with `*` (empty: all). `expires_at` is in seconds since 1970.
    """

    tenant: str
    token: str = ""
    name: str = ""
    workload: str = ""
    models: tuple[str, ...] = ()
    allowance: Allowance = UNBOUNDED
    issuer: str = ""
    """Of a foreign token; empty for one of ours."""
    expires_at: float = math.inf


LOCAL = Identity("local")
"""Everybody, where a gateway on loopback runs open."""
