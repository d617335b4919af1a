"""What an upstream may be sent in a minute, by all processes together."""

from math import inf

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.demand import USUAL_DEMAND, Demand
from mainstay.engine.meters import Meters
from mainstay.engine.upstream_rates import UpstreamRates, binds
from mainstay.model.catalogue import UNLIMITED, Limits
from mainstay.model.frame import Usage

WALL = 1_772_448_540.0
"""A minute begins here."""
TEN = Limits(requests_per_minute=10)
TOKENS = Limits(input_tokens_per_minute=1_000, output_tokens_per_minute=200)
NAME = "alpha"


def demand(input_tokens: int = 100, output_tokens: int = 20) -> Demand:
    return msgspec.structs.replace(USUAL_DEMAND, input_tokens=input_tokens, output_tokens=output_tokens)


ASKED = demand()


def rates() -> UpstreamRates:
    return UpstreamRates(Meters("a", 1))


def send(upstream: UpstreamRates, limits: Limits, wall: float = WALL, *, most: int = 1_000, share: float = 1.0) -> int:
    """How many are sent before one has to wait."""
    for sent in range(most):
        if upstream.wait_seconds(NAME, limits, ASKED, wall, share):
            return sent
        upstream.count(NAME, ASKED, wall)
    return most


@pytest.mark.parametrize(
    ("limits", "bound"),
    [
        (UNLIMITED, False),
        (Limits(concurrency=3), False),
        (TEN, True),
        (TOKENS, True),
        (Limits(output_tokens_per_minute=1), True),
    ],
)
def test_only_rates_bind(limits: Limits, *, bound: bool) -> None:
    assert binds(limits) is bound


def test_what_is_not_bounded_never_waits() -> None:
    assert send(rates(), UNLIMITED, most=50) == 50


def test_requests_are_bounded() -> None:
    upstream = rates()
    assert send(upstream, TEN) == 10
    assert upstream.wait_seconds(NAME, TEN, ASKED, WALL) == pytest.approx(60.001)
    assert upstream.wait_seconds("beta", TEN, ASKED, WALL) == 0


@pytest.mark.parametrize(("limits", "sent"), [(TOKENS, 10), (Limits(output_tokens_per_minute=199), 9)])
def test_tokens_are_bounded_by_what_is_expected(limits: Limits, sent: int) -> None:
    assert send(rates(), limits) == sent


def test_the_longest_wait_is_the_honest_one() -> None:
    upstream = rates()
    both = Limits(requests_per_minute=10, output_tokens_per_minute=20)
    upstream.count(NAME, ASKED, WALL)
    wait = upstream.wait_seconds(NAME, both, ASKED, WALL)
    assert wait > 60
    assert upstream.wait_seconds(NAME, both, ASKED, WALL + wait) == 0


@pytest.mark.parametrize(("share", "sent"), [(0.5, 5), (0.01, 1), (1.0, 10)])
def test_a_share_is_a_smaller_limit(share: float, sent: int) -> None:
    assert send(rates(), TEN, share=share) == sent


def test_of_nothing_nothing_fits() -> None:
    assert rates().wait_seconds(NAME, TEN, ASKED, WALL, 0.0) == inf


def test_what_was_not_sent_after_all_is_given_back() -> None:
    upstream = rates()
    everything = Limits(requests_per_minute=1, input_tokens_per_minute=100, output_tokens_per_minute=20)
    assert send(upstream, everything) == 1
    upstream.release(NAME, ASKED, WALL + 1, WALL)
    assert send(upstream, everything) == 1


@pytest.mark.parametrize(
    ("usage", "more"),
    [
        (Usage(input_tokens=100, output_tokens=20), 9),
        (Usage(), 10),
        (Usage(input_tokens=900, output_tokens=20), 1),
        (Usage(input_tokens=900, cached_tokens=800, output_tokens=20), 9),
        (Usage(input_tokens=100, output_tokens=180), 1),
    ],
)
def test_the_truth_takes_the_place_of_the_estimate(usage: Usage, more: int) -> None:
    upstream = rates()
    upstream.count(NAME, ASKED, WALL)
    upstream.correct(NAME, ASKED, usage, WALL + 3, WALL)
    assert send(upstream, TOKENS, WALL + 3) == more


def test_a_correction_that_comes_late_falls_into_the_minute_it_is_of() -> None:
    upstream = rates()
    for _ in range(10):
        upstream.count(NAME, ASKED, WALL)
    for _ in range(10):
        upstream.correct(NAME, ASKED, Usage(), WALL + 61, WALL)
    assert send(upstream, TOKENS, WALL + 61) == 10
    for _ in range(100):
        upstream.correct(NAME, ASKED, Usage(), WALL + 62, WALL - 3_600)
    assert upstream.wait_seconds(NAME, TOKENS, ASKED, WALL + 62) > 0


def test_what_goes_beyond_the_estimate_counts_when_it_is_known() -> None:
    upstream = rates()
    upstream.correct(NAME, ASKED, Usage(input_tokens=1_100, output_tokens=20), WALL + 200, WALL)
    assert upstream.wait_seconds(NAME, TOKENS, ASKED, WALL + 200) > 0
    assert upstream.wait_seconds(NAME, TOKENS, ASKED, WALL) == 0


def test_processes_share_a_limit() -> None:
    one, other = Meters("a", 1), Meters("b", 1)
    assert send(UpstreamRates(one), TEN, most=7) == 7
    other.merge(one.take_news(), WALL)
    assert send(UpstreamRates(other), TEN) == 3


def test_while_others_are_silent_each_has_its_share() -> None:
    meters = Meters("a", 1)
    meters.peers.heard(("b",), WALL)
    meters.peers.heard((), WALL + 2)
    assert send(UpstreamRates(meters), TEN, WALL + 2) == 5


@given(st.lists(st.tuples(st.floats(0, 20), st.integers(1, 300), st.integers(1, 60)), max_size=100))
def test_no_minute_of_the_clock_has_more_than_its_limit(arrivals: list[tuple[float, int, int]]) -> None:
    upstream, wall, sent = rates(), WALL, dict[int, list[Demand]]()
    for pause, input_tokens, output_tokens in arrivals:
        wall += pause
        asked = demand(input_tokens, output_tokens)
        if not upstream.wait_seconds(NAME, TOKENS, asked, wall):
            upstream.count(NAME, asked, wall)
            sent.setdefault(int(wall // 60), []).append(asked)
    for minute in sent.values():
        assert sum(one.input_tokens for one in minute) <= 1_000
        assert sum(one.output_tokens for one in minute) <= 200
