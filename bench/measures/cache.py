"""What a cache costs a request that may be answered from it: one that is new each time, and one that is known."""

import statistics

import msgspec

from bench.configuration import EVERYTHING, plain_model_at
from bench.dialogue import PROMPT_BYTES
from bench.figure import Bar, Figure, measured
from bench.measures.context import Context
from bench.measures.plain_run import PlainRun, interleaved, plain_ask
from bench.spoken.anthropic import DIALECT as ANTHROPIC
from bench.wrk import VARIES, Ask

MODEL = plain_model_at(ANTHROPIC)
UNMARKED, NEW, KNOWN = "not repeatable", "repeatable, new each time", "repeatable, known"


def measure(context: Context) -> list[Figure]:
    """The figures: CPU time per request of one gateway, everything on, for three kinds of requests that take turns."""
    with context.stage.gateway(EVERYTHING) as gateway:
        unmarked = plain_ask(gateway, ANTHROPIC, PROMPT_BYTES["1 KB"])
        # Each kind is a contender of its own in the turns, though one gateway serves them all.
        kinds = {UNMARKED: unmarked, NEW: _repeatable(unmarked, VARIES), KNOWN: _repeatable(unmarked, "the same")}
        asked = [(msgspec.structs.replace(gateway, name=name), ask) for name, ask in kinds.items()]
        runs = interleaved(context, "1 KB", asked, context.plan.payload_seconds)
    more = [new.cpu_microseconds - plain.cpu_microseconds for plain, new in zip(runs[UNMARKED], runs[NEW], strict=True)]
    return [
        Figure("cache: a request that may be cached and is new costs more by", "us of CPU", measured(more)),
        *(_cost(name, runs[name]) for name in kinds),
    ]


def _cost(name: str, runs: list[PlainRun]) -> Figure:
    rate = statistics.median(run.per_second for run in runs)
    return Figure(
        name=f"  {name}",
        unit="us of CPU",
        value=measured([run.cpu_microseconds for run in runs]),
        remarks=(f"{rate:,.0f} requests/s by the clock",),
        bar=Bar("cache", "1 KB prompt", name),
    )


def _repeatable(ask: Ask, text: str) -> Ask:
    """The same request with sampling off, and a system prompt of its own."""
    fields = msgspec.json.decode(ask.body, type=dict[str, msgspec.Raw])
    marked = {"system": msgspec.Raw(msgspec.json.encode(text)), "temperature": msgspec.Raw(b"0")}
    return msgspec.structs.replace(ask, body=msgspec.json.encode(fields | marked))
