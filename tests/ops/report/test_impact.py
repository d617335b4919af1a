"""What callers felt, and what they were spared."""

from msgspec.structs import replace

from mainstay.ops.report.impact import absorbed, before, during, figures, points
from mainstay.ops.report.report import Absorbed, ImpactFigures
from mainstay.ops.status.traffic import TalliedSpan
from mainstay.ops.tallies.tally import OTHERS, ExchangeTally, SpanTallies, TenantTally
from tests.ops.report.samples import BEGAN, ENDED, sources


def test_figures_are_those_of_the_models_and_the_time_it_is_about() -> None:
    assert figures(sources()) == ImpactFigures(
        seconds=3_600,
        down_seconds=180.0,
        span_seconds=60,
        asked=6_000,
        failed=300,
        shed=0,
        refused=0,
        left=30,
        tenants=2,
        tenants_hurt=1,
        are_more_tenants=False,
        usual_failed_share=0.0,
        cost_nanodollars=8_400_000_000,
        extra_nanodollars=2_700_000_000,
        probes_nanodollars=4_000_000,
        reports=1,
    )


def test_what_the_gateway_kept_from_callers() -> None:
    assert absorbed(sources()) == Absorbed(1_200, 150, 90, 0.8)
    assert absorbed(replace(sources(), spans=())) == Absorbed()


def test_of_spans_at_the_edge_only_the_part_within_counts() -> None:
    bad = SpanTallies(exchanges={"sonnet chat": ExchangeTally(10, 0, 10)})
    spans = (TalliedSpan(int(BEGAN) - 3_540, 3_600, bad), TalliedSpan(int(ENDED) - 60, 3_600, bad))
    found = figures(replace(sources(), spans=spans))
    assert found.down_seconds == 120.0
    assert found.asked == 20


def test_before_is_what_was_over_when_it_began() -> None:
    assert {span.start + span.seconds <= BEGAN for span in before(sources())} == {True}
    assert len(before(sources())) == len(during(sources())) == 60


def test_without_a_price_nothing_is_claimed_of_money() -> None:
    free = SpanTallies(exchanges={"sonnet chat": ExchangeTally(100, 100)})
    found = figures(replace(sources(), spans=(TalliedSpan(int(BEGAN), 60, free),)))
    assert found.extra_nanodollars is None


def test_more_tenants_than_are_counted_is_said() -> None:
    many = SpanTallies(tenants={"acme": TenantTally(5, 1), OTHERS: TenantTally(500, 3)})
    found = figures(replace(sources(), spans=(TalliedSpan(int(BEGAN), 60, many),)))
    assert (found.tenants, found.tenants_hurt, found.are_more_tenants) == (1, 1, True)


def test_points_are_all_spans_in_order() -> None:
    found = points(replace(sources(), spans=tuple(reversed(sources().spans))))
    assert [point.at for point in found] == sorted(point.at for point in found)
    assert sum(point.failed for point in found) == 300
