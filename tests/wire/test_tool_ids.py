import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.wire.tool_ids import AnswerIds, ConversationIds, DistinctNames, IdSyntax

LETTERS = IdSyntax(re.compile(r"[a-zA-Z0-9_-]{1,64}"))
NINE = IdSyntax(re.compile(r"[A-Za-z0-9]{9}"), prefix="", longest=9)
# Lone surrogates among them: what somebody sends must never raise.
any_text = st.text(st.characters(exclude_categories=()), max_size=70)


@pytest.mark.parametrize("call_id", ["toolu_01A", "call_abc-9", "a" * 64])
def test_an_id_that_fits_stays(call_id: str) -> None:
    assert LETTERS.fit(call_id) == call_id


@pytest.mark.parametrize("call_id", ["", "a" * 65, "functions.weather:0", "ü", "a\n", "call 1", "\ud800"])
def test_any_other_id_is_replaced_under_the_prefix(call_id: str) -> None:
    assert LETTERS.fit(call_id).startswith("call_")
    assert LETTERS.fit(call_id) != call_id


@pytest.mark.parametrize("syntax", [LETTERS, NINE])
@given(call_id=any_text)
def test_every_id_is_made_to_fit_always_in_the_same_way(syntax: IdSyntax, call_id: str) -> None:
    fitted = syntax.fit(call_id)
    assert syntax.pattern.fullmatch(fitted)
    assert syntax.fit(call_id) == syntax.fit(fitted) == fitted


@given(any_text, any_text)
def test_two_ids_stay_two(one: str, other: str) -> None:
    assert (LETTERS.fit(one) == LETTERS.fit(other)) == (one == other)


def test_a_name_that_is_taken_gets_a_number() -> None:
    names = DistinctNames()
    assert [names.take(name) for name in ("a", "a_2", "a", "a", "b")] == ["a", "a_2", "a_3", "a_4", "b"]
    assert len(names) == 5


def test_the_number_may_stand_behind_a_space() -> None:
    names = DistinctNames(separator=" ")
    assert [names.take("report") for _ in range(3)] == ["report", "report 2", "report 3"]


def test_a_long_name_keeps_its_length_when_numbered() -> None:
    names = DistinctNames(longest=8)
    assert [names.take("abcdefgh") for _ in range(3)] == ["abcdefgh", "abcdef_2", "abcdef_3"]


def test_very_many_of_one_name_are_numbered_on_and_not_from_the_start() -> None:
    names = DistinctNames()
    assert len({names.take("a") for _ in range(50_000)}) == 50_000
    assert names.take("a") == "a_50001"


@given(st.lists(any_text, max_size=8), any_text)
def test_the_ids_of_an_answer_differ_and_are_the_same_again(call_ids: list[str], answer_id: str) -> None:
    def given_ids() -> list[str]:
        ids = AnswerIds(answer_id)
        return [ids.take(call_id, "weather") for call_id in call_ids]

    assert len(set(given_ids())) == len(call_ids)
    assert given_ids() == given_ids()


def test_a_first_id_is_kept_and_a_second_one_numbered() -> None:
    ids = AnswerIds("msg_1")
    assert len(ids) == 0
    assert [ids.take("call_0", "weather") for _ in range(3)] == ["call_0", "call_0_2", "call_0_3"]
    assert len(ids) == 3


def test_a_missing_id_is_made_of_answer_place_name_and_arguments() -> None:
    ids = AnswerIds("msg_1")
    made = [ids.take("", "weather"), ids.take("", "weather")]
    others = [
        AnswerIds("msg_1").take("", "time"),
        AnswerIds("msg_2").take("", "weather"),
        AnswerIds("msg_1").take("", "weather", '{"city":"Rome"}'),
    ]
    assert len({*made, *others}) == 5
    assert all(LETTERS.pattern.fullmatch(one) for one in (*made, *others))
    assert AnswerIds("msg_1").take("", "weather") == made[0]


def test_a_made_up_id_has_the_prefix_of_its_protocol() -> None:
    assert AnswerIds("a").take("", "f").startswith("call_")
    assert AnswerIds("a", "toolu_").take("", "f").startswith("toolu_")


def test_a_result_finds_its_call() -> None:
    ids = ConversationIds(LETTERS)
    call = ids.call("functions.weather:0")
    assert LETTERS.pattern.fullmatch(call)
    assert ids.unanswered() == "functions.weather:0"
    assert ids.result("functions.weather:0") == call
    assert ids.unanswered() is None
    assert ids.result("functions.weather:0") is None


def test_ids_that_each_turn_uses_anew_are_told_apart() -> None:
    ids = ConversationIds(LETTERS)
    first = ids.call("call_0")
    assert ids.result("call_0") == first
    second = ids.call("call_0")
    assert ids.result("call_0") == second
    assert (first, second) == ("call_0", "call_0_2")


def test_of_two_calls_with_one_id_the_first_result_is_the_firsts() -> None:
    ids = ConversationIds(LETTERS)
    calls = [ids.call("x"), ids.call("x")]
    assert [ids.result("x"), ids.result("x")] == calls


def test_numbered_ids_of_a_conversation_fit_too() -> None:
    ids = ConversationIds(LETTERS)
    assert all(LETTERS.pattern.fullmatch(ids.call("a" * 64)) for _ in range(12))
