"""What is not known, said plainly: a report that hides its gaps is believed too much."""

from collections.abc import Iterator

from mainstay.model.records import FeedRecord, ProcessRecord
from mainstay.ops.report.impact import added, before, during
from mainstay.ops.report.report import Factor, Grade, ImpactFigures
from mainstay.ops.report.sources import ReportSources
from mainstay.ops.report.words import length


def unknowns(sources: ReportSources, factors: tuple[Factor, ...], figures: ImpactFigures) -> tuple[str, ...]:
    """One sentence for each."""
    return (*_of_course(sources), *_of_traffic(sources, figures), *_of_causes(sources, factors))


def _of_course(sources: ReportSources) -> Iterator[str]:
    incident = sources.incident
    if incident.is_open:
        yield "It is not over: all figures are as of when this report was made."
    if incident.acknowledged_at is None:
        yield "Nobody acknowledged it, so it is not known who acted first."
    if incident.identified_at is None:
        yield "It was never said to be identified."
    if sources.is_cut:
        yield "There were more records than this report reads; the timeline is not complete."
    if any(isinstance(one, ProcessRecord) and one.event == "stopped" for one in sources.records):
        yield "A process of ours stopped in that time; what it would have seen afterwards is missing."


def _of_traffic(sources: ReportSources, figures: ImpactFigures) -> Iterator[str]:
    spans = during(sources)
    if not spans:
        yield "No traffic was added up for that time: what callers felt is not known."
        return
    if not figures.asked:
        yield "Nobody asked for anything in that time: whether callers would have been answered is not known."
    if not added(before(sources), sources.models).asked:
        yield "There was no traffic before it to compare with."
    if figures.span_seconds > figures.seconds > 0:
        yield f"Figures are of spans of {length(figures.span_seconds)}, longer than the incident was."
    if figures.are_more_tenants:
        yield "There were more tenants than are counted one by one; their number is a lower bound."
    if figures.asked and not figures.cost_nanodollars:
        yield "No prices are configured for what was used: what it cost is not known."
    if figures.left:
        yield f"{figures.left:,} callers left before their answer; whether the trouble drove them away is not known."


def _of_causes(sources: ReportSources, factors: tuple[Factor, ...]) -> Iterator[str]:
    if not factors:
        yield "Nothing was found that may have contributed."
    elif all(factor.grade is Grade.WEAK for factor in factors):
        yield "No hypothesis is founded on more than the same time."
    for name in sorted(sources.upstreams):
        if not any(isinstance(one, FeedRecord) and one.feed == name for one in sources.records):
            yield f"What the status page of {name} said is not recorded."
    if sources.upstreams:
        yield "Why a provider failed is known to the provider alone; hypotheses here are about what failed, not why."
