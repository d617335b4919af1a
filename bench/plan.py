"""How long and how often each thing is measured."""

import msgspec


class Plan(msgspec.Struct, frozen=True):
    """All the lengths of one run. Rates are per second and stream; every measurement is repeated `repeats` times.
    `every_crossing` is for all pairs of dialects, else three that stand for them."""

    repeats: int = 3
    warm_seconds: float = 1.0
    plain_seconds: float = 5.0
    connections: int = 32
    streams: int = 300
    stream_rate: int = 50
    stream_seconds: float = 10.0
    crossing_seconds: float = 4.5
    every_crossing: bool = True
    latency_seconds: float = 5.0
    failovers: int = 500
    failover_rate: int = 200
    crowd: int = 2_000
    crowd_rate: int = 2
    crowd_seconds: float = 15.0
    rehearsal_requests: int = 100_000
    token_requests: int = 200_000
    journal_seconds: float = 6.0
    steady_rate: int = 400
    steady_seconds: float = 6.0


FULL = Plan()
QUICK = Plan(
    repeats=1,
    warm_seconds=0.5,
    plain_seconds=3.0,
    stream_seconds=6.0,
    crossing_seconds=4.0,
    every_crossing=False,
    latency_seconds=4.0,
    failovers=200,
    crowd_seconds=8.0,
    rehearsal_requests=10_000,
    token_requests=50_000,
    journal_seconds=3.0,
)
"""Says roughly where things stand; a single repeat has no spread to judge by."""
