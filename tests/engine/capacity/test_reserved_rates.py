"""Reserved shares of rates."""

import pytest

from mainstay.engine.capacity.reserved_rates import ReservedRates
from mainstay.engine.meters import Meters
from mainstay.engine.upstream_rates import UpstreamRates
from mainstay.model.catalogue import Limits
from mainstay.model.frame import Usage
from tests.engine.capacity.words import USUAL, WALL, demand

SHARED = Limits(requests_per_minute=10, input_tokens_per_minute=10_000, reserved=(("agents", 0.5),))
PLAIN = Limits(requests_per_minute=10)
AGENTS = demand("agents")


@pytest.fixture
def rates() -> ReservedRates:
    return ReservedRates(UpstreamRates(Meters("a/0", 1)))


def count(rates: ReservedRates, limits: Limits, one: object, most: int = 100) -> int:
    """How many may be sent at once."""
    who = AGENTS if one is AGENTS else USUAL
    for number in range(most):
        if rates.wait_seconds("alpha", limits, who, WALL) > 0:
            return number
        rates.count("alpha", limits, who, WALL)
    return most


def test_without_shares_everybody_has_everything(rates: ReservedRates) -> None:
    assert count(rates, PLAIN, USUAL) == 10


def test_others_have_what_is_common_and_the_share_is_still_there(rates: ReservedRates) -> None:
    assert count(rates, SHARED, USUAL) == 5
    assert count(rates, SHARED, AGENTS) == 5


def test_the_workload_has_both_its_own_first(rates: ReservedRates) -> None:
    assert count(rates, SHARED, AGENTS, 5) == 5
    assert count(rates, SHARED, USUAL) == 5


def test_the_workload_may_use_everything_that_nobody_else_does(rates: ReservedRates) -> None:
    assert count(rates, SHARED, AGENTS) == 10
    assert count(rates, SHARED, USUAL) == 0


def test_what_is_not_sent_is_there_again(rates: ReservedRates) -> None:
    count(rates, SHARED, AGENTS)
    for _ in range(10):
        rates.release("alpha", SHARED, AGENTS, WALL)
    assert rates._in_common == {}
    assert count(rates, SHARED, USUAL) == 5
    assert count(rates, SHARED, AGENTS) == 5


def test_estimates_are_corrected_where_they_were_counted(rates: ReservedRates) -> None:
    big = demand("agents", input_tokens=5_000)
    rates.count("alpha", SHARED, big, WALL)
    assert rates.wait_seconds("alpha", SHARED, big, WALL) == 0, "there is the common part"
    rates.count("alpha", SHARED, big, WALL)
    assert rates.wait_seconds("alpha", SHARED, big, WALL) > 0
    used = Usage(input_tokens=100)
    rates.correct("alpha", SHARED, big, used, WALL, WALL)
    assert rates.wait_seconds("alpha", SHARED, demand(input_tokens=4_000), WALL) == 0
    assert rates.wait_seconds("alpha", SHARED, demand("agents", input_tokens=4_950), WALL) > 0
    rates.correct("alpha", SHARED, big, used, WALL, WALL)
    assert rates.wait_seconds("alpha", SHARED, demand("agents", input_tokens=4_900), WALL) == 0


def test_where_all_is_kept_for_others_nothing_is_ever_sent(rates: ReservedRates) -> None:
    limits = Limits(requests_per_minute=10, reserved=(("agents", 1.0),))
    assert rates.wait_seconds("alpha", limits, USUAL, WALL) > 1e9
    assert count(rates, limits, AGENTS) == 10
