import json

import pytest

from mainstay.model.conversation import Refusal, Text, Thinking, ToolCall
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Usage
from mainstay.model.piece import Stop, WholeAnswer
from mainstay.wire.openai_chat.answer_reader import read_answer
from mainstay.wire.tool_ids import AnswerIds
from tests.wire.openai_chat.crossing import golden


def completion(finish: str | None = "stop", more: dict[str, object] | None = None, **message: object) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish, **(more or {})}
    return json.dumps({"id": "a", "model": "m", "choices": [choice]}).encode()


def call(call_id: str, name: str, arguments: str) -> dict[str, object]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def told(body: bytes) -> WholeAnswer:
    answer = read_answer(body)
    assert isinstance(answer, WholeAnswer), answer
    return answer


def refused(body: bytes) -> Fault:
    fault = read_answer(body)
    assert isinstance(fault, Fault)
    return fault


def test_text() -> None:
    usage = Usage(100, 20, 64, cache_write_tokens=10, reasoning_tokens=12)
    assert told(golden("answer_text.json")) == WholeAnswer(
        "chatcmpl-B1", "gpt-5.1-2026-08-01", (Text("Hello!"),), Stop.END, usage=usage
    )


def test_reasoning_and_tools() -> None:
    calls = (ToolCall("call_1", "weather", '{"city": "Paris"}'), ToolCall("call_2", "clock", "{}"))
    parts = (Thinking(text="Two cities."), Text("Let me look."), *calls)
    assert told(golden("answer_tools.json")) == WholeAnswer(
        "chatcmpl-B2", "qwen3-32b", parts, Stop.TOOL, usage=Usage(50, 30)
    )


def test_a_refusal() -> None:
    answer = told(completion(content=None, refusal="I cannot."))
    assert (answer.parts, answer.stop) == ((Refusal("I cannot."),), Stop.REFUSAL)


def test_a_stop_sequence_that_the_server_names() -> None:
    answer = told(completion(content="One", more={"stop_reason": "two"}))
    assert (answer.stop, answer.sequence) == (Stop.SEQUENCE, "two")


@pytest.mark.parametrize("stop_reason", [None, 151643])
def test_a_stop_token_is_no_sequence(stop_reason: object) -> None:
    assert told(completion(content="One", more={"stop_reason": stop_reason})).stop is Stop.END


def test_content_in_parts() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}
    answer = told(completion(content=[thinking, {"type": "text", "text": "Hi"}]))
    assert answer.parts == (Thinking(text="Hm"), Text("Hi"))


def test_calls_under_a_plain_stop_are_calls() -> None:
    assert told(completion(tool_calls=[call("c", "f", "{}")])).stop is Stop.TOOL


def test_ids_are_told_apart_and_made_where_missing() -> None:
    answer = told(completion(tool_calls=[call("c", "f", "{}"), call("c", "g", "{}"), call("", "h", "{}")]))
    ids = AnswerIds("a")
    given_ids = [ids.take("c", "f"), ids.take("c", "g"), ids.take("", "h")]
    assert given_ids[:2] == ["c", "c_2"]
    assert [part.id for part in answer.parts if isinstance(part, ToolCall)] == given_ids


def test_the_old_function_call() -> None:
    answer = told(completion("function_call", function_call={"name": "f", "arguments": "{}"}))
    assert answer.parts == (ToolCall(AnswerIds("a").take("", "f"), "f", "{}"),)


def test_a_limit_may_cut_the_last_call_off() -> None:
    answer = told(completion("length", tool_calls=[call("a", "f", "{}"), call("b", "g", '{"x')]))
    assert (answer.parts, answer.stop) == ((ToolCall("a", "f", "{}"),), Stop.LENGTH)


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (completion(tool_calls=[call("a", "f", '{"x')]), FaultKind.MALFORMED, "broken_tool_call"),
        (completion(tool_calls=[{"id": "a", "type": "custom"}]), FaultKind.MALFORMED, "broken_tool_call"),
        (completion("tool_calls", content="a"), FaultKind.MALFORMED, "untranslatable_answer"),
        (completion(content="a", audio={"id": "x"}), FaultKind.MALFORMED, "untranslatable_answer"),
        (completion(content=[{"type": "image_url"}]), FaultKind.MALFORMED, "untranslatable_answer"),
        (completion(content="a", tool_calls=[{"function": 7}]), FaultKind.MALFORMED, "untranslatable_answer"),
        (completion("error", content="a"), FaultKind.UNKNOWN, "finish_error"),
        (completion(content=""), FaultKind.EMPTY, "empty_answer"),
        (b'{"choices": []}', FaultKind.EMPTY, "empty_answer"),
        (b"<html>", FaultKind.MALFORMED, "malformed_answer"),
        (b'{"error": {"message": "m", "code": "server_is_overloaded"}}', FaultKind.OVERLOAD, "server_is_overloaded"),
    ],
)
def test_what_is_no_answer(body: bytes, kind: FaultKind, code: str) -> None:
    fault = refused(body)
    assert (fault.kind, fault.code) == (kind, code)


def test_several_choices_are_not_one_answer() -> None:
    choice = {"message": {"content": "a"}, "finish_reason": "stop"}
    assert refused(json.dumps({"choices": [choice, choice]}).encode()).code == "untranslatable_answer"
