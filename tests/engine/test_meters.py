"""What nodes tell each other of their use: any order, any loss, twice, and nothing comes out wrong for long."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine import meters as meters_module
from mainstay.engine.meters import (
    GONE,
    HERE,
    NANODOLLARS,
    NODE_KEPT_SECONDS,
    NODES_MAX,
    PRESENCE,
    RELEASED,
    RESERVED,
    Meters,
)
from mainstay.engine.quantities import INPUT_TOKENS, REFUNDS, REQUESTS
from mainstay.engine.windows import Span, number_at
from mainstay.model.news import MeterNews
from tests.engine.metering import TENANT, TODAY, WALL, count, hold, let_go, pair, spend, spent, used

DAY = 86_400.0

# News


def test_what_one_spends_the_other_knows() -> None:
    a, b = pair()
    spend(a, 100)
    spend(a, 11)
    b.merge(a.take_news(), WALL)
    assert (spent(b), spent(b, span=Span.MONTH)) == (111, 111)
    spend(b, 5)
    assert spent(b) == 116


def test_changes_are_told_once_and_together() -> None:
    a, _ = pair()
    for _ in range(100):
        spend(a, 1)
    assert [(one.quantity, one.window, one.used) for one in a.take_news()] == [
        (NANODOLLARS, TODAY, 100),
        (NANODOLLARS, "M2026-03", 100),
    ]
    assert a.take_news() == []


def test_reservations_are_known_elsewhere() -> None:
    a, b = pair()
    hold(a, 50)
    hold(a, 20)
    let_go(a, 50)
    b.merge(a.take_news(), WALL)
    assert b.account(TENANT, WALL).held_elsewhere() == 20


def test_what_is_settled_is_told_before_it_is_released() -> None:
    a, _ = pair()
    hold(a, 50)
    let_go(a, 50)
    spend(a, 40)
    assert [one.quantity for one in a.take_news()] == [RESERVED, NANODOLLARS, NANODOLLARS, RELEASED]


def test_requests_are_told_too() -> None:
    a, b = pair()
    count(a, 1, quantity=REQUESTS)
    b.merge(a.take_news(), WALL)
    assert used(b, quantity=REQUESTS) == 1


def test_a_new_life_leaves_no_reservation_behind() -> None:
    a, b = pair()
    hold(a, 1_000)
    b.merge(a.take_news(), WALL)
    again = Meters("a", 2)
    hold(again, 5)
    b.merge(again.take_news(), WALL)
    assert b.account(TENANT, WALL).held_elsewhere() == 5
    hold(a, 7)
    b.merge(a.take_news(), WALL)
    assert b.account(TENANT, WALL).held_elsewhere() == 5, "news of the former life that come late"


def test_others_give_back_what_we_have_lost() -> None:
    a, b = pair()
    spend(a, 100)
    b.merge(a.take_news(), WALL)
    b.peers.heard((), WALL)
    again = Meters("a", 2)
    again.merge(b.everything(), WALL)
    assert spent(again) == 100
    spend(again, 1)
    b.merge(again.take_news(), WALL)
    assert spent(b) == 101


def test_a_newcomer_learns_everything_also_of_the_dead() -> None:
    a, b = pair()
    spend(a, 100)
    b.merge(a.take_news(), WALL)
    spend(b, 10)
    hold(b, 3)
    b.peers.part("a")
    newcomer = Meters("c", 1)
    newcomer.peers.heard(["b"], WALL)
    newcomer.merge(b.everything(), WALL)
    assert (spent(newcomer), newcomer.account(TENANT, WALL).held_elsewhere()) == (110, 3)
    assert newcomer.peers.count == 2, "the dead need no share"


def test_who_is_alive_tells_its_own_use_itself() -> None:
    a, b = pair()
    spend(a, 100)
    b.merge(a.take_news(), WALL)
    assert [one.node for one in b.everything()] == ["b"]


def test_a_long_account_is_told_in_parts() -> None:
    a, b = Meters("a", 1, everything_max=20), Meters("b", 1)
    for number in range(100):
        spend(a, 1, f"tenant:{number}")
    parts = 0
    while sum(spent(b, f"tenant:{number}") for number in range(100)) < 100:
        news = a.everything()
        assert len(news) <= 20 + 4
        b.merge(news, WALL)
        parts += 1
    assert parts == 10


def test_windows_that_are_over_are_not_told_again() -> None:
    a, _ = pair()
    spend(a, 1, wall=WALL - DAY)
    spend(a, 1)
    assert [one.window for one in a.everything() if one.quantity == NANODOLLARS] == [TODAY, "M2026-03"]


def test_who_leaves_says_so() -> None:
    a, b = pair()
    b.peers.heard((), WALL)
    assert b.peers.careful
    a.leave()
    b.merge(a.take_news(), WALL)
    assert (b.peers.careful, b.peers.count) == (False, 1)


def test_presence_is_told_with_everything() -> None:
    assert Meters("a", 7).everything() == [MeterNews("", PRESENCE, "b7", "a", HERE)]


def test_what_we_learn_of_ourselves_is_told_on_and_saved() -> None:
    again = Meters("a", 2)
    again.merge([MeterNews(TENANT, NANODOLLARS, TODAY, "a", 100), MeterNews(TENANT, NANODOLLARS, TODAY, "b", 1)], WALL)
    assert again.take_news() == [MeterNews(TENANT, NANODOLLARS, TODAY, "a", 100)]
    assert len(again.take_unsaved(10)) == 2


def test_an_old_goodbye_does_not_part_a_new_life() -> None:
    a, b = pair()
    a.merge(Meters("b", 2).everything(), WALL)
    b.leave()
    a.merge(b.take_news(), WALL)
    assert a.peers.count == 2


# What is not believed

ODD = [
    MeterNews("", NANODOLLARS, TODAY, "b", 5),
    MeterNews(TENANT, NANODOLLARS, TODAY, "", 5),
    MeterNews(TENANT, NANODOLLARS, TODAY, "b", -5),
    MeterNews(TENANT, NANODOLLARS, TODAY, "b", 2**63),
    MeterNews(TENANT, NANODOLLARS, "tomorrow", "b", 5),
    MeterNews(TENANT, NANODOLLARS, "M2027-03", "b", 5),
    MeterNews(TENANT, NANODOLLARS, "m29540809", "b", 5),
    MeterNews(TENANT, REQUESTS, TODAY, "b", 5),
    MeterNews(TENANT, REQUESTS, "m1", "b", 5),
    MeterNews(TENANT, INPUT_TOKENS, TODAY, "b", 5),
    MeterNews(TENANT, REFUNDS[INPUT_TOKENS], TODAY, "b", 5),
    MeterNews(TENANT, "gold", TODAY, "b", 5),
    MeterNews(TENANT, "gold", "b1", "b", 5),
    MeterNews(TENANT, RESERVED, TODAY, "b", 5),
    MeterNews(TENANT, RESERVED, "bx", "b", 5),
    MeterNews("", RESERVED, "b1", "b", 5),
    MeterNews("x" * 301, NANODOLLARS, TODAY, "b", 5),
    MeterNews(TENANT, NANODOLLARS, TODAY, "b" * 301, 5),
]


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_news_that_make_no_sense_are_ignored(odd: MeterNews) -> None:
    meters = Meters("a", 1)
    meters.merge([odd], WALL)
    assert meters.ignored == 1
    assert spent(meters) == 0
    assert meters.account(TENANT, WALL).held == {}


@given(st.builds(MeterNews, st.text(), st.text(), st.text(), st.text(), st.integers()))
def test_no_news_are_too_strange(news: MeterNews) -> None:
    meters = Meters("a", 1)
    meters.merge([news], WALL)
    meters.everything()
    assert meters.take_unsaved(10) == [] or news.used > 0


def test_a_clock_that_is_a_day_off_is_believed_and_one_that_is_two_off_is_not() -> None:
    meters = Meters("a", 1)
    day = number_at(Span.DAY, WALL)
    for off in (-2, -1, 0, 1, 2):
        meters.merge([MeterNews(TENANT, NANODOLLARS, f"d{day + off}", "b", 5)], WALL)
    assert meters.ignored == 2


def test_the_largest_numbers_and_names_are_believed() -> None:
    meters = Meters("a", 1)
    subject, node = "tenant:" + "x" * 293, "n" * 300
    meters.merge([MeterNews(subject, NANODOLLARS, TODAY, node, 2**62)], WALL)
    assert (meters.ignored, spent(meters, subject)) == (0, 2**62)


# Bounds


def test_subjects_are_bounded_and_the_one_unused_for_longest_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meters_module, "SUBJECTS_MAX", 10)
    meters = Meters("a", 1)
    for number in range(10):
        spend(meters, 1, f"tenant:{number}")
    spend(meters, 1, "tenant:0", wall=WALL + 60)
    spend(meters, 1, "tenant:new", wall=WALL + 60)
    assert len(meters._accounts) == 10
    assert spent(meters, "tenant:0", wall=WALL + 60) == 2
    assert "tenant:1" not in meters._accounts


def test_nodes_are_bounded_and_those_long_silent_give_way() -> None:
    meters = Meters("a", 1)
    meters.merge((MeterNews(TENANT, NANODOLLARS, TODAY, f"n{number}", 1) for number in range(NODES_MAX + 50)), WALL)
    assert (spent(meters), meters.ignored) == (NODES_MAX, 50)
    later = WALL + NODE_KEPT_SECONDS
    meters.merge([MeterNews(TENANT, NANODOLLARS, TODAY, "late", 1)], later)
    assert spent(meters, wall=later) == NODES_MAX + 1, "what a forgotten node has used stays counted"


def test_the_node_that_is_silent_for_longest_gives_way() -> None:
    meters = Meters("a", 1)
    meters.merge((MeterNews(TENANT, NANODOLLARS, TODAY, f"n{number}", 1) for number in range(NODES_MAX)), WALL)
    later = WALL + NODE_KEPT_SECONDS
    meters.merge([MeterNews(TENANT, NANODOLLARS, TODAY, "n0", 2)], later)
    meters.merge([MeterNews(TENANT, NANODOLLARS, TODAY, "late", 1)], later)
    assert "n0" in meters._nodes
    assert "n1" not in meters._nodes


def test_changes_that_nobody_takes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meters_module, "CHANGES_MAX", 10)
    meters = Meters("a", 1)
    for number in range(100):
        spend(meters, 1, f"tenant:{number}")
    assert len(meters.take_news()) <= 10
    assert len(meters.take_unsaved(100)) <= 10


# For the disk


def test_what_is_to_be_saved_is_use_of_whichever_node_but_no_reservation() -> None:
    a, b = pair()
    spend(a, 100)
    hold(a, 5)
    b.merge(a.take_news(), WALL)
    spend(b, 7)
    assert {(one.node, one.window, one.used) for one in b.take_unsaved(100)} == {
        ("a", TODAY, 100),
        ("a", "M2026-03", 100),
        ("b", TODAY, 7),
        ("b", "M2026-03", 7),
    }
    assert b.take_unsaved(100) == []


def test_much_is_saved_in_parts() -> None:
    meters = Meters("a", 1)
    for number in range(10):
        spend(meters, 1, f"tenant:{number}")
    assert [len(meters.take_unsaved(8)) for _ in range(4)] == [8, 8, 4, 0]


def test_news_fit_the_bus() -> None:
    a, _ = pair()
    spend(a, 2**40)
    hold(a, 1)
    news = a.take_news()
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(news), type=list[MeterNews]) == news
    assert GONE > HERE
