"""Requests and tokens per minute, by a window that slides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.account import Account
from mainstay.engine.peers import Peers
from mainstay.engine.quantities import INPUT_TOKENS, OUTPUT_TOKENS, REQUESTS
from mainstay.engine.rate import CODES, Rate, bucket, refusal, seconds_until, wait_seconds
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
        if not seconds_until(account, REQUESTS, limit, 1, MINUTE + second):
            account.by_minute(REQUESTS).add(number_at(Span.MINUTE, MINUTE + second), node, 1)
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


def rate(account: Account, quantity: str = REQUESTS, limit: int = 10) -> Rate:
    return Rate("tenant 'x'", "tenant:x", account, quantity, limit)


@pytest.mark.parametrize(
    ("quantity", "need", "message"),
    [
        (REQUESTS, 1, "tenant 'x' may send 10 requests per minute and has sent them."),
        (INPUT_TOKENS, 7, "tenant 'x' may use 10 input tokens per minute and has not enough left for about 7."),
        (OUTPUT_TOKENS, 9, "tenant 'x' may use 10 output tokens per minute and has not enough left for about 9."),
    ],
)
def test_the_fault_says_who_may_use_how_much_and_when(quantity: str, need: int, message: str) -> None:
    fault = refusal(rate(sender()[0], quantity), need, 45.001)
    assert (fault.kind, fault.status, fault.code) == (FaultKind.ALLOWANCE, 429, CODES[quantity])
    assert fault.wait_seconds == pytest.approx(45.001)
    advice = "Try again in 45 s, or ask the operator of this gateway for a larger allowance."
    assert fault.message == f"{message} {advice}"


# What needs more than one


@pytest.mark.parametrize(
    ("current", "before", "need", "second", "wait"),
    [
        (0, 0, 100, 0, 0),
        (40, 0, 60, 30, 0),
        (40, 0, 61, 30, 30 + 60 * (1 - 40 / 40) + 0.001),
        (0, 100, 50, 30, 0),
        (0, 100, 51, 30, 0.001),
        (0, 100, 60, 30, 30 - 60 * (41 / 100) + 0.001 + 0),
        (60, 0, 60, 0, 60 + 60 * (1 - 41 / 60) + 0.001),
        (0, 0, 10_000, 0, 0),
        (1, 0, 10_000, 0, 60.001),
    ],
)
def test_how_long_to_wait_for_many(current: int, before: int, need: int, second: float, wait: float) -> None:
    found = wait_seconds(current, before, 100, MINUTE + second, need)
    assert found == pytest.approx(wait, abs=0.002) or (wait < 30 and found <= wait)


@given(st.integers(0, 500), st.integers(0, 500), st.integers(1, 100), st.integers(1, 1_000), st.floats(0, 59.9))
def test_who_waits_as_told_with_much_is_let_in_and_not_told_to_wait_longer_than_needed(
    current: int, before: int, limit: int, need: int, second: float
) -> None:
    wall = MINUTE + second
    wait = wait_seconds(current, before, limit, wall, need)
    assert 0 <= wait <= 120.002

    def fits(then: float) -> bool:
        later = number_at(Span.MINUTE, then) - number_at(Span.MINUTE, wall)
        around = [(current, before), (0, current), (0, 0)][later]
        return wait_seconds(*around, limit, then, need) == 0

    assert fits(wall + wait)
    assert wait < 0.01 or not fits(wall + wait - 0.005)


def test_what_needs_nothing_always_fits() -> None:
    account, _ = sender()
    account.by_minute(INPUT_TOKENS).add(number_at(Span.MINUTE, MINUTE), "a", 1_000)
    assert seconds_until(account, INPUT_TOKENS, 10, 0, MINUTE) == 0
    assert seconds_until(account, INPUT_TOKENS, 10, 1, MINUTE) > 0


def test_what_is_larger_than_the_limit_is_let_in_when_nothing_else_is_used() -> None:
    account, _ = sender()
    assert seconds_until(account, INPUT_TOKENS, 10, 500, MINUTE) == 0
    account.by_minute(INPUT_TOKENS).add(number_at(Span.MINUTE, MINUTE), "a", 1)
    assert seconds_until(account, INPUT_TOKENS, 10, 500, MINUTE) == pytest.approx(60.001)
    assert seconds_until(account, INPUT_TOKENS, 10, 9, MINUTE) == 0


def test_in_silence_tokens_are_shared_and_a_large_request_still_has_its_turn() -> None:
    account, peers = sender("b")
    peers.heard((), MINUTE)
    assert seconds_until(account, INPUT_TOKENS, 100, 80, MINUTE) == 0
    account.by_minute(INPUT_TOKENS).add(number_at(Span.MINUTE, MINUTE), "a", 40)
    assert seconds_until(account, INPUT_TOKENS, 100, 10, MINUTE) == 0
    assert seconds_until(account, INPUT_TOKENS, 100, 11, MINUTE) > 0


# How a limit stands


@given(st.integers(0, 300), st.integers(0, 300), st.integers(1, 100), st.floats(0, 59.9), st.sampled_from([(), ("b",)]))
def test_what_is_said_to_remain_fits_and_no_more(
    current: int, before: int, limit: int, second: float, heard: tuple[str, ...]
) -> None:
    account, peers = sender("b")
    peers.heard(heard, MINUTE)
    wall = MINUTE + second
    account.by_minute(INPUT_TOKENS).add(number_at(Span.MINUTE, wall), "a", current)
    account.by_minute(INPUT_TOKENS).add(number_at(Span.MINUTE, wall) - 1, "b", before)
    left = bucket(rate(account, INPUT_TOKENS, limit), wall).remaining
    assert 0 <= left <= limit
    assert seconds_until(account, INPUT_TOKENS, limit, left, wall) == 0
    most = limit if heard else max(1, limit // 2)
    assert left >= most or seconds_until(account, INPUT_TOKENS, limit, left + 1, wall) > 0


@pytest.mark.parametrize(
    ("current", "before", "reset_at"), [(0, 0, MINUTE + 12), (0, 5, MINUTE + 60), (5, 0, MINUTE + 120)]
)
def test_a_limit_is_whole_again_when_nothing_used_lies_in_the_minute(
    current: int, before: int, reset_at: float
) -> None:
    account, _ = sender()
    account.by_minute(REQUESTS).add(number_at(Span.MINUTE, MINUTE), "a", current)
    account.by_minute(REQUESTS).add(number_at(Span.MINUTE, MINUTE) - 1, "a", before)
    found = bucket(rate(account), MINUTE + 12)
    assert (found.limit, found.reset_at) == (10, reset_at)
    assert bucket(rate(account), reset_at).remaining == 10


def test_in_silence_no_more_is_said_to_remain_than_our_share() -> None:
    account, peers = sender("b")
    account.by_minute(REQUESTS).add(number_at(Span.MINUTE, MINUTE), "a", 2)
    assert bucket(rate(account), MINUTE).remaining == 8
    peers.heard((), MINUTE)
    assert bucket(rate(account), MINUTE).remaining == 5 - 2
    account.by_minute(REQUESTS).add(number_at(Span.MINUTE, MINUTE), "b", 7)
    assert bucket(rate(account), MINUTE).remaining == 10 - 9


# Many nodes


def test_requests_at_other_nodes_count() -> None:
    account, _ = sender("b")
    account.by_minute(REQUESTS).add(number_at(Span.MINUTE, MINUTE), "b", 10)
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
    account.by_minute(REQUESTS).add(number_at(Span.MINUTE, MINUTE), "b", 10)
    peers.heard((), MINUTE)
    assert send(account, 10, [1.0]) == []


@pytest.mark.parametrize("jump", [-86_400.0, -3_600.0, 3_600.0, 86_400.0])
def test_a_clock_that_is_set_neither_opens_nor_locks(jump: float) -> None:
    account, _ = sender()
    assert len(send(account, 5, [1.0] * 9)) == 5
    assert len(send(account, 5, [jump + 1.0] * 9)) == 5
    assert send(account, 5, [2.0] * 9) == [], "what was sent before is not forgotten"
    assert len(send(account, 5, [jump + 121.0] * 9)) == 5
