"""The orders in force, applied to exchange after exchange."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.routing import routing as routing_module
from mainstay.engine.routing.routing import Routing, routing_of
from mainstay.model.orders import Order, OrderKind, Scope
from tests.engine.routing.given import WALL, candidate, menu, names, order

PLAIN = menu(candidate("alpha"), candidate("beta"))
SHIFT = order(OrderKind.SHIFT, "beta", percent=50.0, ramp_seconds=100.0)


def first(routing: Routing, tenant: str = "acme", point: float = 0.0, wall: float = WALL) -> str:
    return names(routing.route(PLAIN, tenant, point, wall))[0]


def test_without_orders_in_force_there_is_nothing_to_look_up() -> None:
    over = order(OrderKind.PIN, "beta", ended_at=WALL)
    assert routing_of([], WALL) is None
    assert routing_of([over], WALL) is None
    assert routing_of([order(OrderKind.PIN, "beta")], WALL + 3_600) is None


def test_orders_out_of_scope_change_nothing() -> None:
    found = Routing([order(OrderKind.PIN, "beta", Scope(models=("gpt",)))])
    assert found.route(PLAIN, "acme", 0.0, WALL) is PLAIN


def test_a_tenants_order_is_for_that_tenant_alone() -> None:
    found = Routing([order(OrderKind.PIN, "beta", Scope(tenants=("acme",)))])
    assert (first(found, "acme"), first(found, "other")) == ("beta", "alpha")


@given(point=st.floats(0, 1, exclude_max=True), early=st.floats(0, 100), late=st.floats(0, 100))
def test_a_session_that_was_moved_stays_moved_as_the_share_grows(point: float, early: float, late: float) -> None:
    early, late = sorted((early, late))
    found = Routing([SHIFT])
    if first(found, point=point, wall=WALL + early) == "beta":
        assert first(found, point=point, wall=WALL + late) == "beta"


def test_the_share_is_what_the_order_says() -> None:
    found = Routing([SHIFT])
    points = [number / 1_000 for number in range(1_000)]
    moved = sum(first(found, point=point, wall=WALL + 100) == "beta" for point in points)
    assert moved == 500


def test_what_was_worked_out_is_not_worked_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Routing([order(OrderKind.PIN, "beta"), SHIFT])
    once = found.route(PLAIN, "acme", 0.9, WALL)
    monkeypatch.setattr(routing_module, "applied", lambda *_: pytest.fail("worked out again"))
    assert found.route(PLAIN, "other", 0.9, WALL) is once


def test_a_menu_of_a_newer_configuration_is_worked_out_anew() -> None:
    found = Routing([order(OrderKind.PIN, "beta")])
    assert first(found) == "beta"
    changed = msgspec.structs.replace(PLAIN, candidates=(*PLAIN.candidates, candidate("beta", "n")))
    assert names(found.route(changed, "acme", 0.0, WALL)) == ["beta", "beta"]


def test_callers_who_invent_models_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing_module, "REMEMBERED_MAX", 10)
    found = Routing([order(OrderKind.PIN, "beta")])
    for number in range(100):
        found.route(msgspec.structs.replace(PLAIN, model=f"m{number}"), "acme", 0.0, WALL)
    assert len(found._known) <= 10


def test_only_shifts_need_to_know_where_a_session_stands() -> None:
    assert Routing([SHIFT]).has_shifts
    assert not Routing([order(OrderKind.DRAIN, "beta")]).has_shifts


def test_orders_are_kept_in_their_precedence() -> None:
    narrow: Order = order(OrderKind.PIN, "beta", Scope(tenants=("acme",)), given_at=WALL - 60)
    wide = order(OrderKind.PIN, "alpha")
    assert Routing([narrow, wide]).orders == (wide, narrow)
