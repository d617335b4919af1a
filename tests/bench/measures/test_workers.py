import pytest

from bench.figure import Verdict
from bench.measures.workers import Run, figures


def run(requests: int, left_seconds: float) -> Run:
    return Run(requests, 5.0, left_seconds, 0.5)


@pytest.mark.parametrize(("requests", "verdict"), [(17_000, Verdict.AIM), (16_900, Verdict.MISSED)])
def test_two_are_judged_against_one_by_the_clock(requests: int, verdict: Verdict) -> None:
    made = figures({1: [run(10_000, 5.0)], 2: [run(requests, 10.0)]}, [0.5])
    assert made[0].verdict is verdict
    assert made[0].value.median == pytest.approx(requests / 10_000)


def test_what_others_took_of_the_cores_is_told_beside_it() -> None:
    made = figures({1: [run(10_000, 5.0)], 2: [run(15_000, 8.0)]}, [0.5])
    assert made[1].value.median == pytest.approx(2 * (15_000 / 8.0) / (10_000 / 5.0))
