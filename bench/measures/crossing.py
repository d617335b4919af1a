"""CPU time per translated event, against the gateway's own where caller and upstream speak the same dialect.

The load is that of `streaming`, without nginx. For each of the caller's dialects one fresh gateway serves all of its
upstreams in turn; the same-dialect one stands in the middle of the others, so that each ratio is one of neighbours.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec
import uvloop

from bench.configuration import Extras, model_at
from bench.dialogue import request_bytes
from bench.figure import Figure, measured
from bench.measures.context import Context
from bench.measures.stream_run import LateStartError, Offered, StreamRun, pace_remarks, run_streams
from bench.spoken.registry import CALLERS, VOICES, Pace
from bench.stage import Proxy

MUST = 1.6
TRIES = 3
"""A run whose streams begin too late has measured nothing, and all runs together take minutes."""


class Pair(msgspec.Struct, frozen=True):
    """Who asks in which dialect, and in which one it is answered."""

    caller: str
    upstream: str

    @property
    def is_crossing(self) -> bool:
        """Whether anything is translated."""
        return self.caller != self.upstream

    def __str__(self) -> str:
        return f"{self.caller} from {self.upstream}"


FEW = (
    Pair("anthropic", "openai-chat"),
    Pair("openai-chat", "anthropic"),
    Pair("openai-responses", "anthropic"),
)
EVERY = tuple(Pair(caller, upstream) for caller in CALLERS for upstream in VOICES if caller != upstream)

Runs = Mapping[Pair, Sequence[StreamRun]]


def measure(context: Context) -> list[Figure]:
    """The figures."""
    plan = context.plan
    pace = Pace(round(plan.stream_rate * plan.crossing_seconds), plan.stream_rate)
    turns = turns_of(EVERY if plan.every_crossing else FEW)
    runs: dict[Pair, list[StreamRun]] = {pair: [] for turn in turns for pair in turn}
    for _ in range(plan.repeats):
        for turn in turns:
            with context.stage.gateway(Extras(pace=pace)) as gateway:
                for pair in turn:
                    run = _run(context, gateway, pair, Offered(plan.streams, pace))
                    runs[pair].append(run)
                    context.say(f"crossing: {pair}, {run.cpu_microseconds:.1f} us of CPU for each event")
    return figures(runs, plan.streams * plan.stream_rate)


def turns_of(pairs: Sequence[Pair]) -> list[list[Pair]]:
    """For each caller's dialect its pairs in the order of measuring, with the same-dialect one in their middle."""
    turns: list[list[Pair]] = []
    for caller in dict.fromkeys(pair.caller for pair in pairs):
        turn = [pair for pair in pairs if pair.caller == caller]
        turn.insert(len(turn) // 2, Pair(caller, caller))
        turns.append(turn)
    return turns


def figures(runs: Runs, offered_per_second: float) -> list[Figure]:
    """The worst pair by its median, then each pair, then what the same-dialect paths cost."""
    ratios = {
        pair: measured(
            [
                ours.cpu_microseconds / plain.cpu_microseconds
                for ours, plain in zip(runs[pair], runs[Pair(pair.caller, pair.caller)], strict=True)
            ]
        )
        for pair in runs
        if pair.is_crossing
    }
    worst = max(ratios, key=lambda pair: ratios[pair].median)
    every = [run for some in runs.values() for run in some]
    found = Counter(remark for run in every for remark in run.use.remarks)
    remarks = {f"{remark} in {count} of {len(every)} runs" for remark, count in found.items()}
    remarks |= pace_remarks(every, offered_per_second)
    return [
        Figure(
            name=f"CPU per translated event against the same dialect, worst of {len(ratios)} pairs",
            unit="times same dialect",
            value=ratios[worst],
            must=MUST,
            remarks=(f"the worst pair is {worst}", *sorted(remarks)),
        ),
        *(Figure(name=f"  {pair}", unit="times same dialect", value=ratio) for pair, ratio in ratios.items()),
        *(
            Figure(
                name=f"  {pair.caller} alone", unit="us/event", value=measured([run.cpu_microseconds for run in some])
            )
            for pair, some in runs.items()
            if not pair.is_crossing
        ),
    ]


def _run(context: Context, gateway: Proxy, pair: Pair, offered: Offered) -> StreamRun:
    caller = CALLERS[pair.caller]
    body = caller.body(model_at(pair.upstream))
    request = request_bytes(gateway.stream_port, body, caller.path, caller.headers)
    for _ in range(TRIES - 1):
        try:
            return uvloop.run(run_streams(context, gateway, request, caller, offered))
        except LateStartError as error:
            context.say(f"crossing: {pair} once more, for {error}")
    return uvloop.run(run_streams(context, gateway, request, caller, offered))
