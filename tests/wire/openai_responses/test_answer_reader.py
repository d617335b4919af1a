import json
from collections.abc import Mapping

import pytest

from mainstay.model.conversation import Refusal, Text, Thinking, ToolCall
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Usage
from mainstay.model.piece import Stop, WholeAnswer
from mainstay.wire.openai_responses.answer_reader import read_answer
from tests.wire.openai_responses.native import golden, response

CALL = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
TEXT = {"type": "message", "content": [{"type": "output_text", "text": "Hi"}]}


def read(status: str, *output: Mapping[str, object], **members: object) -> WholeAnswer | Fault:
    return read_answer(json.dumps(response("resp_1", status, output, **members)).encode())


def test_an_answer_with_reasoning_and_a_call() -> None:
    assert read_answer(golden("answer_tools.json")) == WholeAnswer(
        "resp_b1",
        "gpt-resp_b1",
        (
            Thinking("", "Two cities.", "gAAA"),
            Text("Let me look."),
            ToolCall("call_1", "weather", '{"city": "Paris"}'),
        ),
        Stop.TOOL,
        "",
        Usage(100, 40, 64, cache_write_tokens=8, reasoning_tokens=3),
    )


@pytest.mark.parametrize(
    ("answer", "stop"),
    [
        (read("completed", TEXT), Stop.END),
        (read("incomplete", TEXT, incomplete_details={"reason": "max_output_tokens"}), Stop.LENGTH),
        (read("incomplete", TEXT, incomplete_details={"reason": "content_filter"}), Stop.FILTER),
    ],
)
def test_why_it_ended(answer: WholeAnswer | Fault, stop: Stop) -> None:
    assert isinstance(answer, WholeAnswer)
    assert (answer.stop, answer.parts, answer.usage) == (stop, (Text("Hi"),), None)


def test_a_refusal() -> None:
    answer = read("completed", {"type": "message", "content": [{"type": "refusal", "refusal": "No"}]})
    assert isinstance(answer, WholeAnswer)
    assert (answer.stop, answer.parts) == (Stop.REFUSAL, (Refusal("No"),))


def test_calls_that_share_an_id_get_one_each() -> None:
    answer = read("completed", CALL, CALL)
    assert isinstance(answer, WholeAnswer)
    assert [part.id for part in answer.parts if isinstance(part, ToolCall)] == ["c", "c_2"]


def test_a_call_that_the_limit_cut_is_left_out() -> None:
    cut = {**CALL, "arguments": '{"a', "status": "incomplete"}
    answer = read("incomplete", TEXT, cut)
    assert isinstance(answer, WholeAnswer)
    assert (answer.stop, answer.parts) == (Stop.LENGTH, (Text("Hi"),))


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (read("completed", {**CALL, "arguments": "{oops"}), FaultKind.MALFORMED),
        (read("completed", {**CALL, "arguments": 7}), FaultKind.MALFORMED),
        (read("completed", TEXT, {"type": "web_search_call"}), FaultKind.MALFORMED),
        (read("completed"), FaultKind.EMPTY),
        (read("queued"), FaultKind.MALFORMED),
        (read("failed", error={"code": "server_error", "message": "m"}), FaultKind.SERVER),
        (read_answer(b"<html>"), FaultKind.MALFORMED),
    ],
)
def test_what_cannot_be_told_is_a_fault(answer: WholeAnswer | Fault, kind: FaultKind) -> None:
    assert isinstance(answer, Fault)
    assert answer.kind is kind
