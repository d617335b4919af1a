"""An order proves itself by the key that signs tokens, and by nothing else."""

import msgspec
import pytest

from mainstay.gateway.orders.signed_order import CHARACTERS_MAX, KIND, read_order, sign_order
from mainstay.model.orders import OrderKind
from mainstay.wire.trust.jws import sign
from tests.engine.routing.given import order
from tests.wire.trust.makers import first, key, rotation, token

PIN = order(OrderKind.PIN, "beta")
OTHERS_SIGNATURE = sign_order(order(OrderKind.DRAIN, "alpha"), key()).rpartition(".")[2]


def test_an_order_that_the_signing_key_has_signed_is_read() -> None:
    assert read_order(sign_order(PIN, key()), first()) == PIN


def test_a_key_that_only_verifies_tokens_gives_no_orders_any_more() -> None:
    trust = rotation(first(), 2, 1)
    assert read_order(sign_order(PIN, key(2)), trust) == PIN
    assert read_order(sign_order(PIN, key(1)), trust) == "it is not signed with the key that signs tokens here"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no signed order"),
        ("x" * (CHARACTERS_MAX + 1), "no signed order"),
        (token(), "no signed order"),
        (f"{sign_order(PIN, key()).rpartition('.')[0]}.{OTHERS_SIGNATURE}", "not signed with"),
        (sign_order(PIN, key(9)), "not signed with"),
        (sign(b"{}", KIND, key()), "not an order of this version"),
        (sign(b"[" * 5_000, KIND, key()), "not an order of this version"),
        (sign_order(msgspec.structs.replace(PIN, reason=""), key()), "a reason is needed"),
    ],
)
def test_anything_else_is_not(text: str, words: str) -> None:
    found = read_order(text, first())
    assert isinstance(found, str)
    assert words in found
