"""Tools at a real server, with the official SDKs as callers: the model calls, hears the results, and answers.

How often it calls is up to the server: it holds no model to a single call, whatever `parallel_tool_calls` says.
"""

import json
from collections.abc import Iterator

import pytest
from anthropic import Anthropic
from anthropic.types import Message, MessageParam, ToolParam, ToolResultBlockParam, ToolUseBlock
from openai import OpenAI
from openai.types.chat import (
    ChatCompletionMessageFunctionToolCall,
    ChatCompletionMessageFunctionToolCallParam,
    ChatCompletionMessageParam,
    ChatCompletionToolParam,
)
from openai.types.responses import FunctionToolParam

from tests.selfhosted.stage import FLAGS, Stage
from tests.selfhosted.talk import PROMPT, SCHEMA, TOOL

TOKENS = 600
WORDS = 20
RESULT = "Three days of rain."
ANTHROPIC_TOOL: ToolParam = {"name": TOOL, "description": "Looks it up.", "input_schema": SCHEMA}
CHAT_TOOL: ChatCompletionToolParam = {
    "type": "function",
    "function": {"name": TOOL, "description": "Looks it up.", "parameters": SCHEMA},
}
RESPONSES_TOOL: FunctionToolParam = {"type": "function", "name": TOOL, "parameters": SCHEMA, "strict": False}
PROMPTS = [f"Question {number}" for number in range(20)]


@pytest.fixture
def anthropic(running: Stage) -> Iterator[Anthropic]:
    with Anthropic(base_url=running.url, api_key="none", max_retries=0) as client:
        yield client


@pytest.fixture
def openai(running: Stage) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{running.url}/v1", api_key="none", max_retries=0) as client:
        yield client


def assert_fits(arguments: object) -> None:
    assert isinstance(arguments, dict)
    assert arguments["place"] in {"Ghent", "Bruges"}
    assert 1 <= arguments["days"] <= 9


def ask_anthropic(client: Anthropic, said: list[MessageParam], *, parallel: bool = False) -> Message:
    with client.messages.stream(
        model=FLAGS,
        max_tokens=TOKENS,
        messages=said,
        tools=[ANTHROPIC_TOOL],
        tool_choice={"type": "auto", "disable_parallel_tool_use": not parallel},
    ) as stream:
        return stream.get_final_message()


def called(message: Message) -> list[ToolUseBlock]:
    return [block for block in message.content if block.type == "tool_use"]


def test_an_openai_caller_calls_and_hears_the_results(openai: OpenAI) -> None:
    first = openai.chat.completions.create(
        model=FLAGS,
        max_tokens=TOKENS,
        messages=[{"role": "user", "content": PROMPT}],
        tools=[CHAT_TOOL],
        parallel_tool_calls=False,
    ).choices[0]
    assert first.finish_reason == "tool_calls"
    calls = [call for call in first.message.tool_calls or [] if call.type == "function"]
    assert calls
    for call in calls:
        assert_fits(json.loads(call.function.arguments))
    results: list[ChatCompletionMessageParam] = [
        {"role": "tool", "tool_call_id": call.id, "content": RESULT} for call in calls
    ]
    last = openai.chat.completions.create(
        model=FLAGS,
        max_tokens=WORDS,
        messages=[
            {"role": "user", "content": PROMPT},
            {"role": "assistant", "tool_calls": [_told_again(call) for call in calls]},
            *results,
        ],
        tools=[CHAT_TOOL],
    ).choices[0]
    assert last.finish_reason == "length"
    assert len((last.message.content or "").split()) == WORDS


def _told_again(call: ChatCompletionMessageFunctionToolCall) -> ChatCompletionMessageFunctionToolCallParam:
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": call.function.name, "arguments": call.function.arguments},
    }


def test_an_openai_caller_streams_calls(openai: OpenAI) -> None:
    arguments: dict[int, str] = {}
    reasons = []
    with openai.chat.completions.create(
        model=FLAGS,
        max_tokens=TOKENS,
        messages=[{"role": "user", "content": PROMPT}],
        tools=[CHAT_TOOL],
        parallel_tool_calls=False,
        stream=True,
    ) as stream:
        for chunk in stream:
            for call in chunk.choices[0].delta.tool_calls or []:
                piece = (call.function and call.function.arguments) or ""
                arguments[call.index] = arguments.get(call.index, "") + piece
            reasons.append(chunk.choices[0].finish_reason)
    assert arguments
    for text in arguments.values():
        assert_fits(json.loads(text))
    assert [reason for reason in reasons if reason] == ["tool_calls"]


def test_an_anthropic_caller_calls_and_hears_the_results(anthropic: Anthropic) -> None:
    said: list[MessageParam] = [{"role": "user", "content": PROMPT}]
    first = ask_anthropic(anthropic, said)
    assert first.stop_reason == "tool_use"
    assert called(first)
    for call in called(first):
        assert_fits(call.input)
    results: list[ToolResultBlockParam] = [
        {"type": "tool_result", "tool_use_id": call.id, "content": RESULT} for call in called(first)
    ]
    said.append({"role": "assistant", "content": first.content})
    said.append({"role": "user", "content": results})
    last = anthropic.messages.create(model=FLAGS, max_tokens=WORDS, messages=said, tools=[ANTHROPIC_TOOL])
    assert last.stop_reason == "max_tokens"
    [answer] = last.content
    assert answer.type == "text"
    assert len(answer.text.split()) == WORDS


def test_an_anthropic_caller_hears_parallel_calls(anthropic: Anthropic) -> None:
    """Nobody knows which question makes this model call twice and then stop; one of many does."""
    messages = (ask_anthropic(anthropic, [{"role": "user", "content": prompt}], parallel=True) for prompt in PROMPTS)
    message = next(one for one in messages if one.stop_reason == "tool_use" and len(called(one)) > 1)
    for call in called(message):
        assert_fits(call.input)
    assert len({call.id for call in called(message)}) == len(called(message))


def test_a_caller_of_responses_calls_and_hears_the_results(openai: OpenAI) -> None:
    first = openai.responses.create(
        model=FLAGS, max_output_tokens=TOKENS, input=PROMPT, tools=[RESPONSES_TOOL], parallel_tool_calls=False
    )
    calls = [item for item in first.output if item.type == "function_call"]
    assert calls
    for call in calls:
        assert_fits(json.loads(call.arguments))
    last = openai.responses.create(
        model=FLAGS,
        max_output_tokens=WORDS,
        previous_response_id=first.id,
        input=[{"type": "function_call_output", "call_id": call.call_id, "output": RESULT} for call in calls],
        tools=[RESPONSES_TOOL],
    )
    assert last.status == "incomplete"
    assert len(last.output_text.split()) == WORDS


@pytest.mark.parametrize("tokens", [3, 20, 40])
def test_a_call_that_the_limit_cuts_off_is_not_made(tokens: int, anthropic: Anthropic) -> None:
    message = anthropic.messages.create(
        model=FLAGS, max_tokens=tokens, messages=[{"role": "user", "content": PROMPT}], tools=[ANTHROPIC_TOOL]
    )
    assert message.stop_reason == "max_tokens"
    for call in called(message):
        assert_fits(call.input)
