"""What meters tell of a minute, and of what was given back; and that nothing of it comes out wrong, whatever happens on
the way."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstay.engine.meters import Meters
from mainstay.engine.quantities import INPUT_TOKENS, REFUNDS
from mainstay.engine.windows import Span, number_at
from mainstay.model.news import MeterNews
from tests.engine.metering import (
    TENANT,
    WALL,
    count,
    hear_each_other,
    hold,
    let_go,
    pair,
    refund,
    spend,
    spent,
    used,
)


def test_tokens_and_what_was_not_used_of_them_are_told_and_the_refund_comes_last() -> None:
    a, b = pair()
    count(a, 100)
    refund(a, 30)
    count(a, 5)
    news = a.take_news()
    assert [(one.quantity, one.used) for one in news] == [(INPUT_TOKENS, 105), (REFUNDS[INPUT_TOKENS], 30)]
    b.merge(news, WALL)
    assert (used(a), used(b)) == (75, 75)
    refund(a, 5)
    count(a, 5)
    assert [one.quantity for one in a.take_news()] == [INPUT_TOKENS, REFUNDS[INPUT_TOKENS]]


@pytest.mark.parametrize("take", [lambda meters: meters.take_news(), lambda meters: meters.take_unsaved(10)])
def test_each_telling_notes_anew_what_changes_after_it(take: Callable[[Meters], list[MeterNews]]) -> None:
    a, _ = pair()
    for number in range(1, 4):
        count(a, 10)
        count(a, 10)
        assert [one.used for one in take(a)] == [20 * number]


def test_a_change_in_another_minute_is_another_change() -> None:
    a, b = pair()
    count(a, 1, wall=WALL + 60)
    count(a, 1)
    assert len(a.take_news()) == 2, "of two minutes"
    assert used(b) == 0


def test_what_is_long_past_is_not_refunded() -> None:
    a, _ = pair()
    count(a, 100)
    a.account(TENANT, WALL + 119)
    refund(a, 10)
    assert used(a) == 90
    a.account(TENANT, WALL + 120)
    refund(a, 10)
    assert used(a) == 90
    assert used(a, wall=WALL + 120) == 0


def test_nobody_has_used_less_than_nothing() -> None:
    a, b = pair()
    count(a, 5)
    refund(a, 5)
    b.merge([one for one in a.take_news() if one.quantity == REFUNDS[INPUT_TOKENS]], WALL)
    count(b, 3)
    assert used(b) == 0, "until the count itself has come"
    b.merge(a.everything(), WALL)
    assert used(b) == 3


def test_a_newcomer_learns_what_is_used_of_this_minute() -> None:
    a, b = pair()
    count(a, 100)
    refund(a, 40)
    b.merge(a.everything(), WALL)
    assert used(b) == 60
    assert used(b, wall=WALL + 60) == 0


# Whatever happens on the way


class Post:
    """Three nodes and the messages between them."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)  # noqa: S311 - no secret
        self.nodes = [Meters(name, 1) for name in "abc"]
        hear_each_other(*self.nodes)
        self.waiting: list[tuple[Meters, MeterNews]] = []
        self.truth = 0
        self.tokens = dict.fromkeys("abc", 0)
        self.held = {node._node: 0 for node in self.nodes}

    def act(self) -> None:
        """One node does something."""
        node, amount = self.dice.choice(self.nodes), self.dice.randint(0, 100)
        match self.dice.randint(0, 4):
            case 0:
                spend(node, amount)
                self.truth += amount
            case 1:
                hold(node, amount)
                self.held[node._node] += amount
            case 2:
                count(node, amount)
                self.tokens[node._node] += amount
            case 3:
                amount = min(amount, self.tokens[node._node])
                refund(node, amount)
                self.tokens[node._node] -= amount
            case _:
                amount = min(amount, self.held[node._node])
                let_go(node, amount)
                self.held[node._node] -= amount
        if self.dice.random() < 0.3:
            self.publish(node, node.take_news())

    def publish(self, sender: Meters, news: list[MeterNews]) -> None:
        """Send to both others: lost, doubled and out of order."""
        for other in self.nodes:
            for one in news:
                if other is not sender:
                    self.waiting += [(other, one)] * self.dice.choice([0, 1, 1, 2])

    def deliver(self) -> None:
        """Some of what waits comes."""
        self.dice.shuffle(self.waiting)
        for _ in range(min(len(self.waiting), self.dice.randint(0, 5))):
            other, news = self.waiting.pop()
            other.merge([news], WALL)


@settings(max_examples=60)
@given(st.integers(0, 10**9), st.integers(1, 80))
def test_no_total_is_ever_wrong_for_long(seed: int, steps: int) -> None:
    post = Post(seed)
    for _ in range(steps):
        post.act()
        post.deliver()
        for node in post.nodes:
            assert 0 <= spent(node) <= post.truth, "nobody knows of more than was spent"
            assert node.account(TENANT, WALL).held_elsewhere() >= 0
            own = node.account(TENANT, WALL).spent[Span.DAY].of(number_at(Span.DAY, WALL), node._node)
            assert spent(node) >= own, "nobody forgets what it spent itself"
    for node in post.nodes:
        for other in post.nodes:
            other.merge(node.everything(), WALL)
    while post.waiting:
        post.deliver()
    for node in post.nodes:
        assert spent(node) == post.truth
        assert used(node) == sum(post.tokens.values())
        elsewhere = sum(held for name, held in post.held.items() if name != node._node)
        assert node.account(TENANT, WALL).held_elsewhere() == elsewhere
