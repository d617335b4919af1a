import pytest

from mainstay.control.web.live_map import CALLERS_MAX, OTHERS, LiveMap, MapSources, live_map
from mainstay.model.components import Component
from mainstay.model.orders import Order, OrderKind
from mainstay.ops.detection.values import Standing, State
from mainstay.ops.tallies.tally import AttemptTally, ExchangeTally, SpanTallies, TalliedSpan
from tests.control.office import standing

NOW = 1_000_080.0


def span(start: int, asked: int, failed: int = 0, workload: str = "chat", upstream: str = "alpha") -> TalliedSpan:
    exchanges = {f"first {workload}": ExchangeTally(exchanges=asked, failed=failed)}
    attempts = {f"{upstream}/m": AttemptTally(attempts=asked)}
    return TalliedSpan(start, 60, SpanTallies(attempts=attempts, exchanges=exchanges))


def made(
    *spans: TalliedSpan,
    standings: tuple[Standing, ...] = (),
    orders: tuple[Order, ...] = (),
    breaker: str = "closed",
    is_down: bool = False,
) -> LiveMap:
    sources = MapSources(("chat",), ("alpha",), spans, standings, orders, {"alpha": breaker}, is_down)
    return live_map(sources, NOW)


def order(**changes: object) -> Order:
    fields = {"id": "ORD-1", "kind": OrderKind.DRAIN, "author": "ann", "reason": "", "given_at": 0.0}
    return Order(**{**fields, "expires_at": 2 * NOW, "upstream": "alpha", **changes})  # type: ignore[arg-type] # a test


def test_rates_are_of_the_last_minute_whatever_spans_it_falls_into() -> None:
    # The minute began 40 s before the older span's end: two thirds of it count.
    shown = made(span(999_960, 500), span(1_000_000, 90), span(1_000_060, 30))
    assert shown.callers[0].per_minute == pytest.approx(60 + 30)
    assert shown.upstreams[0].per_minute == pytest.approx(90)
    assert shown.per_minute == pytest.approx(90)


@pytest.mark.parametrize(
    ("asked", "failed", "health"), [(0, 0, "idle"), (100, 0, "healthy"), (100, 5, "degraded"), (100, 30, "failing")]
)
def test_callers_are_as_well_as_they_are_answered(asked: int, failed: int, health: str) -> None:
    shown = made(span(1_000_020, asked, failed))
    assert (shown.callers[0].health, shown.gateway_health) == (health, health)


@pytest.mark.parametrize(
    ("state", "breaker", "health"),
    [
        ("well", "closed", "healthy"),
        ("suspected", "closed", "degraded"),
        ("recovering", "closed", "degraded"),
        ("ill", "half-open", "failing"),
        ("well", "half-open", "degraded"),
        ("well", "open", "failing"),
    ],
)
def test_upstreams_are_as_well_as_their_worst_component_and_their_breaker(
    state: State, breaker: str, health: str
) -> None:
    standings = (standing(Component("alpha", "m"), state), standing(Component("alpha")))
    shown = made(span(1_000_020, 10), standings=standings, breaker=breaker)
    assert shown.upstreams[0].health == health
    assert shown.upstreams[0].state == state


def test_an_order_bars_an_upstream_only_as_a_whole() -> None:
    assert made(orders=(order(),)).upstreams[0].order == "drain (ORD-1)"
    for other in (order(kind=OrderKind.PREFER), order(credential="main"), order(model="m"), order(upstream="beta")):
        assert made(orders=(other,)).upstreams[0].order == ""


def test_a_gateway_that_does_not_answer_is_failing() -> None:
    assert made(span(1_000_020, 10), is_down=True).gateway_health == "failing"


def test_very_many_workloads_are_folded() -> None:
    spans = [span(1_000_020, number + 1, workload=f"w{number:02}") for number in range(30)]
    callers = made(*spans).callers
    assert len(callers) == CALLERS_MAX
    assert callers[0].name == "w29"
    assert callers[-1].name == OTHERS
    assert sum(one.per_minute for one in callers) == sum(range(1, 31))
