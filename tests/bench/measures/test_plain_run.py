import pytest

from bench.figure import Verdict
from bench.measures.plain_run import PlainRun, costs, rates, ratio
from bench.stopwatch import Use


def run(per_second: float, share: float) -> PlainRun:
    return PlainRun(per_second, Use(seconds=1.0, cpu_seconds=share, others_share=0.0))


RUNS = {"nginx": [run(20_000, 0.5), run(30_000, 1.0)], "gateway": [run(10_000, 1.0), run(9_000, 0.9)]}


def test_what_is_compared_is_the_rate_per_second_of_the_proxys_own_time() -> None:
    figure = ratio("plain", RUNS, "gateway", "nginx", (0.25, 0.35))
    assert figure.value.repeats == pytest.approx((10_000 / 40_000, 10_000 / 30_000))
    assert figure.verdict is Verdict.MUST
    assert "by the clock 0.4" in figure.remarks


def test_a_proxy_that_did_not_fill_its_core_is_remarked_upon() -> None:
    assert "nginx: upstream-bound: the proxy used 50% of its core" in ratio("p", RUNS, "gateway", "nginx", None).remarks


def test_costs_and_rates_are_two_sides_of_the_same() -> None:
    (cost, _), (rate, _) = costs(RUNS, "plain", "1 KB"), rates(RUNS, "throughput", "1 KB")
    assert [one * 1e-6 for one in cost.value.repeats] == pytest.approx([1 / one for one in rate.value.repeats])
    assert cost.bar is not None
    assert (cost.bar.plot, cost.bar.label) == ("plain", "nginx")
