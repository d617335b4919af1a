"""How long six hours of traffic and faults take in virtual time."""

import hashlib
import time
from collections import Counter
from pathlib import Path

from bench.figure import Figure, measured
from bench.measures.context import Context
from mainstay.config.from_environment import demo
from mainstay.lab.provider.fault import FaultSpec, parse_fault
from mainstay.lab.provider.request import Personality, ProviderRequest
from mainstay.lab.virtual.rehearsal import HashingJournal, Outcome, Rehearsal
from mainstay.lab.virtual.traffic import Profile, arrivals
from mainstay.lab.virtual.upstreams import Place
from mainstay.wire.registry import SPEECH

SECONDS = 6 * 3600.0
MUST_SECONDS = 60.0
UPSTREAMS = ("claude-primary", "claude-standby", "gpt-primary", "gpt-standby")
FAULTS = ("overloaded", "server-error", "cut:after=30", "stall:phase=content", "throttle:retry_after=3", "refuse")
ILL_SECONDS, PERIOD_SECONDS = 600, 3600
RARE = 50
"""Outside its illness one request in so many meets a fault."""


def measure(context: Context) -> list[Figure]:
    """The figure: two upstreams per dialect, each primary ill for ten minutes of every hour."""
    requests = context.plan.rehearsal_requests
    outcomes: Counter[int] = Counter()

    def told(outcome: Outcome) -> None:
        outcomes[outcome.status] += 1

    rehearsal = _rehearsal()
    began_at = time.perf_counter()
    rehearsal.run(arrivals(Profile(requests=requests, seconds=SECONDS), "bench"), told)
    seconds = time.perf_counter() - began_at
    context.say(f"virtual six hours, {requests:,} requests: {seconds:.1f} s")
    answered = 100.0 * outcomes[200] / requests
    attempts = rehearsal.world.opened / requests
    remark = f"{answered:.3f} % answered completely, {attempts:.3f} attempts per exchange"
    name = f"virtual run of 6 hours and {requests:,} requests"
    return [Figure(name=name, unit="s", value=measured([seconds]), must=MUST_SECONDS, remarks=(remark,))]


def _rehearsal() -> Rehearsal:
    snapshot = demo(("http://a", "http://b"), ("http://c/v1", "http://d/v1"), Path("/nowhere"))
    places = {name: Place(Personality(name=name, words_per_event=4)) for name in UPSTREAMS}
    faults = tuple(parse_fault(text) for text in FAULTS)
    healthy = parse_fault("ok")

    def weather(upstream: str, now: float, request: ProviderRequest) -> FaultSpec:
        digest = hashlib.sha256(upstream.encode() + request.body + repr(now).encode()).digest()
        chance = int.from_bytes(digest[:4], "big")
        is_ill = upstream.endswith("primary") and now % PERIOD_SECONDS < ILL_SECONDS
        return faults[chance % len(faults)] if is_ill or chance % RARE == 0 else healthy

    return Rehearsal(snapshot, SPEECH, places, weather, "bench", HashingJournal())
