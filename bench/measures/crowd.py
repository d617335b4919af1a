"""Thousands of slow streams at once on one core: errors, and memory for each."""

import asyncio

import uvloop

from bench.child import BenchError
from bench.dialogue import PROMPT_BYTES, STREAM_MODEL, request_body, request_bytes
from bench.figure import Figure, measured
from bench.measures.context import Context
from bench.spoken.anthropic import CALLER
from bench.stage import Proxy
from bench.streams import StreamLoad, StreamsOutcome

MUST_KILOBYTES = 100.0
WARM_STREAMS = 50
PATIENCE_SECONDS = 20.0


def measure(context: Context) -> list[Figure]:
    """The figures. Every repeat has a fresh gateway: memory once taken is seldom given back."""
    kilobytes: list[float] = []
    broken: list[float] = []
    remarks: set[str] = set()
    for _ in range(context.plan.repeats):
        with context.stage.gateway() as gateway:
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
        Figure(name=f"{count}, memory of each", unit="kB", value=measured(kilobytes), must=MUST_KILOBYTES),
    ]


async def _run(context: Context, gateway: Proxy) -> tuple[StreamsOutcome, float]:
    plan = context.plan
    words = round(plan.crowd_rate * plan.crowd_seconds)
    warming = _load(gateway, WARM_STREAMS, 4, plan.crowd_rate)
    await warming.open(PATIENCE_SECONDS)
    warm = await warming.finish(PATIENCE_SECONDS)
    if warm.broken:
        raise BenchError(f"{warm.broken} of {WARM_STREAMS} streams broke: {warm.troubles}")
    before = gateway.child.memory_bytes()
    load = _load(gateway, plan.crowd, words, plan.crowd_rate)
    await load.open(PATIENCE_SECONDS)
    memory = gateway.child.memory_bytes()
    await asyncio.sleep(plan.crowd_seconds / 2)
    memory = max(memory, gateway.child.memory_bytes())
    outcome = await load.finish(PATIENCE_SECONDS + plan.crowd_seconds)
    return outcome, (memory - before) / plan.crowd / 1e3


def _load(gateway: Proxy, streams: int, words: int, rate: int) -> StreamLoad:
    port = gateway.stream_port
    body = request_body(STREAM_MODEL, PROMPT_BYTES["1 KB"], (words, rate))
    return StreamLoad(port, request_bytes(port, body), streams, words, CALLER)
