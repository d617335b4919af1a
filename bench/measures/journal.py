"""What the journal costs: CPU time per exchange, from the record to the disk, with hash chain and signed head."""

import sys

import msgspec

from bench.figure import Figure, measured
from bench.journal_load import JournalCost
from bench.measures.context import Context

MUST_MICROSECONDS = 15.0
RATES = (10_000, 2_000, 1_000)
"""Exchanges per second. Below the greatest, each commit costs about as much for fewer exchanges."""


def measure(context: Context) -> list[Figure]:
    """The figures, one for each rate; each run has a fresh journal."""
    runs: dict[int, list[JournalCost]] = {rate: [] for rate in RATES}
    for _ in range(context.plan.repeats):
        for rate in RATES:
            runs[rate].append(_run(context, rate))
            cost = runs[rate][-1].microseconds
            context.say(f"journal at {rate:,} exchanges/s: {cost:.1f} us of CPU each")
    return [
        Figure(
            name=f"journal, CPU per exchange at {rate:,} exchanges/s",
            unit="us",
            value=measured([run.microseconds for run in several]),
            must=MUST_MICROSECONDS,
        )
        for rate, several in runs.items()
    ]


def _run(context: Context, rate: int) -> JournalCost:
    with context.stage.fresh_folder() as folder:
        words = [sys.executable, "-m", "bench.journal_load", str(folder), str(rate), str(context.plan.journal_seconds)]
        return msgspec.json.decode(context.stage.result_of(words), type=JournalCost)
