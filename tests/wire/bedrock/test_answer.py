from typing import Any

import msgspec
import pytest

from mainstay.model.conversation import Text, Thinking, ToolCall
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Usage
from mainstay.model.piece import Stop, WholeAnswer
from mainstay.wire.bedrock.answer import read_answer
from tests.wire.bedrock.service import answer_report, golden, model

HEADERS = (("x-amzn-requestid", "req-1"),)


def body(*content: object, stop: str = "end_turn", **members: object) -> bytes:
    message = {"role": "assistant", "content": list(content)}
    return msgspec.json.encode({"output": {"message": message}, "stopReason": stop, **members})


def call(arguments: Any, call_id: str = "t1", **members: object) -> dict[str, object]:  # noqa: ANN401 (any JSON)
    return {"toolUse": {"toolUseId": call_id, "name": "f", "input": arguments, **members}}


def told(data: bytes) -> WholeAnswer:
    answer = read_answer(HEADERS, data)
    assert isinstance(answer, WholeAnswer), answer
    return answer


def fault(data: bytes) -> Fault:
    answer = read_answer(HEADERS, data)
    assert isinstance(answer, Fault)
    return answer


def test_the_example_is_one_of_the_service() -> None:
    assert answer_report(golden("answer.json")) == ""


def test_a_rich_answer() -> None:
    assert told(golden("answer.json")) == WholeAnswer(
        "req-1",
        "",
        (
            Thinking(text="A city is named.", seal="c2lnbmVk"),
            Thinking(seal="aGlkZGVu", hidden=True),
            Text("Let me look."),
            Text(" It is written."),
            ToolCall("tooluse_1", "weather", '{"city": "Zürich", "days": [1, 2.50]}'),
            ToolCall("tooluse_2", "camera", "{}"),
        ),
        Stop.TOOL,
        usage=Usage(130, 12, 60, cache_write_tokens=40),
    )


def test_every_stop_reason_of_the_service_is_known() -> None:
    reasons = model().shape_for("StopReason").enum
    read = {reason: read_answer((), body({"text": "a"}, stop=reason)) for reason in reasons}
    stops = {reason: answer.stop for reason, answer in read.items() if isinstance(answer, WholeAnswer)}
    assert stops == {
        "end_turn": Stop.END,
        "tool_use": Stop.TOOL,
        "max_tokens": Stop.LENGTH,
        "stop_sequence": Stop.SEQUENCE,
        "guardrail_intervened": Stop.FILTER,
        "content_filtered": Stop.FILTER,
        "model_context_window_exceeded": Stop.CONTEXT,
    }
    faults = {reason: answer.kind for reason, answer in read.items() if isinstance(answer, Fault)}
    assert faults == {
        "malformed_model_output": FaultKind.MALFORMED,
        "malformed_tool_use": FaultKind.MALFORMED,
    }


def test_an_unknown_stop_reason_is_an_end() -> None:
    assert told(body({"text": "a"}, stop="of_tomorrow")).stop is Stop.END


def test_an_answer_with_calls_stops_for_them() -> None:
    assert told(body(call({}))).stop is Stop.TOOL


def test_ids_that_collide_or_are_missing() -> None:
    calls = [
        part for part in told(body(call({}), call({}), call({}, ""), call({}, ""))).parts if isinstance(part, ToolCall)
    ]
    ids = [one.id for one in calls]
    assert ids[:2] == ["t1", "t1_2"]
    assert len(set(ids)) == 4
    assert all(ids)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", FaultKind.MALFORMED),
        (b"<html>", FaultKind.MALFORMED),
        (b"{}", FaultKind.MALFORMED),
        (b'{"__type": "ThrottlingException", "message": "Slow."}', FaultKind.THROTTLE),
        (body(), FaultKind.EMPTY),
        (body({"text": ""}, stop="tool_use"), FaultKind.EMPTY),
        (body({"text": 7}), FaultKind.MALFORMED),
        (body(call("a text")), FaultKind.MALFORMED),
        (body(call([1])), FaultKind.MALFORMED),
    ],
)
def test_answers_that_are_none(data: bytes, kind: FaultKind) -> None:
    assert fault(data).kind is kind


@pytest.mark.parametrize(
    ("block", "word"),
    [
        ({"image": {"format": "png", "source": {"bytes": "AAAA"}}}, "block image"),
        ({"toolResult": {"toolUseId": "x", "content": []}}, "block toolResult"),
        (call({}, type="server_tool_use"), "of the server"),
        ({"of_tomorrow": 1}, "block of_tomorrow"),
        ({}, "without a kind"),
    ],
)
def test_blocks_that_no_other_dialect_has_are_named(block: object, word: str) -> None:
    found = fault(body({"text": "a"}, block))
    assert found.kind is FaultKind.MALFORMED
    assert word in found.message


@pytest.mark.parametrize("stop", ["max_tokens", "guardrail_intervened", "stop_sequence"])
def test_a_reason_may_explain_an_empty_answer(stop: str) -> None:
    assert told(body(stop=stop)).parts == ()


def test_a_call_that_the_limit_cut_off_is_left_out() -> None:
    cut = body({"text": "a"}, call("{"), stop="max_tokens")
    assert told(cut).parts == (Text("a"),)
    assert fault(body(call("{"), {"text": "a"}, stop="max_tokens")).kind is FaultKind.MALFORMED


def test_an_answer_without_usage() -> None:
    assert told(body({"text": "a"})).usage is None
