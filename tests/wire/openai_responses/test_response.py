import json
from collections.abc import Mapping

import pytest

from mainstay.model.fault import FaultKind
from mainstay.model.frame import Answer, Usage
from mainstay.wire.openai_responses.response import read_answer
from tests.wire.openai_responses.native import golden, response, usage

TEXT = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}
CALL = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}


def answer(status: str, *output: Mapping[str, object], **members: object) -> Answer:
    return read_answer(json.dumps(response("resp_1", status, output, **members)).encode())


def test_a_whole_answer() -> None:
    read = read_answer(golden("answer_tools.json"))
    assert read.fault is None
    assert (read.stop_reason, read.usage) == ("completed", Usage(100, 40, 64, False, 8, 3))  # noqa: FBT003 (positions)


@pytest.mark.parametrize(
    ("read", "reason"),
    [
        (answer("completed", TEXT), "completed"),
        (answer("completed", CALL), "completed"),
        (answer("completed", {"type": "web_search_call"}), "completed"),
        (answer("incomplete", incomplete_details={"reason": "max_output_tokens"}), "max_output_tokens"),
        (answer("incomplete"), "incomplete"),
        (answer("queued", background=True), "queued"),
        (answer("in_progress"), "in_progress"),
    ],
)
def test_answers_that_may_be_given(read: Answer, reason: str) -> None:
    assert (read.fault, read.stop_reason) == (None, reason)


@pytest.mark.parametrize(
    "output",
    [
        [],
        [{"type": "message", "content": []}],
        [{"type": "message", "content": [{"type": "output_text", "text": ""}]}],
        [{"type": "reasoning", "summary": []}],
    ],
)
def test_a_completed_answer_without_content_is_empty(output: list[Mapping[str, object]]) -> None:
    fault = answer("completed", *output).fault
    assert fault
    assert fault.kind is FaultKind.EMPTY


def test_a_refusal_is_an_answer() -> None:
    refusal = {"type": "message", "content": [{"type": "refusal", "refusal": "No"}]}
    assert answer("completed", refusal).fault is None


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (json.dumps(response("r", "failed", error={"code": "server_error", "message": "m"})), FaultKind.SERVER),
        (json.dumps(response("r", "completed", error={"code": "insufficient_quota"})), FaultKind.BILLING),
        (json.dumps(response("r", "failed")), FaultKind.MALFORMED),
        ('{"error":{"message":"m","code":"slow_down"}}', FaultKind.OVERLOAD),
        ('{"output":7}', FaultKind.MALFORMED),
        ("<html>", FaultKind.MALFORMED),
    ],
)
def test_what_is_no_answer_is_a_fault(body: str, kind: FaultKind) -> None:
    fault = read_answer(body.encode()).fault
    assert fault
    assert (fault.kind, fault.status) == (kind, 200)


def test_usage_may_be_missing_or_half_there() -> None:
    assert answer("completed", TEXT).usage is None
    assert answer("completed", TEXT, usage={"input_tokens": 3}).usage == Usage(3)
    assert answer("completed", TEXT, usage=usage(9)).usage == Usage(
        100, 9, 64, cache_write_tokens=8, reasoning_tokens=3
    )


@pytest.mark.parametrize(
    ("item", "broken"),
    [
        ({"type": "function_call", "arguments": '{"a": 1}'}, False),
        ({"type": "function_call", "arguments": ""}, False),
        ({"type": "function_call"}, False),
        ({"type": "tool_search_call", "arguments": {"goal": "x"}}, False),
        ({"type": "mcp_call", "arguments": "oops"}, False),
        ({"type": "function_call", "arguments": '{"a": '}, True),
    ],
)
def test_arguments_that_are_no_object_are_told(item: dict[str, object], *, broken: bool) -> None:
    told = answer("completed", item)
    assert told.fault is None
    assert told.tools_broken is broken
