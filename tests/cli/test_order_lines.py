import msgspec
import pytest

from mainstay.cli.order_lines import order_lines, scope_words, standing_words
from mainstay.model.orders import EVERYTHING, OrderKind, Scope
from tests.engine.routing.given import WALL, order

DRAIN = order(OrderKind.DRAIN, "alpha", id="ORD-AAAA", reason="slow")


def test_an_order_says_what_how_long_by_whom_and_why() -> None:
    scoped = msgspec.structs.replace(DRAIN, scope=Scope(models=("claude",)), incident="INC-7", run="RUN-3")
    assert list(order_lines([scoped], WALL)) == [
        "ORD-AAAA  drain alpha for model claude  in force for 1 h more",
        "          by ada: slow (INC-7 RUN-3)",
    ]


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        (EVERYTHING, ""),
        (Scope(("a", "b"), ("w",), ("t",)), " for model a, b; workload w; tenant t"),
        (Scope(tenants=("t",)), " for tenant t"),
    ],
)
def test_its_scope_is_said_where_it_has_one(scope: Scope, words: str) -> None:
    assert scope_words(scope) == words


def test_how_it_stands() -> None:
    shift = order(OrderKind.SHIFT, "alpha", ramp_seconds=600.0)
    ended = msgspec.structs.replace(DRAIN, ended_at=WALL + 60, ended_by="bob")
    assert standing_words(shift, WALL) == "in force for 1 h more, grows over 10 min"
    assert standing_words(ended, WALL + 180) == "ended 2 min ago by bob"
    assert standing_words(DRAIN, WALL + 3_660) == "expired 1 min ago"


def test_words_from_outside_are_safe_for_a_terminal() -> None:
    (_, why) = order_lines([msgspec.structs.replace(DRAIN, author="a\x1b[31m")], WALL)
    assert "\x1b" not in why
