import pytest

from mainstay.ops.detection.finding import Grade
from mainstay.ops.detection.rules_pace import judge_pace
from mainstay.ops.detection.series import Series
from tests.ops.detection.samples import NOW, series, served_sample


def with_history() -> Series:
    one = series()
    for number in range(400):
        one.add(served_sample(NOW - 8_000 + number * 10, 0.5 + (number % 10) / 10, 40.0 + number % 40))
    return one


def during(one: Series, first: float, rate: float | None, seconds: int = 300, step: int = 4) -> float:
    one.is_calm = False
    for offset in range(0, seconds, step):
        one.add(served_sample(NOW + offset, first, rate))
    return NOW + seconds


def test_as_usual_is_nothing() -> None:
    one = with_history()
    assert judge_pace(one, during(one, 1.0, 60.0)) is None


def test_without_a_baseline_nothing_is_slow() -> None:
    one = series()
    assert judge_pace(one, during(one, 60.0, 1.0)) is None


@pytest.mark.parametrize(
    ("first", "rate", "measure", "grade"),
    [
        (2.5, 60.0, "first-content", Grade.SUSPICIOUS),
        (6.0, 60.0, "first-content", Grade.CONCLUSIVE),
        (1.0, 25.0, "throughput", Grade.SUSPICIOUS),
        (1.0, 8.0, "throughput", Grade.CONCLUSIVE),
    ],
)
def test_slowness_is_graded(first: float, rate: float, measure: str, grade: Grade) -> None:
    one = with_history()
    wall = during(one, first, rate)
    found = judge_pace(one, wall)
    assert found is not None
    assert (found.evidence.measure, found.grade) == (measure, grade)
    assert found.evidence.value == pytest.approx(first if measure == "first-content" else rate, rel=0.01)
    assert NOW - 5 <= found.began_at <= NOW + 5
    assert not found.is_about_errors
    assert "usual" in found.evidence.words


def test_a_suspicion_needs_two_and_a_half_minutes_and_proof_needs_four() -> None:
    short, longer = with_history(), with_history()
    assert judge_pace(short, during(short, 6.0, None, seconds=90)) is None
    found = judge_pace(longer, during(longer, 6.0, None, seconds=150))
    assert found is not None
    assert found.grade is Grade.SUSPICIOUS


def test_some_requests_that_ask_for_more_are_no_proof() -> None:
    one = with_history()
    one.is_calm = False
    for offset in range(0, 300, 4):
        one.add(served_sample(NOW + offset, 8.0 if offset % 12 else 0.6))
    found = judge_pace(one, NOW + 300)
    assert found is not None
    assert found.grade is Grade.SUSPICIOUS


def test_slowness_of_one_half_of_the_time_is_a_mood() -> None:
    one = with_history()
    one.is_calm = False
    for offset in range(0, 300, 4):
        one.add(served_sample(NOW + offset, 8.0 if offset < 130 else 1.0))
    assert judge_pace(one, NOW + 300) is None


def test_quick_is_never_slow() -> None:
    one = series()
    for number in range(400):
        one.add(served_sample(NOW - 8_000 + number * 10, 0.05))
    assert judge_pace(one, during(one, 0.4, None)) is None


def test_what_was_before_the_last_recovery_is_not_held_against_it() -> None:
    one = with_history()
    wall = during(one, 6.0, None)
    one.fresh_from = wall
    assert judge_pace(one, wall) is None
