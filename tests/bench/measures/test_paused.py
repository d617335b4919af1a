import pytest

from bench.measures.paused import Windows

BEFORE = [1.0] * 98 + [2.0, 3.0]


def test_the_slowest_after_is_compared_with_the_slowest_before_whenever_it_came() -> None:
    assert Windows(BEFORE, [1.0, 40.0], [1.0]).slowest_more == pytest.approx(37.0)
    assert Windows(BEFORE, [1.0], [1.0, 30.0]).slowest_more == pytest.approx(27.0)


def test_later_on_the_many_count_and_the_first_second_does_not() -> None:
    assert Windows(BEFORE, [500.0] * 100, [1.0] * 98 + [4.0, 90.0]).then_times == pytest.approx(2.0)
