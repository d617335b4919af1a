"""Bounds of the HTTP server and of the upstream client. Every queue, buffer and wait has one."""

import msgspec


class ServerLimits(msgspec.Struct, frozen=True):
    """Bounds on callers.

    `header_seconds` counts from a request's first byte to the end of its header, `body_seconds` from there to the end
    of its body, `keep_alive_seconds` is how long a connection may stay idle; `parting_seconds` where the server drains
    and the caller was not told to use it no more. After a refusal the connection stays open for `lingering_seconds`,
    its bytes discarded, so that a caller who is still sending can read the answer. A caller who takes nothing for
    `stall_seconds`, while bytes wait for it, counts as gone.
    """

    body_bytes: int = 33_554_432
    header_bytes: int = 65_536
    header_count: int = 200
    header_seconds: float = 10.0
    body_seconds: float = 60.0
    keep_alive_seconds: float = 75.0
    parting_seconds: float = 2.0
    connections: int = 10_000
    queued_requests: int = 16
    lingering_seconds: float = 2.0
    lingering_bytes: int = 67_108_864
    stall_seconds: float = 180.0
    sweep_seconds: float = 1.0


class ClientLimits(msgspec.Struct, frozen=True):
    """Bounds on upstreams.

    An idle connection is kept for `idle_seconds`, at most `idle_connections` per origin. Each further address of a
    host is tried `next_address_seconds` after the one before it, or at once when that one failed. A compressed body
    may unpack to `unpacked_slack_bytes` plus `unpacked_ratio` times what was received.
    """

    header_bytes: int = 65_536
    header_count: int = 200
    interim_responses: int = 16
    idle_connections: int = 256
    idle_seconds: float = 55.0
    next_address_seconds: float = 0.25
    address_fresh_seconds: float = 30.0
    address_stale_seconds: float = 600.0
    unpacked_slack_bytes: int = 1_048_576
    unpacked_ratio: int = 200
    sweep_seconds: float = 5.0
