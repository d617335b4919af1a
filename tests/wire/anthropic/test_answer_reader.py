import json
from collections.abc import Mapping

import pytest

from mainstay.model.conversation import Text, Thinking, ToolCall
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Usage
from mainstay.model.piece import Stop, WholeAnswer
from mainstay.wire.anthropic.answer_reader import read_answer
from tests.wire.anthropic.neutral import GOLDEN, PARIS

TEXT = {"type": "text", "text": "Hi"}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"a": 1}}


def body(*content: Mapping[str, object], stop: str | None = "end_turn", **members: object) -> bytes:
    message = {"type": "message", "id": "msg_1", "model": "m", "content": list(content), "stop_reason": stop}
    return json.dumps({**message, **members}).encode()


def read(*content: Mapping[str, object], stop: str | None = "end_turn", **members: object) -> WholeAnswer:
    answer = read_answer(body(*content, stop=stop, **members))
    assert isinstance(answer, WholeAnswer), answer
    return answer


def fault(data: bytes) -> Fault:
    result = read_answer(data)
    assert isinstance(result, Fault), result
    return result


def test_the_golden_answer() -> None:
    assert read_answer((GOLDEN / "answer.json").read_bytes()) == WholeAnswer(
        id="msg_01",
        model="claude-demo",
        parts=(Text("I ask for both."), PARIS, ToolCall("toolu_01B", "weather", "{}")),
        stop=Stop.TOOL,
        usage=Usage(100, 40, 85, cache_write_tokens=5, reasoning_tokens=8),
    )


def test_thinking_comes_without_an_issuer() -> None:
    thought = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
    hidden = {"type": "redacted_thinking", "data": "cmVk"}
    parts = (Thinking("", "Hm.", "c2ln"), Thinking(seal="cmVk", hidden=True), Text("Hi"))
    assert read(thought, hidden, TEXT).parts == parts


def test_empty_text_is_no_part() -> None:
    assert read({"type": "text", "text": ""}, TEXT).parts == (Text("Hi"),)


def test_the_bytes_of_arguments_are_kept() -> None:
    data = body(CALL, stop="tool_use").replace(b'{"a": 1}', b'{ "n" : 1.50 }')
    answer = read_answer(data)
    assert isinstance(answer, WholeAnswer)
    assert answer.parts == (ToolCall("toolu_1", "weather", '{ "n" : 1.50 }'),)


def test_ids_that_collide_or_are_missing_are_made_distinct() -> None:
    nameless = {**CALL, "id": None}
    calls = [part for part in read(CALL, CALL, nameless, stop="tool_use").parts if isinstance(part, ToolCall)]
    assert [call.id for call in calls[:2]] == ["toolu_1", "toolu_1_2"]
    assert len({call.id for call in calls}) == 3
    assert read(CALL, CALL, nameless, stop="tool_use").parts == tuple(calls)


def test_a_stop_sequence_is_told_only_where_one_was_met() -> None:
    assert read(TEXT, stop="stop_sequence", stop_sequence="END").sequence == "END"
    assert read(TEXT, stop="end_turn", stop_sequence="END").sequence == ""


@pytest.mark.parametrize("stop", ["max_tokens", "model_context_window_exceeded", "refusal"])
def test_a_call_in_which_an_answer_was_cut_off_is_left_out(stop: str) -> None:
    assert read(TEXT, CALL, stop=stop).parts == (Text("Hi"),)
    assert len(read(CALL, TEXT, stop=stop).parts) == 2


def test_a_refusal_may_be_empty() -> None:
    answer = read(stop="refusal")
    assert (answer.parts, answer.stop) == ((), Stop.REFUSAL)


@pytest.mark.parametrize(
    ("data", "kind", "code"),
    [
        (b"<html>", FaultKind.MALFORMED, "malformed_answer"),
        (body(), FaultKind.EMPTY, "empty_answer"),
        (body(TEXT, stop=None), FaultKind.MALFORMED, "malformed_answer"),
        (body({"type": "text", "text": "Hi"}, id=7), FaultKind.MALFORMED, "malformed_answer"),
        (
            b'{"type":"error","error":{"type":"overloaded_error","message":"Busy"}}',
            FaultKind.OVERLOAD,
            "overloaded_error",
        ),
        (body({**CALL, "name": ""}, stop="tool_use"), FaultKind.MALFORMED, "broken_tool_call"),
        (body({**CALL, "input": "{}"}, stop="tool_use"), FaultKind.MALFORMED, "broken_tool_call"),
        (body(TEXT, {"type": "server_tool_use", "name": "web_search"}), FaultKind.MALFORMED, "untold_content"),
    ],
)
def test_what_cannot_be_told(data: bytes, kind: FaultKind, code: str) -> None:
    assert (fault(data).kind, fault(data).code) == (kind, code)


def test_content_of_another_kind_is_named() -> None:
    assert "block of_tomorrow" in fault(body(TEXT, {"type": "of_tomorrow"})).message
