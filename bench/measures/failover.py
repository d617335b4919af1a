"""What a failover costs: the time of an answer that needed one, minus the standby's own time."""

import statistics

from bench.child import BenchError
from bench.configuration import MODEL_OF_DOWN, MODEL_OF_REFUSED, Extras
from bench.dialogue import PLAIN_MODEL, PROMPT_BYTES, request_body, request_bytes
from bench.figure import Figure, measured, percentile
from bench.measures.context import Context
from bench.open_loop import Arrival, Sample, send_timetable

MUST_MILLISECONDS = 20.0
ALONE = "standby alone"
KINDS = {MODEL_OF_DOWN: "the first choice answers 503", MODEL_OF_REFUSED: "the first choice refuses to connect"}


def measure(context: Context) -> list[Figure]:
    """The figures. Every repeat has a fresh gateway, and in it every failover a model of its own."""
    added: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for _ in range(context.plan.repeats):
        for kind, milliseconds in _run(context).items():
            added[kind].append(milliseconds)
            context.say(f"failover, {KINDS[kind]}: p99 {milliseconds:.2f} ms more than the standby's median")
    return [
        Figure(
            name=f"failover when {words}, p99 over the standby's own time",
            unit="ms",
            value=measured(added[kind]),
            must=MUST_MILLISECONDS,
        )
        for kind, words in KINDS.items()
    ]


def _run(context: Context) -> dict[str, float]:
    plan = context.plan
    with context.stage.gateway(Extras(failovers=plan.failovers)) as gateway:
        port = gateway.plain_port
        warm = request_bytes(port, request_body(PLAIN_MODEL, PROMPT_BYTES["1 KB"]))
        send_timetable(port, [Arrival(number / plan.failover_rate, warm) for number in range(plan.failover_rate)])
        outcome = send_timetable(port, _timetable(port, plan.failovers, plan.failover_rate))
    if outcome.unanswered:
        raise BenchError(f"{outcome.unanswered} requests without answer during failovers")
    sorted_samples: dict[str, list[Sample]] = {label: [] for label in (ALONE, *KINDS)}
    for sample in outcome.samples:
        _check(sample)
        sorted_samples[sample.label].append(sample)
    own = statistics.median(sample.latency_seconds for sample in sorted_samples[ALONE])
    return {
        kind: (percentile([sample.latency_seconds for sample in sorted_samples[kind]], 99) - own) * 1e3
        for kind in KINDS
    }


def _timetable(port: int, failovers: int, rate: int) -> list[Arrival]:
    """One after the other at an even pace: standby alone, 503, refused, and again."""
    arrivals: list[Arrival] = []
    for number in range(failovers):
        models = {ALONE: PLAIN_MODEL} | {kind: f"{kind}-{number}" for kind in KINDS}
        for label, model in models.items():
            request = request_bytes(port, request_body(model, PROMPT_BYTES["1 KB"]))
            arrivals.append(Arrival(len(arrivals) / rate, request, label))
    return arrivals


def _check(sample: Sample) -> None:
    """Raise `BenchError` unless the sample shows what it should: success, after one attempt or after two."""
    expected = 1 if sample.label == ALONE else 2
    if sample.status != 200 or sample.attempts != expected:  # noqa: PLR2004 - HTTP's word for success
        raise BenchError(f"{sample.label}: status {sample.status} after {sample.attempts} attempts")
