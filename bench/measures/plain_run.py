"""Plain requests as fast as a proxy answers them: what they cost it, and how many its core could carry.

What is compared is the rate per second of the proxy's own CPU time. Where a proxy has its core to itself and fills it,
that is its rate by the clock; where the upstream is too slow for nginx, or others use the core, it still tells what the
core could have carried, while the clock would flatter the slower one. The ratio by the clock is in the remarks.
"""

import statistics
from collections.abc import Mapping, Sequence

import msgspec

from bench.child import BenchError
from bench.configuration import plain_model_at
from bench.figure import Bar, Figure, measured
from bench.measures.context import Context
from bench.spoken.plain import PLAIN
from bench.stage import Proxy
from bench.stopwatch import Stopwatch, Use
from bench.wrk import Ask, Wrk


class PlainRun(msgspec.Struct, frozen=True):
    """How many requests were answered by the clock, and what the proxy used meanwhile."""

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


Runs = Mapping[str, Sequence[PlainRun]]


def plain_ask(proxy: Proxy, dialect: str, prompt_bytes: int, model: str = "") -> Ask:
    """A plain request in this dialect, as an SDK sends it; the model is the one that answers in the same dialect,
    unless another is named."""
    plain = PLAIN[dialect]
    return Ask(plain.path, proxy.headers(plain.headers), plain.body(model or plain_model_at(dialect), prompt_bytes))


def interleaved(
    context: Context, what: str, asked: Sequence[tuple[Proxy, Ask]], seconds: float
) -> dict[str, list[PlainRun]]:
    """Send each proxy its request for so long, in turns, as often as the plan says. Raises `BenchError` where a request
    fails."""
    plan, core = context.plan, context.stage.cores.load
    loads = [
        (proxy, Wrk(context.folder, f"plain-{proxy.name}", core, ask, connections=plan.connections))
        for proxy, ask in asked
    ]
    runs: dict[str, list[PlainRun]] = {proxy.name: [] for proxy, _ in loads}
    for _ in range(plan.repeats):
        for proxy, wrk in loads:
            run = _run(context, wrk, proxy, seconds)
            runs[proxy.name].append(run)
            context.say(
                f"plain, {what}: {proxy.name} {run.per_second:,.0f}/s, {run.use.share:.0%} of its core, "
                f"{run.cpu_microseconds:.1f} us of CPU each"
            )
    return runs


def ratio(name: str, runs: Runs, ours: str, theirs: str, bounds: tuple[float, float] | None) -> Figure:
    """So many times the requests per core of another; `bounds` are must and aim."""
    pairs = list(zip(runs[ours], runs[theirs], strict=True))
    remarks = {f"{one}: {remark}" for one in (theirs, ours) for run in runs[one] for remark in _remarks(run)}
    by_clock = statistics.median(mine.per_second / other.per_second for mine, other in pairs)
    must, aim = bounds or (None, None)
    return Figure(
        name=name,
        unit=f"of {theirs}" if must is None or must < 1 else f"times {theirs}",
        value=measured([mine.per_core / other.per_core for mine, other in pairs]),
        must=must,
        aim=aim,
        higher_is_better=True,
        remarks=(*sorted(remarks), f"by the clock {by_clock:.3g}"),
    )


def costs(runs: Runs, plot: str, group: str) -> list[Figure]:
    """CPU time per request of each proxy."""
    return [
        Figure(
            name=f"  {name} alone",
            unit="us of CPU",
            value=measured([run.cpu_microseconds for run in several]),
            bar=Bar(plot, group, name),
        )
        for name, several in runs.items()
    ]


def rates(runs: Runs, plot: str, group: str) -> list[Figure]:
    """Requests per second that one core of each proxy can carry."""
    return [
        Figure(
            name=f"  {name} alone",
            unit="requests/s per core",
            value=measured([run.per_core for run in several]),
            bar=Bar(plot, group, name),
        )
        for name, several in runs.items()
    ]


def _remarks(run: PlainRun) -> tuple[str, ...]:
    return run.use.remarks_when_saturated


def _run(context: Context, wrk: Wrk, proxy: Proxy, seconds: float) -> PlainRun:
    wrk.run(proxy.plain_port, context.plan.warm_seconds)
    stopwatch = Stopwatch(proxy.child, context.stage.cores.proxy)
    outcome = wrk.run(proxy.plain_port, seconds)
    use = stopwatch.stop()
    if outcome.errors or not outcome.requests:
        raise BenchError(f"{outcome.errors} of {outcome.requests} plain requests through {proxy.name} failed")
    return PlainRun(outcome.requests / outcome.seconds, use)
