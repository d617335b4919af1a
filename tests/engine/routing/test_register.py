"""Accounts of orders may come in any order, twice, and over any way."""

from itertools import permutations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.routing.register import merged, newer
from mainstay.model.orders import Order, OrderKind
from tests.engine.routing.given import WALL, order

FIRST = order(OrderKind.SHIFT, "alpha", id="ORD-AAAA", percent=10.0)
ACCOUNTS = st.builds(
    lambda revision, percent, ended_at: msgspec.structs.replace(
        FIRST, revision=revision, percent=percent, ended_at=ended_at
    ),
    st.integers(1, 4),
    st.sampled_from((10.0, 50.0, 100.0)),
    st.sampled_from((None, WALL + 1)),
)


def after(*accounts: Order) -> Order:
    known: dict[str, Order] = {}
    for account in accounts:
        winner = merged(known, account)
        if winner is not None:
            known[winner.id] = winner
    return known[FIRST.id]


@given(accounts=st.lists(ACCOUNTS, min_size=1, max_size=4))
def test_the_order_of_hearing_does_not_matter(accounts: list[Order]) -> None:
    assert len({after(*one) for one in permutations(accounts)}) == 1


@given(accounts=st.lists(ACCOUNTS, min_size=1, max_size=4))
def test_hearing_twice_changes_nothing(accounts: list[Order]) -> None:
    assert after(*accounts, *accounts) == after(*accounts)


def test_the_higher_revision_counts() -> None:
    later = msgspec.structs.replace(FIRST, revision=2)
    assert newer(FIRST, later) == newer(later, FIRST) == later


def test_of_two_changes_at_once_the_end_counts() -> None:
    changed = msgspec.structs.replace(FIRST, revision=2, percent=99.0)
    ended = msgspec.structs.replace(FIRST, revision=2, ended_at=WALL, percent=1.0)
    assert newer(changed, ended) == newer(ended, changed) == ended


def test_what_is_known_already_is_no_news() -> None:
    assert merged({FIRST.id: FIRST}, FIRST) is None
    assert merged({}, FIRST) == FIRST
