"""One account: what is left of a limit, alone, among others, and while others cannot be heard."""

import pytest

from mainstay.engine.account import BLIND_SHARE, Account, Held
from mainstay.engine.peers import Peers
from mainstay.engine.quantities import INPUT_TOKENS, REFUNDS, REQUESTS
from mainstay.engine.windows import Span, number_at

WALL = 1_772_448_540.0
TODAY = number_at(Span.DAY, WALL)
LIMIT = 1_000


def account(*others: str) -> tuple[Account, Peers]:
    """Of node a, which hears these others."""
    peers = Peers("a")
    peers.heard(others, WALL)
    return Account("a", peers), peers


def spend(one: Account, amount: int, node: str = "a") -> None:
    one.spent[Span.DAY].add(TODAY, node, amount)


def room(one: Account, limit: int = LIMIT, wall: float = WALL) -> int:
    return one.room(Span.DAY, limit, wall)


def test_what_is_spent_and_what_is_held_is_gone() -> None:
    one, _ = account()
    spend(one, 300)
    one.reserved, one.released = 500, 400
    assert room(one) == 600
    assert not one.is_idle()


def test_what_others_spend_and_hold_is_gone_too() -> None:
    one, _ = account("b", "c")
    spend(one, 100, "b")
    one.held["b"] = Held(1, reserved=70, released=50)
    one.held["c"] = Held(1, reserved=5, released=9)
    assert room(one) == 880
    assert not one.is_idle()


def test_reservations_of_the_dead_are_void() -> None:
    one, peers = account("b")
    one.held["b"] = Held(1, reserved=900)
    peers.part("b")
    assert room(one) == LIMIT
    assert one.is_idle()


def test_a_limit_is_reached_when_nothing_is_left() -> None:
    one, _ = account()
    spend(one, LIMIT - 1)
    assert not one.has_spent(Span.DAY, LIMIT, WALL)
    spend(one, 1)
    assert one.has_spent(Span.DAY, LIMIT, WALL)
    assert not one.has_spent(Span.MONTH, LIMIT, WALL)
    assert not one.has_spent(Span.DAY, LIMIT, WALL + 86_400)


def test_while_others_are_silent_only_our_share_of_the_remainder_may_be_used() -> None:
    one, peers = account("b", "c")
    spend(one, 100)
    spend(one, 300, "b")
    peers.heard(("b",), WALL)
    assert room(one) == (1_000 - 400) // 3
    spend(one, 150)
    assert room(one) == 200 - 150
    spend(one, 60)
    assert room(one) < 0


def test_what_the_silent_held_is_taken_for_spent() -> None:
    one, peers = account("b")
    one.held["b"] = Held(1, reserved=400)
    peers.heard((), WALL)
    assert room(one) == (1_000 - 400) // 2


def test_a_share_is_never_nothing_while_anything_may_be_left() -> None:
    one, peers = account("b")
    one.held["b"] = Held(1, reserved=5_000)
    peers.heard((), WALL)
    assert room(one) == int(LIMIT * BLIND_SHARE) // 2 > 0


def test_but_what_is_spent_is_spent() -> None:
    one, peers = account("b")
    spend(one, LIMIT)
    peers.heard((), WALL)
    assert room(one) <= 0


def test_a_day_that_begins_in_silence_is_shared_from_its_beginning() -> None:
    one, peers = account("b")
    spend(one, 900)
    peers.heard((), WALL)
    assert room(one) == 50
    assert room(one, wall=WALL + 86_400) == LIMIT // 2


def test_the_next_silence_begins_with_what_is_left_then() -> None:
    one, peers = account("b")
    peers.heard((), WALL)
    assert room(one) == 500
    spend(one, 400)
    assert room(one) == 100
    peers.heard(("b",), WALL)
    assert room(one) == 600
    peers.heard((), WALL)
    assert room(one) == 300


@pytest.mark.parametrize("limit", [LIMIT, 2_000])
def test_a_limit_that_is_changed_in_silence_counts_at_once(limit: int) -> None:
    one, peers = account("b")
    peers.heard((), WALL)
    assert room(one) == 500
    assert room(one, limit) == limit // 2


def test_requests_are_told_by_minute() -> None:
    one, _ = account("b")
    one.by_minute(REQUESTS).add(7, "a", 3)
    one.by_minute(REQUESTS).add(7, "b", 4)
    one.by_minute(REQUESTS).add(6, "b", 5)
    assert one.used_around(REQUESTS, 7) == (7, 5)
    assert one.own_used_around(REQUESTS, 7) == (3, 0)
    assert one.nodes == 2


def test_our_own_reservations_count_against_our_share() -> None:
    one, peers = account("b")
    peers.heard((), WALL)
    assert room(one) == 500
    one.reserved = 200
    assert room(one) == 300
    one.released = 200
    assert room(one) == 500


def test_what_the_silent_held_is_taken_for_spent_once() -> None:
    one, peers = account("b", "c")
    one.held["b"] = Held(1, reserved=100)
    one.held["c"] = Held(1, reserved=40)
    one.held["gone"] = Held(1, reserved=500)
    peers.heard(("c",), WALL)
    assert room(one) == (1_000 - 140) // 3
    assert room(one, wall=WALL + 86_400) == (1_000 - 40) // 3


def test_our_own_requests_are_told_by_minute() -> None:
    one, _ = account("b")
    one.by_minute(REQUESTS).add(7, "a", 3)
    one.by_minute(REQUESTS).add(6, "a", 2)
    assert one.own_used_around(REQUESTS, 7) == (3, 2)


def test_what_was_refunded_is_not_used() -> None:
    one, _ = account("b")
    one.by_minute(INPUT_TOKENS).add(7, "a", 30)
    one.by_minute(INPUT_TOKENS).add(7, "b", 40)
    one.by_minute(INPUT_TOKENS).add(6, "b", 50)
    one.by_minute(REFUNDS[INPUT_TOKENS]).add(7, "a", 10)
    one.by_minute(REFUNDS[INPUT_TOKENS]).add(6, "b", 20)
    assert one.used_around(INPUT_TOKENS, 7) == (60, 30)
    assert one.own_used_around(INPUT_TOKENS, 7) == (20, 0)


def test_nothing_is_used_of_what_was_never_counted() -> None:
    one, _ = account()
    assert one.used_around(INPUT_TOKENS, 7) == (0, 0)
    assert one.own_used_around(INPUT_TOKENS, 7) == (0, 0)
    one.by_minute(REFUNDS[REQUESTS]).add(7, "a", 10)
    one.by_minute(REQUESTS).add(7, "a", 4)
    assert one.used_around(REQUESTS, 7) == (0, 0), "a refund that came before its count"
    assert one.own_used_around(REQUESTS, 7) == (0, 0)


@pytest.mark.parametrize("is_open", [False, True])
def test_room_is_the_same_whether_the_page_is_open_or_not(*, is_open: bool) -> None:
    one, _ = account("b")
    spend(one, 300)
    one.held["b"] = Held(1, reserved=70, released=50)
    one.reserved = 100
    if is_open:
        one.open(WALL)
    assert room(one) == 1_000 - 300 - 20 - 100
    assert one.room(Span.MONTH, LIMIT, WALL) == 1_000 - 20 - 100
    assert room(one, wall=WALL + 86_400) == 1_000 - 20 - 100
