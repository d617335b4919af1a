"""All measures by name, in the order of measuring."""

from collections.abc import Callable

import msgspec

from bench.figure import Figure
from bench.measures import (
    cache,
    crossing,
    crowd,
    failover,
    journal,
    latency,
    overload,
    pages,
    paused,
    payloads,
    peers,
    plain,
    rehearsal,
    soak,
    start,
    streaming,
    token,
    workers,
)
from bench.measures.context import Context


class Measure(msgspec.Struct, frozen=True):
    """One of them. `is_headline`: it belongs to those that are told first. `is_asked_for`: only when named."""

    name: str
    measure: Callable[[Context], list[Figure]]
    is_headline: bool = False
    is_asked_for: bool = False


MEASURES = (
    Measure("plain", plain.measure, is_headline=True),
    Measure("streaming", streaming.measure, is_headline=True),
    Measure("latency", latency.measure, is_headline=True),
    Measure("crowd", crowd.measure, is_headline=True),
    Measure("start", start.measure, is_headline=True),
    Measure("peers", peers.measure),
    Measure("payloads", payloads.measure),
    Measure("cache", cache.measure),
    Measure("crossing", crossing.measure),
    Measure("failover", failover.measure),
    Measure("token", token.measure),
    Measure("journal", journal.measure),
    Measure("workers", workers.measure),
    Measure("paused", paused.measure),
    Measure("rehearsal", rehearsal.measure),
    Measure("overload", overload.measure),
    Measure("overload-all", overload.measure_all, is_asked_for=True),
    Measure("pages", pages.measure, is_asked_for=True),
    Measure("pages-all", pages.measure_all, is_asked_for=True),
    Measure("soak", soak.measure, is_asked_for=True),
)
NAMES = tuple(one.name for one in MEASURES)
USUAL = tuple(one.name for one in MEASURES if not one.is_asked_for)
HEADLINES = tuple(one.name for one in MEASURES if one.is_headline)
