import json

import httpx2
import pytest
from openai import OpenAI

from mainstay.model.conversation import Part, Refusal, Text, Thinking, ToolCall
from mainstay.model.frame import Usage
from mainstay.model.piece import Stop, WholeAnswer
from mainstay.wire.openai_chat.answer_reader import read_answer
from mainstay.wire.openai_chat.answer_writer import write_answer
from tests.wire.openai_chat.crossing import IDENTITY, golden

CALL = ToolCall("toolu_1", "weather", '{"city": "Paris"}')
THOUGHT = Thinking("", "Two cities.")


def answer(*parts: Part, stop: Stop = Stop.END, usage: Usage | None = None) -> WholeAnswer:
    return WholeAnswer("chatcmpl-42", "claude-demo", parts, stop, usage=usage)


def test_a_whole_answer() -> None:
    said = answer(
        Thinking("anthropic", "Two cities.", "c2ln"),
        CALL,
        stop=Stop.TOOL,
        usage=Usage(100, 20, 64, reasoning_tokens=12),
    )
    assert json.loads(write_answer(said, IDENTITY)) == json.loads(golden("answer_written.json"))


@pytest.mark.parametrize(
    "said",
    [
        answer(Text("Hello")),
        answer(Text("Hello"), stop=Stop.LENGTH, usage=Usage(1, 2, 3, cache_write_tokens=4, reasoning_tokens=5)),
        answer(THOUGHT, Text("Hello"), CALL, stop=Stop.TOOL),
        answer(Refusal("I cannot."), stop=Stop.REFUSAL),
        answer(stop=Stop.FILTER),
    ],
)
def test_what_is_written_is_read_back(said: WholeAnswer) -> None:
    assert read_answer(write_answer(said, IDENTITY)) == said


def test_texts_are_joined() -> None:
    body = json.loads(write_answer(answer(Text("One"), CALL, Text(" two")), IDENTITY))
    assert body["choices"][0]["message"]["content"] == "One two"


def test_the_official_sdk_reads_it() -> None:
    body = write_answer(answer(Text("Hello"), CALL, stop=Stop.TOOL, usage=Usage(1, 2)), IDENTITY)

    def reply(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "application/json"}, content=body)

    with (
        httpx2.Client(transport=httpx2.MockTransport(reply)) as http,
        OpenAI(api_key="k", base_url="http://gateway", http_client=http, _strict_response_validation=True) as sdk,
    ):
        completion = sdk.chat.completions.create(model="m", messages=[])
    assert completion.choices[0].finish_reason == "tool_calls"
    assert completion.usage is not None
    assert completion.usage.total_tokens == 3
