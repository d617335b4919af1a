import pytest

from mainstay.ops.detection.finding import Grade
from mainstay.ops.detection.rules_aside import judge_aside
from mainstay.ops.detection.sample import ASIDE
from mainstay.ops.detection.series import Series
from tests.ops.detection.samples import NOW, sample, series


def aside(one: Series, kind: str, seconds: int, of_five: int = 3) -> float:
    for offset in range(seconds):
        if offset % 5 >= of_five:
            one.add(sample(NOW + offset))
        else:
            one.add(sample(NOW + offset, kind, aside=True))
    return NOW + seconds


@pytest.mark.parametrize("kind", sorted(ASIDE - {"model-gone"}))
def test_when_half_is_answered_so_for_minutes_it_is_suspicious(kind: str) -> None:
    one = series()
    found = judge_aside(one, aside(one, kind, 140), 10)
    assert found is not None
    assert found.grade is Grade.SUSPICIOUS
    assert found.evidence.measure == kind
    assert found.evidence.value == pytest.approx(0.6, abs=0.05)


def test_a_burst_is_nothing() -> None:
    one = series()
    assert judge_aside(one, aside(one, "throttle", 45), 10) is None


def test_a_fifth_is_nothing() -> None:
    one = series()
    assert judge_aside(one, aside(one, "throttle", 140, of_five=1), 10) is None


def test_few_are_nothing() -> None:
    one = series()
    assert judge_aside(one, aside(one, "throttle", 140), 1_000) is None


def test_when_it_is_over_it_is_nothing() -> None:
    one = series()
    end = aside(one, "throttle", 140)
    assert judge_aside(one, end + 60, 10) is None
    one.fresh_from = end
    assert judge_aside(one, end, 10) is None


def test_a_model_that_is_gone_is_told_after_three_answers() -> None:
    one = series()
    for offset in range(3):
        assert judge_aside(one, NOW + offset, 10) is None
        one.add(sample(NOW + offset, "model-gone", aside=True))
    found = judge_aside(one, NOW + 3, 10)
    assert found is not None
    assert "3 of 3 attempts were told that there is no such model" in found.evidence.words


def test_a_model_that_still_serves_is_not_gone() -> None:
    one = series()
    one.add(sample(NOW))
    for offset in range(5):
        one.add(sample(NOW + offset, "model-gone", aside=True))
    assert judge_aside(one, NOW + 6, 10) is None
