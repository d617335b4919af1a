"""What the gateway adds to the latency of an answer, at half of the load that it can carry."""

import statistics

import msgspec

from bench.child import BenchError
from bench.dialogue import PLAIN_MODEL, PROMPT_BYTES, request_body, request_bytes
from bench.figure import Figure, Measured, measured, percentile
from bench.measures.context import Context
from bench.open_loop import PATIENCE_SECONDS, random_arrivals, send_timetable
from bench.stage import Proxy
from bench.stopwatch import Stopwatch, Use

BOUNDS_MILLISECONDS = {50: 1.0, 99: 5.0}
GENERATOR_RATE_MAX = 6_000.0
"""What the load generator can send by its timetable without being late itself."""
DIRECT = "direct"
LATENESS_ALLOWED_MILLISECONDS = 1.0


class _Run(msgspec.Struct, frozen=True):
    milliseconds: dict[int, float]
    lateness_milliseconds: float
    unanswered: int
    use: Use | None


def measure(context: Context, nginx: Proxy, gateway: Proxy, greatest_rate: float) -> list[Figure]:
    """The figures, for arrivals at half of `greatest_rate` (requests/s)."""
    rate = min(greatest_rate / 2, GENERATOR_RATE_MAX)
    ways = {DIRECT: None, nginx.name: nginx, gateway.name: gateway}
    runs: dict[str, list[_Run]] = {name: [] for name in ways}
    for repeat in range(context.plan.repeats):
        for name, proxy in ways.items():
            # The same timetable for all three.
            run = _run(context, proxy, rate, seed=repeat)
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
    return [_figure(percent, runs, nginx.name, gateway.name, remarks) for percent in BOUNDS_MILLISECONDS]


def _run(context: Context, proxy: Proxy | None, rate: float, seed: int) -> _Run:
    name, port = (proxy.name, proxy.plain_port) if proxy else (DIRECT, context.stage.ports.plain_upstream)
    request = request_bytes(port, request_body(PLAIN_MODEL, PROMPT_BYTES["1 KB"]))
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
    added_by_nginx = statistics.median(_added(runs, nginx, percent).repeats)
    return Figure(
        name=f"added latency at half load, p{percent}",
        unit="ms",
        value=_added(runs, gateway, percent),
        must=BOUNDS_MILLISECONDS[percent],
        remarks=(*remarks, f"nginx adds {added_by_nginx:.2f} ms"),
    )


def _added(runs: dict[str, list[_Run]], name: str, percent: int) -> Measured:
    pairs = zip(runs[name], runs[DIRECT], strict=True)
    return measured([run.milliseconds[percent] - direct.milliseconds[percent] for run, direct in pairs])
