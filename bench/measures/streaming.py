"""CPU time per forwarded event while many paced streams run, with everything switched on, against nginx's."""

import statistics
from collections.abc import Mapping, Sequence

import msgspec
import uvloop

from bench.configuration import EVERYTHING, Extras, model_at
from bench.dialogue import request_bytes
from bench.figure import Bar, Figure, measured
from bench.measures.context import BARE, Context
from bench.measures.stream_run import Offered, StreamRun, pace_remarks, run_streams
from bench.spoken.anthropic import DIALECT as ANTHROPIC
from bench.spoken.openai_chat import DIALECT as CHAT
from bench.spoken.registry import CALLERS, VOICES, Pace, base_path
from bench.stage import Proxy

MUST, AIM = 2.2, 1.7
PLOT = "streams"

Runs = Mapping[str, Sequence[StreamRun]]


def measure(context: Context) -> list[Figure]:
    """The figures: Anthropic's dialect is judged; Chat Completions, and a gateway with nothing bound, are beside it."""
    plan = context.plan
    pace = Pace(round(plan.stream_rate * plan.stream_seconds), plan.stream_rate)
    offered = Offered(plan.streams, pace)
    everything = msgspec.structs.replace(EVERYTHING, pace=pace)
    with (
        context.stage.nginx() as nginx,
        context.stage.gateway(everything) as gateway,
        context.stage.gateway(Extras(pace=pace)) as unbound,
    ):
        bare = msgspec.structs.replace(unbound, name=BARE)
        runs = _interleaved(context, ANTHROPIC, (nginx, gateway, bare), offered)
        chat = _interleaved(context, CHAT, (nginx, gateway), offered)
    many = f"{plan.streams} streams, {plan.stream_rate} events/s each"
    return [
        _ratio(f"CPU per streamed event against nginx, everything on ({many})", runs, offered, (MUST, AIM)),
        *_costs(runs, ANTHROPIC),
        _ratio(f"  the same in {CHAT}", chat, offered, None),
        *_costs(chat, CHAT),
    ]


def stream_request(proxy: Proxy, dialect: str, pace: Pace) -> bytes:
    """A streaming request; nginx is told the pace by the path, for it knows no models."""
    caller, port = CALLERS[dialect], proxy.stream_port
    path = f"{base_path(dialect, pace)}{VOICES[dialect].suffix}" if proxy.name == "nginx" else caller.path
    return request_bytes(port, caller.body(model_at(dialect)), path, proxy.headers(caller.headers))


def _interleaved(
    context: Context, dialect: str, proxies: Sequence[Proxy], offered: Offered
) -> dict[str, list[StreamRun]]:
    runs: dict[str, list[StreamRun]] = {proxy.name: [] for proxy in proxies}
    for _ in range(context.plan.repeats):
        for proxy in proxies:
            request = stream_request(proxy, dialect, offered.pace)
            run = uvloop.run(run_streams(context, proxy, request, CALLERS[dialect], offered))
            runs[proxy.name].append(run)
            context.say(
                f"streams, {dialect}: {proxy.name} {run.per_second:,.0f} events/s, {run.cpu_microseconds:.1f} us each"
            )
    return runs


def _ratio(name: str, runs: Runs, offered: Offered, bounds: tuple[float, float] | None) -> Figure:
    nginx, gateway = runs["nginx"], runs["gateway"]
    remarks = {f"{one}: {remark}" for one in ("nginx", "gateway") for run in runs[one] for remark in run.use.remarks}
    remarks |= pace_remarks([*nginx, *gateway], offered.per_second)
    remarks.add(f"gateway used {statistics.median(run.use.share for run in gateway):.0%} of its core")
    must, aim = bounds or (None, None)
    return Figure(
        name=name,
        unit="times nginx",
        value=measured(
            [ours.cpu_microseconds / theirs.cpu_microseconds for theirs, ours in zip(nginx, gateway, strict=True)]
        ),
        must=must,
        aim=aim,
        remarks=tuple(sorted(remarks)),
    )


def _costs(runs: Runs, dialect: str) -> list[Figure]:
    return [
        Figure(
            name=f"  {name} alone",
            unit="us/event",
            value=measured([run.cpu_microseconds for run in several]),
            bar=Bar(PLOT, dialect, name),
        )
        for name, several in runs.items()
    ]
