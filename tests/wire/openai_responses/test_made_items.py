import msgspec
import pytest

from mainstay.model.conversation import Refusal, Text, Thinking, ToolCall
from mainstay.model.fault import Fault, FaultKind
from mainstay.wire.json_bytes import raw
from mainstay.wire.openai_responses.made_items import MadeItem, call_of, thinking_of, unknown_item, words_of
from mainstay.wire.tool_ids import AnswerIds


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


def test_a_whole_call() -> None:
    item = made(name="f", call_id="c")
    assert call_of(item, "", AnswerIds()) == ToolCall("c", "f", "{}")
    assert call_of(item, '{"a":1}', AnswerIds()) == ToolCall("c", "f", '{"a":1}')


def test_calls_of_one_answer_never_share_an_id() -> None:
    ids = AnswerIds("resp_1")
    calls = [call_of(made(name="f", call_id=given), "", ids) for given in ("a", "a", "", "")]
    assert len({call.id for call in calls if isinstance(call, ToolCall)}) == 4


@pytest.mark.parametrize(("name", "arguments"), [("f", "{oops"), ("f", "[]"), ("f", "{} {}"), ("", "{}")])
def test_a_call_that_is_not_one_object_is_a_fault(name: str, arguments: str) -> None:
    told = call_of(made(name=name, call_id="c"), arguments, AnswerIds())
    assert isinstance(told, Fault)
    assert told.kind is FaultKind.MALFORMED


def test_an_item_of_another_kind_is_named() -> None:
    assert "web_search_call" in unknown_item("web_search_call").message
