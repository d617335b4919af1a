"""What no order may say, wherever it comes from."""

from math import inf, nan

import msgspec
import pytest
from hypothesis import given

from mainstay.engine.routing.soundness import NAMES_MAX, problem_of
from mainstay.model.orders import Order, OrderKind, Scope
from tests.engine.routing.given import ORDERS, WALL, order

DRAIN = order(OrderKind.DRAIN, "alpha")
SHIFT = order(OrderKind.SHIFT, "alpha", percent=50.0, ramp_seconds=60.0)
MANY = tuple(f"m{number}" for number in range(NAMES_MAX + 1))


@given(one=ORDERS)
def test_a_sound_order_has_no_problem(one: Order) -> None:
    assert problem_of(one) == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"id": "../../etc/passwd"}, "id is ORD-"),
        ({"id": "ORD-abc"}, "id is ORD-"),
        ({"reason": "  "}, "a reason is needed"),
        ({"reason": "x" * 501}, "one line of at most 500"),
        ({"reason": "two\nlines"}, "one line"),
        ({"author": ""}, "an author is needed"),
        ({"author": "a\x1b[31m"}, "not one line"),
        ({"upstream": "x" * 201}, "not one line"),
        ({"run": "\x00"}, "not one line"),
        ({"scope": Scope(models=MANY)}, "more than 50"),
        ({"scope": Scope(tenants=("",))}, "empty"),
        ({"given_at": nan}, "instants"),
        ({"expires_at": inf}, "instants"),
        ({"ended_at": -1.0}, "instants"),
        ({"expires_at": WALL}, "must expire within 7 days"),
        ({"expires_at": WALL + 604_801}, "must expire within 7 days"),
        ({"revision": 0}, "revision"),
        ({"upstream": ""}, "drain needs an upstream"),
        ({"kind": OrderKind.READ_ONLY}, "read-only takes no upstream"),
        ({"kind": OrderKind.READ_ONLY, "upstream": "", "model": "m"}, "only be named with its upstream"),
        ({"kind": OrderKind.PIN, "credential": "main"}, "only drain and forbid"),
        ({"percent": 50.0}, "belong to shift"),
        ({"ramp_seconds": 1.0}, "belong to shift"),
    ],
)
def test_what_is_wrong_is_said(changes: dict[str, object], words: str) -> None:
    assert words in problem_of(msgspec.structs.replace(DRAIN, **changes))


@pytest.mark.parametrize("changes", [{"percent": 0.0}, {"percent": 101.0}, {"percent": nan}, {"ramp_seconds": -1.0}])
def test_a_share_is_a_percentage_and_a_ramp_a_time(changes: dict[str, float]) -> None:
    assert problem_of(SHIFT) == ""
    assert problem_of(msgspec.structs.replace(SHIFT, **changes))
