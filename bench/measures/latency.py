"""What the gateway adds to the latency of an answer, at half of the load that it can carry."""

import statistics

import msgspec

from bench.child import BenchError
from bench.configuration import EVERYTHING
from bench.dialogue import PROMPT_BYTES, request_bytes
from bench.figure import Bar, Figure, Measured, measured, percentile
from bench.measures.context import Context
from bench.measures.plain_run import plain_ask
from bench.open_loop import PATIENCE_SECONDS, random_arrivals, send_timetable
from bench.spoken.anthropic import DIALECT as ANTHROPIC
from bench.stage import Proxy
from bench.stopwatch import Stopwatch, Use
from bench.wrk import Wrk

BOUNDS_MILLISECONDS = {50: (1.0, 0.5), 99: (5.0, 2.0)}
"""Must and aim, by percentile."""
GENERATOR_RATE_MAX = 6_000.0
"""What the load generator can send by its timetable without being late itself."""
DIRECT = "direct"
PROMPT = "1 KB"
GREATEST_SECONDS = 3.0
LATENESS_ALLOWED_MILLISECONDS = 1.0


class _Run(msgspec.Struct, frozen=True):
    milliseconds: dict[int, float]
    lateness_milliseconds: float
    unanswered: int
    use: Use | None


def measure(context: Context) -> list[Figure]:
    """The figures, with everything on, for arrivals at half of the rate that the gateway can carry."""
    with context.stage.nginx() as nginx, context.stage.gateway(EVERYTHING) as gateway:
        return _measure(context, nginx, gateway, _greatest_rate(context, gateway))


def _greatest_rate(context: Context, gateway: Proxy) -> float:
    """Requests per second by the clock, asked as fast as they are answered."""
    ask = plain_ask(gateway, ANTHROPIC, PROMPT_BYTES[PROMPT])
    wrk = Wrk(context.folder, "latency", context.stage.cores.load, ask, connections=context.plan.connections)
    wrk.run(gateway.plain_port, context.plan.warm_seconds)
    outcome = wrk.run(gateway.plain_port, GREATEST_SECONDS)
    if outcome.errors:
        raise BenchError(f"{outcome.errors} of {outcome.requests} plain requests through {gateway.name} failed")
    return outcome.requests / outcome.seconds


def _measure(context: Context, nginx: Proxy, gateway: Proxy, greatest_rate: float) -> list[Figure]:
    rate = min(greatest_rate / 2, GENERATOR_RATE_MAX)
    ways = {DIRECT: None, nginx.name: nginx, gateway.name: gateway}
    runs: dict[str, list[_Run]] = {name: [] for name in ways}
    for repeat in range(context.plan.repeats):
        for name, proxy in ways.items():
            # The same timetable for all three.
            run = _run(context, proxy, gateway, rate, seed=repeat)
            runs[name].append(run)
            shown = ", ".join(f"p{percent} {value:.2f} ms" for percent, value in run.milliseconds.items())
            used = f", {run.use.share:.0%} of its core" if run.use else ""
            context.say(f"latency at {rate:,.0f}/s: {name} {shown}{used}")
    late = max(run.lateness_milliseconds for several in runs.values() for run in several)
    remarks = [f"{rate:,.0f} arrivals/s"]
    remarks += sorted(
        {
            f"{name}: {remark}"
            for name, several in runs.items()
            for run in several
            if run.use
            for remark in run.use.remarks
        }
    )
    if late > LATENESS_ALLOWED_MILLISECONDS:
        remarks.append(f"the generator was up to {late:.1f} ms late (p99)")
    unanswered = {name: sum(run.unanswered for run in several) for name, several in runs.items()}
    remarks += [f"{name}: {count} requests got no answer" for name, count in unanswered.items() if count]
    if rate == GENERATOR_RATE_MAX:
        remarks.append("less than half load: the generator's limit")
    judged = [_figure(percent, runs, nginx.name, gateway.name, remarks) for percent in BOUNDS_MILLISECONDS]
    return judged + [_shown(percent, name, runs[name]) for percent in BOUNDS_MILLISECONDS for name in ways]


def _shown(percent: int, name: str, runs: list[_Run]) -> Figure:
    value = measured([run.milliseconds[percent] for run in runs])
    return Figure(name=f"  {name}, p{percent}", unit="ms", value=value, bar=Bar("latency", f"p{percent}", name))


def _run(context: Context, proxy: Proxy | None, asked_like: Proxy, rate: float, seed: int) -> _Run:
    """One way, asked in the same words as the gateway is: its token stands in each request."""
    name, port = (proxy.name, proxy.plain_port) if proxy else (DIRECT, context.stage.ports.plain_upstream)
    ask = plain_ask(asked_like, ANTHROPIC, PROMPT_BYTES[PROMPT])
    request = request_bytes(port, ask.body, ask.path, ask.headers)
    send_timetable(port, random_arrivals(rate, context.plan.warm_seconds, request, seed + 1_000))
    stopwatch = Stopwatch(proxy.child, context.stage.cores.proxy) if proxy else None
    outcome = send_timetable(port, random_arrivals(rate, context.plan.latency_seconds, request, seed))
    use = stopwatch.stop() if stopwatch else None
    bad = [sample for sample in outcome.samples if sample.status != 200]  # noqa: PLR2004 - HTTP's word for success
    if bad:
        raise BenchError(f"{name}: {len(bad)} answers without success, the first with status {bad[0].status}")
    latencies = [sample.latency_seconds * 1e3 for sample in outcome.samples]
    # Who got no answer waited longest of all: leaving these out would reward the worst overload.
    latencies += [PATIENCE_SECONDS * 1e3] * outcome.unanswered
    late = percentile([sample.lateness_seconds * 1e3 for sample in outcome.samples], 99)
    milliseconds = {percent: percentile(latencies, percent) for percent in BOUNDS_MILLISECONDS}
    return _Run(milliseconds, late, outcome.unanswered, use)


def _figure(percent: int, runs: dict[str, list[_Run]], nginx: str, gateway: str, remarks: list[str]) -> Figure:
    must, aim = BOUNDS_MILLISECONDS[percent]
    added_by_nginx = statistics.median(_added(runs, nginx, percent).repeats)
    return Figure(
        name=f"added latency at half load, everything on, p{percent}",
        unit="ms",
        value=_added(runs, gateway, percent),
        must=must,
        aim=aim,
        remarks=(*remarks, f"nginx adds {added_by_nginx:.2f} ms"),
    )


def _added(runs: dict[str, list[_Run]], name: str, percent: int) -> Measured:
    pairs = zip(runs[name], runs[DIRECT], strict=True)
    return measured([run.milliseconds[percent] - direct.milliseconds[percent] for run, direct in pairs])
