import msgspec
import pytest

from mainstay.model.conversation import Refusal, Text, Thinking, ToolCall
from mainstay.model.fault import Fault, FaultKind
from mainstay.wire.json_bytes import raw
from mainstay.wire.openai_responses.made_items import CallIds, MadeItem, call_of, thinking_of, unknown_item, words_of


def made(**fields: object) -> MadeItem:
    return msgspec.json.decode(raw(fields), type=MadeItem)


def test_a_message() -> None:
    item = made(content=[{"text": "a"}, {"refusal": "No"}, {"text": ""}])
    assert words_of(item) == [Text("a"), Refusal("No")]


@pytest.mark.parametrize(
    ("item", "thinking"),
    [
        (made(summary=[{"text": "a"}, {"text": "b"}], encrypted_content="g"), Thinking("", "a\n\nb", "g")),
        (made(summary=[], encrypted_content="g"), Thinking("", "", "g", hidden=True)),
        (made(summary=[], content=[{"type": "reasoning_text", "text": "raw"}]), Thinking("", "raw")),
    ],
)
def test_reasoning(item: MadeItem, thinking: Thinking) -> None:
    assert thinking_of(item) == thinking


def test_ids_of_one_answer_never_collide() -> None:
    ids = CallIds("resp_1")
    assert [ids.of("a", "f", 0), ids.of("a", "f", 1), ids.of("a_2", "f", 2)] == ["a", "a_2", "a_2_2"]


def test_a_missing_id_follows_from_the_place_the_name_and_the_answer() -> None:
    made_up = CallIds("resp_1").of("", "f", 0)
    assert made_up.startswith("call_")
    assert made_up == CallIds("resp_1").of("", "f", 0)
    others = {CallIds("resp_2").of("", "f", 0), CallIds("resp_1").of("", "g", 0), CallIds("resp_1").of("", "f", 1)}
    assert len(others | {made_up}) == 4


def test_a_whole_call() -> None:
    item = made(name="f", call_id="c")
    assert call_of(item, "", CallIds(), 0) == ToolCall("c", "f", "{}")
    assert call_of(item, '{"a":1}', CallIds(), 0) == ToolCall("c", "f", '{"a":1}')


@pytest.mark.parametrize(("name", "arguments"), [("f", "{oops"), ("f", "[]"), ("f", "{} {}"), ("", "{}")])
def test_a_call_that_is_not_one_object_is_a_fault(name: str, arguments: str) -> None:
    told = call_of(made(name=name, call_id="c"), arguments, CallIds(), 0)
    assert isinstance(told, Fault)
    assert told.kind is FaultKind.MALFORMED


def test_an_item_of_another_kind_is_named() -> None:
    assert "web_search_call" in unknown_item("web_search_call").message
