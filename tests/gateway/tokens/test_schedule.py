import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.gateway.tokens.schedule import renewal_delay, retry_delay

throws = st.floats(0, 1, exclude_max=True)


@pytest.mark.parametrize(
    ("life_seconds", "left_seconds"),
    [(43_200, 10_800), (3_600, 900), (1_200, 300), (900, 300), (600, 300), (300, 150), (60, 30), (4, 2)],
)
def test_a_quarter_of_the_life_is_left_or_five_minutes_or_half(life_seconds: float, left_seconds: float) -> None:
    assert life_seconds - renewal_delay(life_seconds, lambda: 0.0) == left_seconds


@given(st.floats(2, 604_800), throws)
def test_a_token_is_renewed_before_it_dies_but_never_at_once(life_seconds: float, throw: float) -> None:
    assert 1.0 <= renewal_delay(life_seconds, lambda: throw) < life_seconds


@given(st.floats(-1e6, 2))
def test_even_the_shortest_life_causes_no_storm(life_seconds: float) -> None:
    assert renewal_delay(life_seconds, lambda: 0.9) >= 1.0


def test_replicas_do_not_renew_together() -> None:
    assert renewal_delay(3_600, lambda: 0.0) - renewal_delay(3_600, lambda: 0.5) == pytest.approx(135.0)


@given(st.integers(1, 10**6), throws)
def test_a_retry_waits_between_one_second_and_a_minute(failures: int, throw: float) -> None:
    assert 1.0 <= retry_delay(failures, lambda: throw) <= 60.0


def test_retries_get_rarer() -> None:
    assert [retry_delay(failures, lambda: 0.0) for failures in range(1, 9)] == [1, 2, 4, 8, 16, 30, 30, 30]
    assert [retry_delay(failures, lambda: 1.0) for failures in range(1, 9)] == [2, 4, 8, 16, 32, 60, 60, 60]
