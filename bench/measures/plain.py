"""Plain requests per second on one core, as a share of nginx's.

What is compared is the rate per second of the proxy's own CPU time. Where a proxy has its core to itself and fills it,
that is its rate by the clock; where the upstream is too slow for nginx, or others use the core, it still tells what the
core could have carried, while the clock would flatter the gateway. The ratio by the clock is in the remarks.
"""

import statistics

import msgspec

from bench.child import BenchError
from bench.dialogue import PLAIN_MODEL, PROMPT_BYTES, request_body
from bench.figure import Figure, measured
from bench.measures.context import Context
from bench.stage import Proxy
from bench.stopwatch import Stopwatch, Use
from bench.wrk import Wrk

MUST = 0.20
AIM = 0.30


class _Run(msgspec.Struct, frozen=True):
    per_second: float
    use: Use

    @property
    def cpu_microseconds(self) -> float:
        """The proxy's CPU time per request."""
        return self.use.share / self.per_second * 1e6

    @property
    def per_core(self) -> float:
        """Requests per second of the proxy's CPU time."""
        return self.per_second / self.use.share


def measure(context: Context, nginx: Proxy, gateway: Proxy) -> tuple[list[Figure], float]:
    """The figures, and the gateway's greatest rate with small prompts (requests/s)."""
    figures: list[Figure] = []
    greatest = 0.0
    for size, prompt_bytes in PROMPT_BYTES.items():
        runs = _interleaved(context, size, prompt_bytes, (nginx, gateway))
        figures += _figures(size, runs[nginx.name], runs[gateway.name])
        rate = statistics.median(run.per_second for run in runs[gateway.name])
        greatest = max(greatest, rate)
    return figures, greatest


def _interleaved(context: Context, size: str, prompt_bytes: int, proxies: tuple[Proxy, ...]) -> dict[str, list[_Run]]:
    plan, core = context.plan, context.stage.cores.load
    body = request_body(PLAIN_MODEL, prompt_bytes)
    wrk = Wrk(context.folder, f"plain-{prompt_bytes}", core, body, connections=plan.connections)
    runs: dict[str, list[_Run]] = {proxy.name: [] for proxy in proxies}
    for _ in range(plan.repeats):
        for proxy in proxies:
            run = _run(context, wrk, proxy)
            runs[proxy.name].append(run)
            context.say(
                f"plain {size}: {proxy.name} {run.per_second:,.0f}/s, {run.use.share:.0%} of its core, "
                f"{run.cpu_microseconds:.1f} us of CPU each"
            )
    return runs


def _run(context: Context, wrk: Wrk, proxy: Proxy) -> _Run:
    wrk.run(proxy.plain_port, context.plan.warm_seconds)
    stopwatch = Stopwatch(proxy.child, context.stage.cores.proxy)
    outcome = wrk.run(proxy.plain_port, context.plan.plain_seconds)
    use = stopwatch.stop()
    if outcome.errors:
        raise BenchError(f"{outcome.errors} of {outcome.requests} plain requests through {proxy.name} failed")
    return _Run(outcome.requests / outcome.seconds, use)


def _figures(size: str, nginx: list[_Run], gateway: list[_Run]) -> list[Figure]:
    pairs = list(zip(nginx, gateway, strict=True))
    remarks = {f"nginx: {remark}" for run in nginx for remark in run.use.remarks_when_saturated}
    remarks |= {f"gateway: {remark}" for run in gateway for remark in run.use.remarks_when_saturated}
    by_clock = statistics.median(ours.per_second / theirs.per_second for theirs, ours in pairs)
    remarks.add(f"by the clock {by_clock:.3f}")
    ratio = measured([ours.per_core / theirs.per_core for theirs, ours in pairs])
    return [
        Figure(
            name=f"plain requests per core against nginx, {size} prompt",
            unit="of nginx",
            value=ratio,
            must=MUST,
            aim=AIM,
            higher_is_better=True,
            remarks=tuple(sorted(remarks)),
        ),
        *(
            Figure(name=f"  {name} alone", unit="us of CPU", value=measured([run.cpu_microseconds for run in runs]))
            for name, runs in (("nginx", nginx), ("gateway", gateway))
        ),
    ]
