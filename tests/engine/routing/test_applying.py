"""What each kind of order makes of a menu, and what none of them ever does."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.routing.applying import applied
from mainstay.engine.routing.routed import Drained, RoutedMenu
from mainstay.engine.routing.scoping import precedence
from mainstay.model.catalogue import Candidate, Menu
from mainstay.model.orders import Order, OrderKind, Scope
from tests.engine.routing.given import MENUS, ORDERS, WALL, candidate, menu, names, order

ALPHA, BETA, GAMMA = candidate("alpha"), candidate("beta"), candidate("gamma")
OTHER = candidate("other", "n", substitute=True)
TWO_KEYS = candidate("alpha", "m", "main", "spare")


def made(of: Menu, *orders: Order) -> Menu:
    told = sorted(orders, key=precedence)
    return applied(of, told, {one.id for one in told})


def routed(of: Menu, *orders: Order) -> RoutedMenu:
    found = made(of, *orders)
    assert isinstance(found, RoutedMenu)
    return found


def credentials(one: Candidate) -> list[str]:
    return [key.name for key in one.upstream.credentials]


def test_a_pinned_upstream_is_the_only_one() -> None:
    pin = order(OrderKind.PIN, "beta")
    found = routed(menu(ALPHA, BETA, GAMMA), pin)
    assert names(found) == ["beta"]
    assert found.moved == pin.words
    assert [(one.upstream, one.reason) for one in found.skipped[1:]] == [("alpha", pin.words), ("gamma", pin.words)]


def test_work_that_policy_keeps_from_the_pinned_upstream_goes_on_under_its_policy() -> None:
    plain = menu(ALPHA, BETA)
    assert made(plain, order(OrderKind.PIN, "eu-only")) is plain


def test_of_two_pins_the_narrower_one_counts() -> None:
    wide = order(OrderKind.PIN, "alpha", given_at=WALL)
    narrow = order(OrderKind.PIN, "beta", Scope(models=("claude",)), given_at=WALL - 60)
    assert names(made(menu(ALPHA, BETA), wide, narrow)) == ["beta"]


def test_a_preferred_upstream_goes_first_and_nobody_is_lost() -> None:
    found = routed(menu(ALPHA, BETA, OTHER), order(OrderKind.PREFER, "beta"))
    assert names(found) == ["beta", "alpha", "other"]


def test_a_substitute_is_never_put_before_the_model_that_was_asked() -> None:
    late = candidate("late", "n", substitute=True)
    found = made(menu(ALPHA, OTHER, BETA, late), order(OrderKind.PREFER, "late"))
    assert names(found) == ["alpha", "late", "beta", "other"]
    assert isinstance(found, RoutedMenu)
    assert found.moved == ""


def test_a_shift_moves_only_those_sessions_that_it_is_for() -> None:
    shift = order(OrderKind.SHIFT, "beta", percent=10.0)
    plain = menu(ALPHA, BETA)
    assert applied(plain, [shift], ()) is plain
    assert names(applied(plain, [shift], {shift.id})) == ["beta", "alpha"]


def test_a_drained_upstream_goes_behind_everybody_also_behind_substitutes() -> None:
    drain = order(OrderKind.DRAIN, "alpha")
    found = routed(menu(ALPHA, BETA, OTHER), drain)
    assert names(found) == ["beta", "other", "alpha"]
    assert [isinstance(one, Drained) for one in found.candidates] == [False, False, True]
    assert found.moved == drain.words
    assert found.skipped == found.origin.skipped


def test_where_everybody_is_drained_nobody_is() -> None:
    plain = menu(ALPHA, BETA)
    assert made(plain, order(OrderKind.DRAIN, "alpha"), order(OrderKind.DRAIN, "beta")) is plain


def test_a_drained_credential_goes_behind_everybody_and_the_other_one_stays() -> None:
    found = made(menu(TWO_KEYS, BETA), order(OrderKind.DRAIN, "alpha", credential="main"))
    assert [(one.upstream.name, credentials(one), isinstance(one, Drained)) for one in found.candidates] == [
        ("alpha", ["spare"], False),
        ("beta", [], False),
        ("alpha", ["main"], True),
    ]
    assert isinstance(found, RoutedMenu)
    assert found.moved == ""


def test_a_forbidden_upstream_is_gone_and_the_order_is_named() -> None:
    forbid = order(OrderKind.FORBID, "alpha")
    found = routed(menu(ALPHA), forbid)
    assert names(found) == []
    assert found.skipped[-1].reason == forbid.words
    assert found.forbidden == (("alpha", "m"),)


def test_a_forbidden_model_leaves_the_upstreams_others() -> None:
    mini = candidate("alpha", "mini", substitute=True)
    assert made(menu(ALPHA, mini), order(OrderKind.FORBID, "alpha", model="mini")).candidates == (ALPHA,)


@pytest.mark.parametrize(("keys", "left"), [(("main", "spare"), [["spare"]]), (("main",), []), ((), [[]])])
def test_a_forbidden_credential_is_not_used(keys: tuple[str, ...], left: list[list[str]]) -> None:
    found = made(menu(candidate("alpha", "m", *keys)), order(OrderKind.FORBID, "alpha", credential="main"))
    assert [credentials(one) for one in found.candidates] == left
    assert not isinstance(found, RoutedMenu) or found.forbidden == ()


def test_who_comes_first_after_all_was_not_moved() -> None:
    shift = order(OrderKind.SHIFT, "alpha")
    found = routed(menu(ALPHA, GAMMA, BETA), order(OrderKind.PREFER, "beta"), shift)
    assert names(found) == ["alpha", "beta", "gamma"]
    assert found.moved == ""


def test_a_forbidden_upstream_cannot_be_pinned() -> None:
    assert names(made(menu(ALPHA, BETA), order(OrderKind.PIN, "alpha"), order(OrderKind.FORBID, "alpha"))) == []


def test_without_substitutes_only_the_model_that_was_asked_is_left() -> None:
    assert names(made(menu(ALPHA, OTHER), order(OrderKind.NO_SUBSTITUTES))) == ["alpha"]


def test_a_safe_mode_is_told_by_the_order_that_holds_longest() -> None:
    short, long = (order(OrderKind.CRITICAL_ONLY, expires_at=WALL + seconds) for seconds in (60, 600))
    found = routed(menu(ALPHA), long, short)
    assert (found.critical_only, found.cache_first, found.read_only) == (long, None, None)


def test_who_asks_nobody_gives_old_answers_first() -> None:
    closed = order(OrderKind.READ_ONLY)
    found = routed(menu(ALPHA), closed)
    assert (found.read_only, found.cache_first) == (closed, closed)


def test_an_order_that_changes_nothing_leaves_the_menu_itself() -> None:
    plain = menu(ALPHA, BETA)
    assert made(plain, order(OrderKind.PREFER, "alpha"), order(OrderKind.FORBID, "gamma")) is plain


def triple(one: Candidate, key: str) -> tuple[str, str, str]:
    return one.upstream.name, one.model, key


def ways(of: Menu) -> set[tuple[str, str, str]]:
    return {triple(one, key) for one in of.candidates for key in credentials(one) or [""]}


@given(of=MENUS, orders=st.lists(ORDERS, max_size=6))
def test_policy_is_never_relaxed(of: Menu, orders: Sequence[Order]) -> None:
    found = made(of, *orders)
    assert ways(found) <= ways(of)
    assert found.skipped[: len(of.skipped)] == of.skipped
    assert found.workload == of.workload
    primary = {one.model for one in of.candidates if not one.substitute}
    assert all(one.substitute or one.model in primary for one in found.candidates)


@given(of=MENUS, orders=st.lists(ORDERS, max_size=6))
def test_what_is_forbidden_is_never_there(of: Menu, orders: Sequence[Order]) -> None:
    left = ways(made(of, *orders))
    for one in orders:
        if one.kind is OrderKind.FORBID:
            gone = {
                way
                for way in ways(of)
                if way[0] == one.upstream and one.model in {"", way[1]} and one.credential in {"", way[2]}
            }
            assert not gone & left


@given(of=MENUS, orders=st.lists(ORDERS, max_size=6))
def test_nothing_is_lost_without_a_reason(of: Menu, orders: Sequence[Order]) -> None:
    found = made(of, *orders)
    told = {(one.upstream, one.model) for one in found.skipped}
    left = {(one.upstream.name, one.model) for one in found.candidates}
    assert {(one.upstream.name, one.model) for one in of.candidates} - left <= told


@given(of=MENUS, orders=st.lists(ORDERS, max_size=6))
def test_who_is_drained_comes_last(of: Menu, orders: Sequence[Order]) -> None:
    marks = [isinstance(one, Drained) for one in made(of, *orders).candidates]
    assert marks == sorted(marks)
    assert not marks or not all(marks)
