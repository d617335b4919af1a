import msgspec
import pytest

from mainstay.model.orders import Order, OrderKind

DRAIN = Order("ORD-1234", OrderKind.DRAIN, "ada", "slow", 100.0, 200.0, "alpha")


def test_an_order_counts_from_when_it_was_given_until_it_expires() -> None:
    assert [DRAIN.is_in_force(wall) for wall in (99.9, 100.0, 199.9, 200.0)] == [False, True, True, False]


def test_a_gateway_whose_clock_is_behind_follows_it_all_the_same() -> None:
    assert DRAIN.is_open(50.0)
    assert not DRAIN.is_open(200.0)


def test_an_order_that_was_ended_counts_no_more() -> None:
    ended = msgspec.structs.replace(DRAIN, ended_at=150.0)
    assert not ended.is_open(120.0)
    assert not ended.is_in_force(120.0)


@pytest.mark.parametrize(
    ("changes", "target"),
    [
        ({}, "drain alpha"),
        ({"model": "opus"}, "drain alpha/opus"),
        ({"credential": "main"}, "drain alpha credential main"),
        ({"kind": OrderKind.SHIFT, "percent": 25.0}, "shift 25 % to alpha"),
        ({"kind": OrderKind.READ_ONLY, "upstream": ""}, "read-only"),
    ],
)
def test_what_it_asks_is_said_in_a_few_words(changes: dict[str, object], target: str) -> None:
    order = msgspec.structs.replace(DRAIN, **changes)
    assert order.target == target
    assert order.words == f"order ORD-1234 ({target}) by ada"
