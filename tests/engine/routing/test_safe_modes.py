"""Whom a safe mode turns away, and what they are told."""

import msgspec
import pytest

from mainstay.engine.routing.applying import applied
from mainstay.engine.routing.safe_modes import turned_away, unasked
from mainstay.model.catalogue import Menu, Priority
from mainstay.model.fault import FaultKind
from mainstay.model.orders import OrderKind
from tests.engine.routing.given import WALL, candidate, menu, order

CRITICAL_ONLY, READ_ONLY = order(OrderKind.CRITICAL_ONLY), order(OrderKind.READ_ONLY)


def under(*kinds: OrderKind, priority: Priority = Priority.INTERACTIVE) -> Menu:
    orders = [one for one in (CRITICAL_ONLY, READ_ONLY) if one.kind in kinds]
    return applied(menu(candidate("alpha"), priority=priority), orders, ())


def middle() -> float:
    return 0.5


def test_work_that_is_not_critical_is_turned_away_by_the_order_until_its_end() -> None:
    fault = turned_away(under(OrderKind.CRITICAL_ONLY), WALL, middle)
    assert fault is not None
    assert (fault.kind, fault.code) == (FaultKind.SHED, "safe_mode")
    assert CRITICAL_ONLY.words in fault.message
    assert "until 1970-01-12 14:46 UTC" in fault.message


def test_critical_work_comes_in() -> None:
    assert turned_away(under(OrderKind.CRITICAL_ONLY, priority=Priority.CRITICAL), WALL, middle) is None


def test_where_nobody_is_asked_critical_work_is_told_so_too() -> None:
    closed = under(OrderKind.READ_ONLY, priority=Priority.CRITICAL)
    fault = unasked(closed, WALL, middle)
    assert fault is not None
    assert READ_ONLY.words in fault.message
    assert turned_away(closed, WALL, middle) is None


@pytest.mark.parametrize(("left", "least", "most"), [(1.0, 1.0, 1.5), (20.0, 20.0, 30.0), (3_600.0, 40.0, 60.0)])
def test_the_wait_is_honest_and_bounded(left: float, least: float, most: float) -> None:
    closing = msgspec.structs.replace(CRITICAL_ONLY, expires_at=WALL + left)
    fault = turned_away(applied(menu(candidate("alpha")), [closing], ()), WALL, middle)
    assert fault is not None
    assert fault.wait_seconds is not None
    assert least <= fault.wait_seconds <= most


def test_without_such_an_order_nobody_is_turned_away() -> None:
    plain = menu(candidate("alpha"))
    assert turned_away(plain, WALL, middle) is None
    assert unasked(plain, WALL, middle) is None
    assert unasked(under(OrderKind.CRITICAL_ONLY), WALL, middle) is None
