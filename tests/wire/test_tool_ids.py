import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.wire.anthropic.tool_ids import AnswerIds, ConversationIds, allowed_id

ALLOWED = re.compile(r"^[a-zA-Z0-9_-]{1,64}$")


@pytest.mark.parametrize("call_id", ["toolu_01A", "call_abc-9", "a" * 64])
def test_an_allowed_id_stays(call_id: str) -> None:
    assert allowed_id(call_id) == call_id


@pytest.mark.parametrize("call_id", ["", "a" * 65, "functions.weather:0", "ü", "a\n", "call 1"])
def test_any_other_id_is_replaced_and_always_by_the_same(call_id: str) -> None:
    replaced = allowed_id(call_id)
    assert ALLOWED.match(replaced)
    assert replaced != call_id
    assert allowed_id(call_id) == replaced


@given(st.lists(st.text(max_size=70), max_size=8), st.text(max_size=5))
def test_the_ids_of_an_answer_differ(call_ids: list[str], answer_id: str) -> None:
    def given_ids() -> list[str]:
        ids = AnswerIds()
        return [ids.take(call_id, "weather", answer_id) for call_id in call_ids]

    assert len(set(given_ids())) == len(call_ids)
    assert given_ids() == given_ids()


def test_a_first_id_is_kept_and_a_second_one_numbered() -> None:
    ids = AnswerIds()
    assert len(ids) == 0
    assert [ids.take("call_0", "weather", "msg_1") for _ in range(3)] == ["call_0", "call_0_2", "call_0_3"]
    assert len(ids) == 3


def test_a_missing_id_is_made_of_place_name_and_answer() -> None:
    ids = AnswerIds()
    made = [ids.take("", "weather", "msg_1"), ids.take("", "weather", "msg_1")]
    others = [AnswerIds().take("", "time", "msg_1"), AnswerIds().take("", "weather", "msg_2")]
    assert len({*made, *others}) == 4
    assert all(ALLOWED.match(one) for one in (*made, *others))
    assert AnswerIds().take("", "weather", "msg_1") == made[0]


def test_a_result_finds_its_call() -> None:
    ids = ConversationIds()
    call = ids.call("functions.weather:0")
    assert ids.unanswered() == "functions.weather:0"
    assert ids.result("functions.weather:0") == call
    assert ids.unanswered() is None
    assert ids.result("functions.weather:0") is None


def test_ids_that_each_turn_uses_anew_are_told_apart() -> None:
    ids = ConversationIds()
    first = ids.call("call_0")
    assert ids.result("call_0") == first
    second = ids.call("call_0")
    assert ids.result("call_0") == second
    assert (first, second) == ("call_0", "call_0_2")


def test_of_two_calls_with_one_id_the_first_result_is_the_firsts() -> None:
    ids = ConversationIds()
    calls = [ids.call("x"), ids.call("x")]
    assert [ids.result("x"), ids.result("x")] == calls


def test_a_long_id_keeps_its_length_when_numbered() -> None:
    ids = ConversationIds()
    assert all(ALLOWED.match(ids.call("a" * 64)) for _ in range(12))
