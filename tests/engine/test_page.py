"""The page of an account: plain numbers that say what the counters would."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstay.engine.meters import NANODOLLARS, Meters
from mainstay.engine.page import Page
from mainstay.engine.quantities import INPUT_TOKENS, OUTPUT_TOKENS, REFUNDS, REQUESTS
from mainstay.engine.windows import Span, number_at
from mainstay.model.news import MeterNews
from tests.engine.metering import TENANT, WALL, hear_each_other

MINUTE = number_at(Span.MINUTE, WALL)
TODAY = number_at(Span.DAY, WALL)
MIDNIGHT = (TODAY + 1) * 86_400.0


def page(wall: float = WALL) -> Page:
    """Of node a, open."""
    one = Page("a")
    one.open(wall)
    return one


def told(one: Page) -> dict[str, int]:
    """What is to be told, and how it stands."""
    return {quantity: one.counters(quantity, span).of(window, "a") for quantity, span, window in one.take_changes()}


def test_what_is_counted_is_known_at_once_and_told_when_somebody_asks() -> None:
    one = page()
    one.requests += 1
    one.input_tokens += 70
    assert one.used_around(REQUESTS, MINUTE) == (1, 0)
    assert told(one) == {REQUESTS: 1, INPUT_TOKENS: 70}
    assert told(one) == {}
    one.requests += 1
    assert told(one) == {REQUESTS: 2}


def test_what_is_given_back_before_anybody_asks_was_never_counted() -> None:
    one = page()
    one.output_tokens += 512
    one.output_tokens -= 500
    assert told(one) == {OUTPUT_TOKENS: 12}
    one.output_tokens += 512
    one.output_tokens -= 512
    assert told(one) == {}


def test_what_is_given_back_later_is_refunded() -> None:
    one = page()
    one.output_tokens += 512
    assert told(one) == {OUTPUT_TOKENS: 512}
    one.output_tokens -= 500
    assert told(one) == {REFUNDS[OUTPUT_TOKENS]: 500}
    assert one.used_around(OUTPUT_TOKENS, MINUTE) == (12, 0)


def test_what_is_not_bound_is_dropped() -> None:
    one = page()
    one.quantities = (REQUESTS,)
    one.requests += 1
    one.input_tokens += 70
    assert told(one) == {REQUESTS: 1}


def test_the_next_page_knows_the_minute_before() -> None:
    one = page()
    one.count(INPUT_TOKENS, 70, WALL)
    one.open(WALL + 60)
    assert (one.input_tokens, one.used_around(INPUT_TOKENS, MINUTE + 1)) == (70, (0, 70))
    one.count(INPUT_TOKENS, 5, WALL + 61)
    assert one.used_around(INPUT_TOKENS, MINUTE + 1) == (5, 70)
    one.open(WALL + 120)
    assert one.input_tokens == 5


@pytest.mark.parametrize("amount", [30, -30])
def test_what_belongs_to_another_minute_closes_the_page(amount: int) -> None:
    one = page()
    one.count(INPUT_TOKENS, 70, WALL)
    one.open(WALL + 60)
    one.count(INPUT_TOKENS, amount, WALL + 59)
    assert not one.begins_at <= WALL + 60 < one.ends_at
    one.open(WALL + 60)
    assert one.input_tokens == 70 + amount


def test_news_of_others_close_the_page_and_old_news_do_not() -> None:
    one = page()
    one.count(REQUESTS, 1, WALL)
    assert one.learn(REQUESTS, Span.MINUTE, MINUTE, "b", 4)
    assert not one.ends_at
    one.open(WALL)
    assert one.requests == 5
    assert not one.learn(REQUESTS, Span.MINUTE, MINUTE, "b", 3)
    assert one.ends_at == WALL + 60


def test_money_counts_in_the_day_and_the_month() -> None:
    one = page()
    one.spend(100, WALL + 3_600)
    assert (one.spent_today, one.spent_this_month) == (100, 100)
    one.spend(11, WALL - 86_400)
    one.open(WALL)
    assert (one.spent_today, one.spent_this_month) == (100, 111)


def test_a_page_ends_with_the_day() -> None:
    one = page(MIDNIGHT - 60)
    one.spend(100, MIDNIGHT - 1)
    one.spend(7, MIDNIGHT)
    assert not one.ends_at, "money of another day is not of this page"
    one.open(MIDNIGHT)
    assert (one.spent_today, one.spent_this_month) == (7, 107)


def test_each_account_is_marked_once_between_two_tellings() -> None:
    meters = Meters("a", 1)
    account = meters.opened(TENANT, WALL)
    for _ in range(2):
        meters.count(account, REQUESTS, 1, WALL)
        assert account.is_dirty
        assert [one.quantity for one in meters.take_news()] == [REQUESTS]
        assert not account.is_dirty


def test_who_is_forgotten_has_told_everything_before() -> None:
    meters = Meters("a", 1)
    account = meters.opened(TENANT, WALL)
    meters.count(account, REQUESTS, 1, WALL)
    meters._forget(TENANT)
    assert not account.ends_at
    assert [(one.subject, one.quantity) for one in meters.take_news()] == [(TENANT, REQUESTS)]
    assert meters.opened(TENANT, WALL) is not account


class Books:
    """Two nodes that count by pages, and what they have truly used."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)  # noqa: S311 - no secret
        self.nodes = [Meters("a", 1), Meters("b", 1)]
        hear_each_other(*self.nodes)
        self.wall = WALL
        self.used: dict[tuple[str, int], int] = {}
        self.spent = 0

    def act(self) -> None:
        """One node does something; sometimes it tells the other one."""
        dice = self.dice
        node = dice.choice(self.nodes)
        account, amount = node.opened(TENANT, self.wall), dice.randint(0, 50)
        quantity = dice.choice([REQUESTS, INPUT_TOKENS, OUTPUT_TOKENS])
        minute = number_at(Span.MINUTE, self.wall)
        match dice.randint(0, 4):
            case 0:
                node.spend(account, amount, self.wall)
                self.spent += amount
            case 1:
                minute -= dice.randint(0, 1)
                amount = min(amount, account.own_used_around(quantity, minute)[0])
                node.refund(account, quantity, amount, minute * 60.0)
                self.add(quantity, minute, -amount)
            case 2:
                self.wall += dice.choice([0.0, 10.0, 40.0])
            case _:
                node.count(account, quantity, amount, self.wall)
                self.add(quantity, minute, amount)
        if dice.random() < 0.3:
            self.tell(node)

    def add(self, quantity: str, minute: int, amount: int) -> None:
        self.used[quantity, minute] = self.used.get((quantity, minute), 0) + amount

    def tell(self, node: Meters) -> None:
        news: list[MeterNews] = node.take_news()
        for other in self.nodes:
            if other is not node:
                other.merge(news, self.wall)

    def check(self, node: Meters) -> None:
        """Both ways to read say the truth."""
        account, minute = node.opened(TENANT, self.wall), number_at(Span.MINUTE, self.wall)
        for quantity, known in (
            (REQUESTS, account.requests),
            (INPUT_TOKENS, account.input_tokens),
            (OUTPUT_TOKENS, account.output_tokens),
        ):
            truth = self.used.get((quantity, minute), 0), self.used.get((quantity, minute - 1), 0)
            assert account.used_around(quantity, minute) == truth
            assert known == sum(truth)
        assert account.spent_today == account.spent_this_month == self.spent
        assert account.counters(NANODOLLARS, Span.DAY).total(TODAY) == self.spent


@settings(max_examples=60)
@given(st.integers(0, 10**9), st.integers(1, 60))
def test_pages_and_counters_always_say_the_same_and_both_nodes_the_truth(seed: int, steps: int) -> None:
    books = Books(seed)
    for _ in range(steps):
        books.act()
    for node in books.nodes:
        books.tell(node)
    for node in books.nodes:
        books.check(node)
