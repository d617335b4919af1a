"""What an incident meant for callers, and what the gateway kept from them, from what was added up of exchanges."""

from collections.abc import Iterable, Sequence

import msgspec

from mainstay.model.records import ProbeRecord, TroubleRecord
from mainstay.ops.report.report import Absorbed, ImpactFigures, Point
from mainstay.ops.report.sources import ReportSources
from mainstay.ops.status.traffic import TalliedSpan
from mainstay.ops.tallies.tally import OTHERS, ExchangeTally

ANSWERS_MIN = 10
"""Of fewer answers no usual price is made."""


class _Sum(msgspec.Struct):
    asked: int = 0
    answered: int = 0
    failed: int = 0
    shed: int = 0
    refused: int = 0
    left: int = 0
    rescued: int = 0
    recovered: int = 0
    cached: int = 0
    cost_nanodollars: int = 0


def during(sources: ReportSources) -> tuple[TalliedSpan, ...]:
    """Spans that the incident touches."""
    start, end = sources.started_at, max(sources.ended_at, sources.started_at + 1)
    return tuple(span for span in sources.spans if span.start < end and span.start + span.seconds > start)


def before(sources: ReportSources) -> tuple[TalliedSpan, ...]:
    """Spans that were over when it began."""
    return tuple(span for span in sources.spans if span.start + span.seconds <= sources.started_at)


def figures(sources: ReportSources) -> ImpactFigures:
    """What callers felt."""
    spans = during(sources)
    total, usual = added(spans, sources.models), added(before(sources), sources.models)
    tenants = {name: tally for span in spans for name, tally in span.tallies.tenants.items()}
    hurt = {name for span in spans for name, tally in span.tallies.tenants.items() if tally.failed}
    probes = (one.cost_nanodollars or 0 for one in sources.records if isinstance(one, ProbeRecord))
    return ImpactFigures(
        seconds=sources.ended_at - sources.started_at,
        down_seconds=sum(_down_seconds(span, sources) for span in spans),
        span_seconds=max((span.seconds for span in spans), default=0),
        asked=total.asked,
        failed=total.failed,
        shed=total.shed,
        refused=total.refused,
        left=total.left,
        tenants=len(tenants.keys() - {OTHERS}),
        tenants_hurt=len(hurt - {OTHERS}),
        are_more_tenants=OTHERS in tenants,
        usual_failed_share=usual.failed / usual.asked if usual.asked else None,
        cost_nanodollars=total.cost_nanodollars if total.asked else None,
        extra_nanodollars=_extra(total, usual),
        probes_nanodollars=sum(probes),
        reports=sum(isinstance(one, TroubleRecord) and one.counted for one in sources.records),
    )


def absorbed(sources: ReportSources) -> Absorbed:
    """What the gateway kept from callers."""
    total = added(during(sources), sources.models)
    met = total.rescued + total.failed
    return Absorbed(total.rescued, total.recovered, total.cached, total.rescued / met if met else None)


def points(sources: ReportSources) -> tuple[Point, ...]:
    """All spans that were read, for plots."""
    found = []
    for span in sorted(sources.spans, key=lambda one: one.start):
        total = added((span,), sources.models)
        found.append(Point(span.start, span.seconds, total.asked, total.failed, total.rescued))
    return tuple(found)


def added(spans: Iterable[TalliedSpan], models: frozenset[str]) -> _Sum:
    """All of these models (all where none is named) together."""
    total = _Sum()
    for span in spans:
        for tally in _of_models(span, models):
            total.asked += tally.answered + tally.failed
            total.answered += tally.answered
            total.failed += tally.failed
            total.shed += tally.shed
            total.refused += tally.refused
            total.left += tally.left
            total.rescued += tally.rescued
            total.recovered += tally.recovered
            total.cached += tally.cached
            total.cost_nanodollars += tally.cost_nanodollars
    return total


def _of_models(span: TalliedSpan, models: frozenset[str]) -> Sequence[ExchangeTally]:
    return [one for key, one in span.tallies.exchanges.items() if not models or key.partition(" ")[0] in models]


def _down_seconds(span: TalliedSpan, sources: ReportSources) -> float:
    total = added((span,), sources.models)
    if not total.asked:
        return 0.0
    # Of a span at the edge only the part within the incident counts.
    length = min(span.start + span.seconds, sources.ended_at) - max(span.start, sources.started_at)
    return max(length, 0.0) * total.failed / total.asked


def _extra(total: _Sum, usual: _Sum) -> float | None:
    if total.answered < ANSWERS_MIN or usual.answered < ANSWERS_MIN or not usual.cost_nanodollars:
        return None
    return total.cost_nanodollars - total.answered * usual.cost_nanodollars / usual.answered
