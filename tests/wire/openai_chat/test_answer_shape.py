import msgspec
import pytest

from mainstay.wire.codec import Identity
from mainstay.wire.openai_chat.answer_shape import CALL_IDS, Call, Function, answer_id_of


def test_the_exchange_lends_its_id() -> None:
    assert answer_id_of(Identity("ex_42", 0, "m", "u")) == "chatcmpl-42"


def test_a_call_as_the_protocol_has_it() -> None:
    assert msgspec.to_builtins(Call("c", Function("f", "{}"))) == {
        "id": "c",
        "type": "function",
        "function": {"name": "f", "arguments": "{}"},
    }


@pytest.mark.parametrize("call_id", ["call_1", "toolu_01A09q90qw90lq917835lq9", "fc-1", "x" * 40])
def test_an_id_that_fits_stays(call_id: str) -> None:
    assert CALL_IDS.fit(call_id) == call_id


@pytest.mark.parametrize("call_id", ["", "x" * 41, "functions.f:0", "é", "\ud800"])
def test_any_other_id_is_replaced(call_id: str) -> None:
    assert CALL_IDS.fit(call_id).startswith("call_")
    assert CALL_IDS.pattern.fullmatch(CALL_IDS.fit(call_id))
