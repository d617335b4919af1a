"""What is not known is said."""

from msgspec.structs import replace

from mainstay.model.records import ProcessRecord
from mainstay.ops.report.factors import factors
from mainstay.ops.report.impact import figures
from mainstay.ops.report.sources import ReportSources
from mainstay.ops.report.unknowns import unknowns
from mainstay.ops.status.traffic import TalliedSpan
from mainstay.ops.tallies.tally import OTHERS, ExchangeTally, SpanTallies, TenantTally
from tests.ops.report.samples import BEGAN, sources


def told(given: ReportSources) -> str:
    return " ".join(unknowns(given, factors(given), figures(given)))


def of_traffic(tally: ExchangeTally, *, seconds: int = 60, more: bool = False) -> ReportSources:
    tenants = {OTHERS: TenantTally(1)} if more else {}
    return replace(sources(), spans=(TalliedSpan(int(BEGAN), seconds, SpanTallies({}, {"sonnet c": tally}, tenants)),))


def test_of_a_whole_record_little_is_unknown() -> None:
    assert unknowns(sources(), factors(sources()), figures(sources())) == (
        "30 callers left before their answer; whether the trouble drove them away is not known.",
        "Why a provider failed is known to the provider alone; hypotheses here are about what failed, not why.",
    )


def test_gaps_of_the_record_are_said() -> None:
    bare = replace(sources(is_open=True), records=(), spans=(), is_cut=True)
    words = told(replace(bare, incident=replace(bare.incident, acknowledged_at=None, identified_at=None)))
    for gap in (
        "It is not over",
        "Nobody acknowledged it",
        "never said to be identified",
        "the timeline is not complete",
        "what callers felt is not known",
        "What the status page of north said is not recorded",
    ):
        assert gap in words, gap


def test_gaps_of_traffic_are_said() -> None:
    assert "Nobody asked for anything" in told(of_traffic(ExchangeTally()))
    assert "no traffic before it" in told(of_traffic(ExchangeTally(10, 10)))
    assert "No prices are configured" in told(of_traffic(ExchangeTally(10, 10)))
    assert "longer than the incident was" in told(of_traffic(ExchangeTally(10, 10), seconds=86_400))
    assert "a lower bound" in told(of_traffic(ExchangeTally(10, 10), more=True))


def test_a_process_of_ours_that_stopped_saw_no_more() -> None:
    stopped = ProcessRecord("p", BEGAN + 5, "gateway", "stopped", "1.0")
    assert "A process of ours stopped" in told(replace(sources(), records=(*sources().records, stopped)))


def test_weak_hypotheses_are_called_so() -> None:
    bare = replace(sources(), spans=(), incident=replace(sources().incident, timeline=()))
    assert "Nothing was found" in told(replace(bare, records=()))
    assert "more than the same time" in told(replace(bare, records=sources().records[:2]))
