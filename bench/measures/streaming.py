"""CPU time per forwarded event while many paced streams run, against nginx's."""

import statistics

import uvloop

from bench.dialogue import PROMPT_BYTES, STREAM_MODEL, request_body, request_bytes
from bench.figure import Figure, measured
from bench.measures.context import Context
from bench.measures.stream_run import StreamRun, pace_remarks, run_streams
from bench.plan import Plan
from bench.spoken.anthropic import CALLER
from bench.spoken.registry import Pace
from bench.stage import Proxy

MUST = 2.5
AIM = 2.0


def measure(context: Context, nginx: Proxy, gateway: Proxy) -> list[Figure]:
    """The figures."""
    plan = context.plan
    pace = Pace(round(plan.stream_rate * plan.stream_seconds), plan.stream_rate)
    body = request_body(STREAM_MODEL, PROMPT_BYTES["1 KB"], (pace.words, pace.rate))
    runs: dict[str, list[StreamRun]] = {nginx.name: [], gateway.name: []}
    for _ in range(plan.repeats):
        for proxy in (nginx, gateway):
            request = request_bytes(proxy.stream_port, body)
            run = uvloop.run(run_streams(context, proxy, request, CALLER, pace))
            runs[proxy.name].append(run)
            context.say(
                f"streams: {proxy.name} {run.per_second:,.0f} events/s, {run.cpu_microseconds:.1f} us of CPU each"
            )
    return _figures(plan, runs[nginx.name], runs[gateway.name])


def _figures(plan: Plan, nginx: list[StreamRun], gateway: list[StreamRun]) -> list[Figure]:
    remarks = {
        f"{name}: {remark}"
        for name, runs in (("nginx", nginx), ("gateway", gateway))
        for run in runs
        for remark in run.use.remarks
    }
    remarks |= pace_remarks([*nginx, *gateway], plan.streams * plan.stream_rate)
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
