import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.conversation import ToolCall
from mainstay.wire.openai_responses.calls import CALL_IDS, call_item, finished, free_text, free_text_arguments
from mainstay.wire.openai_responses.items import CustomCall, FunctionCall


@pytest.mark.parametrize("given_id", ["call_1", "toolu_01Abc", "tooluse_x-y", "a" * 64])
def test_an_id_within_the_syntax_stays(given_id: str) -> None:
    assert CALL_IDS.fit(given_id) == given_id


@pytest.mark.parametrize("given_id", ["", "a" * 65, "a b", "é", "\ud800", "functions.f", "f:0", "a\n"])
def test_any_other_id_is_replaced(given_id: str) -> None:
    assert CALL_IDS.fit(given_id).startswith("call_")
    assert CALL_IDS.pattern.fullmatch(CALL_IDS.fit(given_id))


@given(st.text())
def test_free_text_comes_back_as_it_was(text: str) -> None:
    assert free_text(free_text_arguments(text)) == text


@pytest.mark.parametrize(
    ("arguments", "text"),
    [('{"input":"a","b":1}', "a"), ('{"patch":"a"}', "a"), ('{"a":"1","b":"2"}', '{"a":"1","b":"2"}'), ("{}", "{}")],
)
def test_a_model_that_names_the_parameter_differently_is_understood(arguments: str, text: str) -> None:
    assert free_text(arguments) == text


def test_the_item_of_a_call() -> None:
    call = ToolCall("c", "f", "{}")
    begun = call_item(call, lambda kind: f"{kind}_1", custom=False)
    assert begun == FunctionCall("fc_1", "in_progress", "f", "", "c")
    assert finished(begun, "{}") == FunctionCall("fc_1", "completed", "f", "{}", "c")
    custom = call_item(call, lambda kind: f"{kind}_1", custom=True)
    assert finished(custom, "text") == CustomCall("ctc_1", "completed", "f", "text", "c")
