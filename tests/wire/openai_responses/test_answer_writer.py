import json

import pytest

from mainstay.model.conversation import Part, Prompt, Refusal, Role, Text, Thinking, Tool, ToolCall, Turn
from mainstay.model.frame import Usage
from mainstay.model.piece import Stop, WholeAnswer
from mainstay.wire import envelope
from mainstay.wire.codec import Identity
from mainstay.wire.openai_responses.answer_writer import write_answer
from mainstay.wire.openai_responses.response import read_answer
from tests.wire.openai_responses.native import golden
from tests.wire.openai_responses.sdk import whole

WHO = Identity("ex_42", 1760000000, "claude-demo", "anthropic")
PROMPT = Prompt(
    "openai-responses", "m", (Turn(Role.USER, (Text("Hi"),)),), tools=(Tool("weather"), Tool("p")), custom_tools=("p",)
)
PARTS = (
    Thinking("anthropic", "Two cities.", "sig"),
    Text("Hello, “wörld”"),
    Refusal("I cannot."),
    ToolCall("toolu_1", "weather", '{"city":"Paris"}'),
    ToolCall("toolu_2", "p", '{"input":"*** Begin"}'),
)
ANSWER = WholeAnswer("msg_1", "claude-demo", PARTS, Stop.TOOL, "", Usage(10, 5, 3))


def test_an_answer_with_everything() -> None:
    assert json.loads(write_answer(PROMPT, ANSWER, WHO)) == json.loads(golden("answer_written.json"))


def test_the_official_sdk_reads_it() -> None:
    body = write_answer(PROMPT, ANSWER, WHO)
    response = whole(body)
    assert (response.id, response.status, response.output_text) == ("resp_42", "completed", "Hello, “wörld”")
    assert [item.type for item in response.output] == ["reasoning", "message", "function_call", "custom_tool_call"]
    assert response.usage
    assert response.usage.total_tokens == 15
    assert read_answer(body).fault is None


def test_reasoning_is_sealed_under_its_issuer() -> None:
    hidden = WholeAnswer("", "m", (Thinking("", "", "sig", hidden=True), Text("Hi")), Stop.END)
    reasoning = json.loads(write_answer(PROMPT, hidden, WHO))["output"][0]
    assert reasoning["summary"] == []
    assert envelope.unseal(reasoning["encrypted_content"]) == Thinking("anthropic", "", "sig", hidden=True)


def test_an_answer_at_its_limit_is_incomplete() -> None:
    body = json.loads(write_answer(PROMPT, WholeAnswer("", "m", (Text("Hi"),), Stop.LENGTH), WHO))
    assert (body["status"], body["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})
    assert (body["output"][0]["status"], body["usage"]) == ("incomplete", None)


@pytest.mark.parametrize(
    ("parts", "status", "details"),
    [
        ((Refusal("No."),), "completed", None),
        ((Text("Let me"), Refusal("No.")), "completed", None),
        ((Text("Let me"),), "incomplete", {"reason": "content_filter"}),
        ((), "incomplete", {"reason": "content_filter"}),
    ],
)
def test_a_refusal_is_complete_only_if_it_is_told_in_words(
    parts: tuple[Part, ...], status: str, details: object
) -> None:
    told = write_answer(PROMPT, WholeAnswer("", "m", parts, Stop.REFUSAL), WHO)
    body = json.loads(told)
    assert (body["status"], body["incomplete_details"]) == (status, details)
    assert [item["status"] for item in body["output"]] == [status] * bool(parts)
    assert whole(told).status == status
