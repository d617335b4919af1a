"""Requests per minute, by a window that slides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.account import Account
from mainstay.engine.peers import Peers
from mainstay.engine.rate import CODE, rate_refusal, wait_seconds
from mainstay.engine.windows import Span, number_at
from mainstay.model.fault import FaultKind

MINUTE = 1_772_448_540.0
"""A minute begins here."""


@pytest.mark.parametrize(
    ("current", "before", "limit", "second", "wait"),
    [
        (0, 0, 1, 0, 0),
        (9, 0, 10, 30, 0),
        (0, 10, 10, 0, 0.001),
        (0, 10, 10, 1, 0),
        (5, 10, 10, 30, 0.001),
        (5, 10, 10, 31, 0),
        (5, 10, 10, 12, 18.001),
        (10, 0, 10, 15, 45.001),
        (20, 0, 10, 15, 75.001),
        (1, 0, 1, 0, 60.001),
    ],
)
def test_how_long_to_wait(current: int, before: int, limit: int, second: float, wait: float) -> None:
    assert wait_seconds(current, before, limit, MINUTE + second) == pytest.approx(wait)


@given(st.integers(0, 500), st.integers(0, 500), st.integers(1, 100), st.floats(0, 59.9))
def test_who_waits_as_told_is_let_in_and_not_told_to_wait_longer_than_needed(
    current: int, before: int, limit: int, second: float
) -> None:
    wall = MINUTE + second
    wait = wait_seconds(current, before, limit, wall)
    assert 0 <= wait <= 120.002

    def fits(then: float) -> bool:
        if number_at(Span.MINUTE, then) == number_at(Span.MINUTE, wall):
            return wait_seconds(current, before, limit, then) == 0
        if number_at(Span.MINUTE, then) == number_at(Span.MINUTE, wall) + 1:
            return wait_seconds(0, current, limit, then) == 0
        return True

    assert fits(wall + wait)
    assert wait < 0.01 or not fits(wall + wait - 0.005)


def sender(*others: str) -> tuple[Account, Peers]:
    peers = Peers("a")
    peers.heard(others, MINUTE)
    return Account("a", peers), peers


def send(account: Account, limit: int, seconds: list[float], node: str = "a") -> list[float]:
    """Who sends at these instants; give those at which a request was let in."""
    passed = []
    for second in seconds:
        if rate_refusal("tenant 'x'", account, limit, MINUTE + second) is None:
            account.requests.add(number_at(Span.MINUTE, MINUTE + second), node, 1)
            passed.append(second)
    return passed


@given(st.integers(1, 20), st.lists(st.floats(0, 600), max_size=200))
def test_a_minute_never_has_more_than_its_limit(limit: int, seconds: list[float]) -> None:
    account, _ = sender()
    passed = send(account, limit, sorted(seconds))
    for minute in range(11):
        assert sum(minute * 60 <= second < minute * 60 + 60 for second in passed) <= limit


def test_a_burst_over_the_end_of_a_minute_counts_as_one() -> None:
    account, _ = sender()
    assert len(send(account, 10, [59.0] * 10 + [60.5] * 10)) <= 11


def test_the_fault_says_who_may_send_how_much_and_when() -> None:
    account, _ = sender()
    send(account, 2, [10.0, 10.0])
    fault = rate_refusal("tenant 'x'", account, 2, MINUTE + 15)
    assert fault is not None
    assert (fault.kind, fault.status, fault.code) == (FaultKind.ALLOWANCE, 429, CODE)
    assert fault.wait_seconds == pytest.approx(45.001)
    assert fault.message == "tenant 'x' may send 2 requests per minute and has sent them: try again in 45 s"


def test_requests_at_other_nodes_count() -> None:
    account, _ = sender("b")
    account.requests.add(number_at(Span.MINUTE, MINUTE), "b", 10)
    assert send(account, 10, [1.0]) == []


def test_in_silence_each_has_its_share() -> None:
    account, peers = sender("b", "c")
    peers.heard((), MINUTE)
    assert len(send(account, 10, [1.0] * 10)) == 3


def test_in_silence_a_small_limit_still_lets_one_in() -> None:
    account, peers = sender("b", "c")
    peers.heard((), MINUTE)
    assert len(send(account, 2, [1.0] * 10)) == 1


def test_what_others_are_known_to_have_sent_counts_in_silence_too() -> None:
    account, peers = sender("b")
    account.requests.add(number_at(Span.MINUTE, MINUTE), "b", 10)
    peers.heard((), MINUTE)
    assert send(account, 10, [1.0]) == []


@pytest.mark.parametrize("jump", [-86_400.0, -3_600.0, 3_600.0, 86_400.0])
def test_a_clock_that_is_set_neither_opens_nor_locks(jump: float) -> None:
    account, _ = sender()
    assert len(send(account, 5, [1.0] * 9)) == 5
    assert len(send(account, 5, [jump + 1.0] * 9)) == 5
    assert send(account, 5, [2.0] * 9) == [], "what was sent before is not forgotten"
    assert len(send(account, 5, [jump + 121.0] * 9)) == 5
