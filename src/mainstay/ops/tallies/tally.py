"""What is added up of the records of one span of time."""

from bisect import bisect_right
from typing import Final

import msgspec


class AttemptTally(msgspec.Struct, omit_defaults=True):
    """Attempts at one upstream's model: each was served, or failed by the provider's blame, or says nothing of it."""

    attempts: int = 0
    served: int = 0
    blamed: int = 0
    """Failed by the provider's blame; also those whose text had reached the caller before."""
    no_sample: int = 0
    """Ended for reasons that say nothing of the provider: callers left, other attempts were faster."""
    faults: dict[str, int] = {}
    """By kind, whoever's blame; kinds that this version does not know under `OTHERS`."""
    first_content: dict[int, int] = {}
    """Histogram of the time to first content of those that had any; see `bucket_of`."""
    output_tokens: int = 0
    input_tokens: int = 0
    generated_tokens: int = 0
    generation_seconds: float = 0.0
    """Output tokens, and the time from first content to the end, of those that were served piece by piece. One by the
    other gives the throughput; answers that came all at once would falsify it."""
    cost_nanodollars: int = 0


class ExchangeTally(msgspec.Struct, omit_defaults=True):
    """What callers asked for and got, of one model and workload."""

    exchanges: int = 0
    answered: int = 0
    failed: int = 0
    refused: int = 0
    """Callers' own mistakes, allowances used up."""
    left: int = 0
    shed: int = 0
    """Of the failed: turned away because there was too much to do."""
    rescued: int = 0
    """Of the answered: those that met a fault or were served by another than the first choice."""
    recovered: int = 0
    """Of the answered: streams that were continued after commit."""
    cached: int = 0
    """Of the answered: given from the cache."""
    queued_seconds: float = 0.0
    first_content: dict[int, int] = {}
    total: dict[int, int] = {}
    """Histograms of the answered: the time to first content, and to the end."""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_nanodollars: int = 0


class TenantTally(msgspec.Struct, omit_defaults=True):
    """What one tenant asked for, got and paid."""

    exchanges: int = 0
    failed: int = 0
    rescued: int = 0
    cost_nanodollars: int = 0


class SpanTallies(msgspec.Struct, omit_defaults=True):
    """All tallies of one span. Keys: `UPSTREAM/MODEL` (the upstream's own name), `MODEL WORKLOAD` (the logical name; a
    model's name holds no space), tenants. Of each the `KEYS_MAX` first in the order of their names are told apart; the
    rest is added up under `OTHERS`, so that the order of adding makes no difference. A request that was refused before
    anybody was tried counts for no model: its model may be whatever a caller made up."""

    attempts: dict[str, AttemptTally] = {}
    exchanges: dict[str, ExchangeTally] = {}
    tenants: dict[str, TenantTally] = {}


class TalliedSpan(msgspec.Struct, frozen=True):
    """What was added up of records between `start` and `start + seconds` (seconds since 1970)."""

    start: int
    seconds: int
    tallies: SpanTallies


KEYS_MAX: Final = 500
OTHERS: Final = "(others)"
CHARACTERS_MAX: Final = 200
"""Longest key; a longer one is cut."""

_FIRST_BUCKET_SECONDS: Final = 0.01
_STEPS_PER_DOUBLING: Final = 4
_BUCKETS: Final = 96
_LIMITS: Final = tuple(_FIRST_BUCKET_SECONDS * 2 ** (step / _STEPS_PER_DOUBLING) for step in range(_BUCKETS))
"""The upper ends of all buckets but the last one, which holds what is longer than a day."""


def bucket_of(seconds: float) -> int:
    """The histogram's bucket of a duration: four for each doubling from 10 ms on, 0 for all that is shorter."""
    return bisect_right(_LIMITS, seconds)


def seconds_of(bucket: int) -> float:
    """The upper end of a bucket."""
    return _LIMITS[min(max(bucket, 0), _BUCKETS - 1)]
