"""CPU time per forwarded event while many paced streams run, against nginx's."""

import asyncio
import statistics

import msgspec
import uvloop

from bench.child import BenchError
from bench.dialogue import PROMPT_BYTES, STREAM_MODEL, request_body, request_bytes
from bench.figure import Figure, measured
from bench.measures.context import Context
from bench.plan import Plan
from bench.stage import Proxy
from bench.stopwatch import Stopwatch, Use
from bench.streams import StreamLoad

MUST = 2.5
AIM = 2.0
MARGIN_SECONDS = 1.0
"""At the end of the streams that is not measured: the first ones end while the last ones still run."""
PATIENCE_SECONDS = 15.0
PACE_TOLERANCE = 0.98


class _Run(msgspec.Struct, frozen=True):
    events: int
    use: Use

    @property
    def per_second(self) -> float:
        """Events that reached the callers."""
        return self.events / self.use.seconds

    @property
    def cpu_microseconds(self) -> float:
        """The proxy's CPU time per forwarded event."""
        return self.use.cpu_seconds / self.events * 1e6


def measure(context: Context, nginx: Proxy, gateway: Proxy) -> list[Figure]:
    """The figures."""
    runs: dict[str, list[_Run]] = {nginx.name: [], gateway.name: []}
    for _ in range(context.plan.repeats):
        for proxy in (nginx, gateway):
            run = uvloop.run(_run(context, proxy))
            runs[proxy.name].append(run)
            context.say(
                f"streams: {proxy.name} {run.per_second:,.0f} events/s, {run.cpu_microseconds:.1f} us of CPU each"
            )
    return _figures(context.plan, runs[nginx.name], runs[gateway.name])


async def _run(context: Context, proxy: Proxy) -> _Run:
    plan = context.plan
    words = round(plan.stream_rate * plan.stream_seconds)
    body = request_body(STREAM_MODEL, PROMPT_BYTES["1 KB"], (words, plan.stream_rate))
    load = StreamLoad(proxy.stream_port, request_bytes(proxy.stream_port, body), plan.streams, words)
    opening_at = asyncio.get_running_loop().time()
    await load.open(PATIENCE_SECONDS)
    opening_seconds = asyncio.get_running_loop().time() - opening_at
    measured_seconds = plan.stream_seconds - opening_seconds - MARGIN_SECONDS
    if measured_seconds < MARGIN_SECONDS:
        raise BenchError(f"{plan.streams} streams through {proxy.name} took {opening_seconds:.1f} s to begin")
    before = load.content
    stopwatch = Stopwatch(proxy.child, context.stage.cores.proxy)
    await asyncio.sleep(measured_seconds)
    use = stopwatch.stop()
    run = _Run(load.content - before, use)
    outcome = await load.finish(PATIENCE_SECONDS)
    if outcome.broken:
        raise BenchError(f"{outcome.broken} of {plan.streams} streams through {proxy.name}: {outcome.troubles}")
    return run


def _figures(plan: Plan, nginx: list[_Run], gateway: list[_Run]) -> list[Figure]:
    remarks = {
        f"{name}: {remark}"
        for name, runs in (("nginx", nginx), ("gateway", gateway))
        for run in runs
        for remark in run.use.remarks
    }
    offered = plan.streams * plan.stream_rate
    slowest = min(run.per_second for run in (*nginx, *gateway))
    if slowest < offered * PACE_TOLERANCE:
        remarks.add(f"only {slowest:,.0f} of {offered:,} events/s came")
    remarks.add(f"gateway used {statistics.median(run.use.share for run in gateway):.0%} of its core")
    ratio = measured(
        [ours.cpu_microseconds / theirs.cpu_microseconds for theirs, ours in zip(nginx, gateway, strict=True)]
    )
    return [
        Figure(
            name=f"CPU per streamed event against nginx ({plan.streams} streams, {plan.stream_rate} events/s each)",
            unit="times nginx",
            value=ratio,
            must=MUST,
            aim=AIM,
            remarks=tuple(sorted(remarks)),
        ),
        *(
            Figure(name=f"  {name} alone", unit="us/event", value=measured([run.cpu_microseconds for run in runs]))
            for name, runs in (("nginx", nginx), ("gateway", gateway))
        ),
    ]
