"""Thousands of slow streams at once on one core, everything on: errors, and memory for each."""

import asyncio

import uvloop

from bench.child import BenchError
from bench.configuration import EVERYTHING
from bench.dialogue import PATH, PROMPT_BYTES, REQUEST_HEADERS, STREAM_MODEL, request_body, request_bytes
from bench.figure import Bar, Figure, measured
from bench.measures.context import Context
from bench.spoken.anthropic import CALLER
from bench.spoken.registry import Pace
from bench.stage import Proxy
from bench.streams import StreamLoad, StreamsOutcome

MUST_KILOBYTES, AIM_KILOBYTES = 60.0, 25.0
WARM_STREAMS, WARM_WORDS = 50, 4
PATIENCE_SECONDS = 30.0


def measure(context: Context) -> list[Figure]:
    """The figures. Every repeat has a fresh gateway: memory once taken is seldom given back."""
    kilobytes: list[float] = []
    broken: list[float] = []
    idle: list[float] = []
    remarks: set[str] = set()
    for _ in range(context.plan.repeats):
        with context.stage.gateway(EVERYTHING) as gateway:
            idle.append(gateway.child.memory_bytes() / 1e6)
            outcome, memory = uvloop.run(_run(context, gateway))
        kilobytes.append(memory)
        broken.append(outcome.broken)
        remarks |= set(outcome.troubles)
        if outcome.at_once < context.plan.crowd:
            remarks.add(f"only {outcome.at_once:,} were open at once")
        context.say(f"{context.plan.crowd:,} streams: {outcome.broken} broken, {memory:.1f} kB of memory each")
    count = f"{context.plan.crowd:,} concurrent streams"
    return [
        Figure(
            name=f"{count}, broken ones", unit="streams", value=measured(broken), must=0, remarks=tuple(sorted(remarks))
        ),
        Figure(
            name=f"{count}, memory of each",
            unit="kB",
            value=measured(kilobytes),
            must=MUST_KILOBYTES,
            aim=AIM_KILOBYTES,
            bar=Bar("memory-stream", "one open stream", "gateway"),
        ),
        Figure(
            name="  memory before the first of them",
            unit="MB",
            value=measured(idle),
            bar=Bar("memory-idle", "idle", "gateway"),
        ),
    ]


async def _run(context: Context, gateway: Proxy) -> tuple[StreamsOutcome, float]:
    plan = context.plan
    pace = Pace(round(plan.crowd_rate * plan.crowd_seconds), plan.crowd_rate)
    warming = _load(gateway, WARM_STREAMS, Pace(WARM_WORDS, pace.rate))
    return await hold_open(gateway, warming, _load(gateway, plan.crowd, pace), plan.crowd, pace)


async def hold_open(
    proxy: Proxy, warming: StreamLoad, load: StreamLoad, streams: int, pace: Pace
) -> tuple[StreamsOutcome, float]:
    """Warm the proxy, then hold so many streams open at once: how they ended, and the growth of the proxy's memory in
    kB for each. Raises `BenchError` where already the warming ones broke."""
    patience_seconds = PATIENCE_SECONDS + pace.words / pace.rate
    await warming.open(patience_seconds)
    warm = await warming.finish(patience_seconds)
    if warm.broken:
        raise BenchError(f"{warm.broken} warming streams through {proxy.name} broke: {warm.troubles}")
    before = proxy.child.memory_bytes()
    await load.open(patience_seconds)
    memory = proxy.child.memory_bytes()
    await asyncio.sleep(pace.words / pace.rate / 2)
    memory = max(memory, proxy.child.memory_bytes())
    outcome = await load.finish(patience_seconds)
    return outcome, (memory - before) / streams / 1e3


def _load(gateway: Proxy, streams: int, pace: Pace) -> StreamLoad:
    port, headers = gateway.stream_port, gateway.headers(REQUEST_HEADERS)
    body = request_body(STREAM_MODEL, PROMPT_BYTES["1 KB"], (pace.words, pace.rate))
    return StreamLoad(port, request_bytes(port, body, PATH, headers), streams, pace.words, CALLER)
