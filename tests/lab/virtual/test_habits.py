import pytest

from mainstay.lab.virtual.habits import PATIENT_ONCE, SDK, STUBBORN, asks_again_in
from mainstay.model.http import Headers


def asked(status: int, headers: Headers = (), tries: int = 1, dice: float = 0.0) -> float | None:
    return asks_again_in(SDK, status, headers, tries, lambda: dice)


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503, 529])
def test_trouble_is_asked_again(status: int) -> None:
    assert asked(status) == 0.5


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413])
def test_refusals_are_not(status: int) -> None:
    assert asked(status) is None


def test_twice_and_no_more() -> None:
    assert [asked(529, tries=tries) for tries in (1, 2, 3)] == [0.5, 1.0, None]
    assert asks_again_in(PATIENT_ONCE, 529, (), 1, lambda: 0.0) is None


def test_waits_are_jittered_downwards() -> None:
    assert asked(529, dice=1.0) == pytest.approx(0.375)


def test_the_server_has_the_last_word() -> None:
    assert asked(529, (("x-should-retry", "false"),)) is None
    assert asked(400, (("x-should-retry", "true"),)) == 0.5


def test_but_not_with_everybody() -> None:
    assert asks_again_in(STUBBORN, 503, (("x-should-retry", "false"),), 9, lambda: 0.0) == 8.0


def test_a_wait_that_is_told_is_kept_if_it_is_bearable() -> None:
    assert asked(429, (("retry-after", "7"),)) == 7.0
    assert asked(429, (("retry-after-ms", "250"), ("retry-after", "7"))) == 0.25
    assert asked(429, (("retry-after", "3600"),)) == 0.5
    assert asked(429, (("retry-after", "soon"),)) == 0.5
