import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.conversation import Part, Refusal, Text, ToolCall
from mainstay.model.frame import Usage
from mainstay.model.piece import Stop, WholeAnswer
from mainstay.wire.anthropic.answer_reader import read_answer
from mainstay.wire.anthropic.answer_writer import write_answer
from tests.wire.anthropic import official
from tests.wire.anthropic.neutral import GOLDEN, HIDDEN, IDENTITY, SEALED, arguments, ids, texts, usages


def write(*parts: Part, stop: Stop = Stop.END, sequence: str = "", usage: Usage | None = None) -> dict[str, Any]:
    answer = WholeAnswer("other-id", "other-model", parts, stop, sequence, usage)
    written: dict[str, Any] = json.loads(write_answer(answer, IDENTITY))
    return written


def test_the_golden_answer_both_ways() -> None:
    golden = (GOLDEN / "answer.json").read_bytes()
    answer = read_answer(golden)
    assert isinstance(answer, WholeAnswer)
    assert json.loads(write_answer(answer, IDENTITY)) == json.loads(golden)


def test_nothing_is_said_of_other_makers_thinking() -> None:
    assert [block["type"] for block in write(SEALED, HIDDEN, Text("Hi"))["content"]] == ["text"]


def test_a_refusal_is_text_with_a_stop_reason_of_its_own() -> None:
    written = write(Refusal("I cannot."))
    assert written["content"] == [{"type": "text", "text": "I cannot."}]
    assert written["stop_reason"] == "refusal"


def test_an_empty_answer_stays_valid() -> None:
    written = write()
    assert (written["content"], written["stop_reason"]) == ([], "end_turn")
    assert written["usage"]["input_tokens"] == 0


@pytest.mark.parametrize(("stop", "sequence", "given"), [(Stop.SEQUENCE, "END", "END"), (Stop.END, "", None)])
def test_the_stop_sequence(stop: Stop, sequence: str, given: str | None) -> None:
    assert write(Text("Hi"), stop=stop, sequence=sequence)["stop_sequence"] == given


def test_an_id_that_the_api_would_refuse_is_replaced() -> None:
    (block,) = write(ToolCall("functions.weather:0", "weather", "{}"), stop=Stop.TOOL)["content"]
    assert block["id"].startswith("toolu_")


@given(
    st.lists(texts.map(Text), max_size=3),
    st.lists(ids, max_size=3, unique=True).flatmap(
        lambda names: st.tuples(*[st.builds(ToolCall, st.just(one), st.just("weather"), arguments) for one in names])
    ),
    usages,
)
def test_the_sdk_reads_what_was_written(said: list[Text], calls: tuple[ToolCall, ...], usage: Usage) -> None:
    stop = Stop.TOOL if calls else Stop.END
    answer = WholeAnswer("msg_01", IDENTITY.model, (*said, *calls), stop, usage=usage)
    body = write_answer(answer, IDENTITY)
    message = official.answered(body)
    assert (message.id, message.type, message.role) == ("msg_01", "message", "assistant")
    assert [block.text for block in message.content if block.type == "text"] == [part.text for part in said]
    heard = [block for block in message.content if block.type == "tool_use"]
    assert [(one.id, one.name, one.input) for one in heard] == [
        (call.id, call.name, json.loads(call.arguments)) for call in calls
    ]
    assert message.usage.output_tokens == usage.output_tokens
    if answer.parts:
        assert read_answer(body) == answer
