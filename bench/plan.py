"""How long and how often each thing is measured."""

import msgspec


class Plan(msgspec.Struct, frozen=True):
    """All the lengths of one run. Rates are per second and stream; every measurement is repeated `repeats` times.
    `every_crossing` is for all pairs of dialects, else three that stand for them. `soak_exchanges` are made in each of
    the soak's rounds: 12 times 30,000 are two hours of 50 requests a second."""

    repeats: int = 3
    warm_seconds: float = 1.0
    plain_seconds: float = 5.0
    payload_seconds: float = 3.0
    peer_repeats: int = 2
    connections: int = 32
    streams: int = 300
    stream_rate: int = 50
    stream_seconds: float = 9.0
    crossing_seconds: float = 4.2
    every_crossing: bool = True
    latency_seconds: float = 5.0
    failovers: int = 500
    failover_rate: int = 200
    crowd: int = 5_000
    crowd_rate: int = 2
    crowd_seconds: float = 12.0
    rehearsal_requests: int = 100_000
    token_requests: int = 200_000
    journal_seconds: float = 6.0
    steady_rate: int = 400
    steady_seconds: float = 6.0
    soak_rounds: int = 12
    soak_exchanges: int = 30_000


FULL = Plan()
QUICK = Plan(
    repeats=1,
    peer_repeats=1,
    warm_seconds=0.5,
    plain_seconds=3.0,
    payload_seconds=1.0,
    stream_seconds=5.0,
    crossing_seconds=4.0,
    every_crossing=False,
    latency_seconds=4.0,
    failovers=200,
    crowd_seconds=8.0,
    rehearsal_requests=10_000,
    token_requests=50_000,
    journal_seconds=3.0,
    soak_rounds=5,
    soak_exchanges=8_000,
)
"""Says roughly where things stand; a single repeat has no spread to judge by."""
