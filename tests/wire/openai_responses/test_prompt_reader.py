import json

import pytest

from mainstay.model.call import Call
from mainstay.model.conversation import (
    Document,
    Effort,
    Image,
    OutputFormat,
    Prompt,
    Reasoning,
    Role,
    Sampling,
    Text,
    Thinking,
    ToolCall,
    ToolChoice,
    ToolMode,
    ToolResult,
    Turn,
)
from mainstay.model.fault import Fault, FaultKind
from mainstay.wire.openai_responses.prompt_reader import read_prompt
from mainstay.wire.openai_responses.request import read_call
from tests.wire.openai_responses.native import golden


def read(body: bytes) -> Prompt | Fault:
    call = read_call("/v1/responses", "", (), body)
    assert isinstance(call, Call), call
    return read_prompt(call)


def prompt(**fields: object) -> Prompt:
    told = read(json.dumps({"model": "m", "input": "Hi", **fields}).encode())
    assert isinstance(told, Prompt), told
    return told


def test_a_request_with_everything() -> None:
    told = read(golden("request_full.json"))
    assert isinstance(told, Prompt)
    assert told.turns == (
        Turn(Role.SYSTEM, (Text("Be brief."),)),
        Turn(Role.SYSTEM, (Text("Obey."),)),
        Turn(
            Role.USER,
            (
                Text("Look:"),
                Image("image/png", "iVBO", detail="low"),
                Image(url="https://example.com/a.png", detail="auto"),
                Document("application/pdf", "JVBE", name="a.pdf"),
            ),
        ),
        Turn(
            Role.ASSISTANT,
            (
                Thinking("", "", "gAAA", hidden=True),
                Text("I look."),
                ToolCall("call_9", "weather", '{"city":"Paris"}'),
                ToolCall("call_8", "apply_patch", '{"input":"*** Begin"}'),
            ),
        ),
        Turn(
            Role.USER,
            (
                ToolResult("call_9", (Text("12 °C"), Image("image/png", "iVBP", detail="auto"))),
                ToolResult("call_8", (Text("Done"),)),
            ),
        ),
        Turn(Role.SYSTEM, (Text("Now in French."),)),
        Turn(Role.USER, (Text("Go on"),)),
    )
    assert (told.dialect, told.model, told.stream, told.include_usage) == ("openai-responses", "gpt-5.1", True, True)
    assert told.tool_choice == ToolChoice(ToolMode.NAMED, "weather", parallel=False)
    assert (told.max_output_tokens, told.sampling) == (500, Sampling(0.5, 0.9))
    assert told.reasoning == Reasoning(Effort.HIGH, None, visible=True)
    assert told.output_format
    assert told.output_format == OutputFormat(told.output_format.schema, "city", strict=True)
    assert json.loads(told.output_format.schema)["type"] == "object"
    assert (told.end_user, told.metadata, told.service_tier) == ("u1", {"team": "a"}, "standard")
    assert [tool.name for tool in told.tools] == ["weather", "apply_patch"]
    assert told.custom_tools == ("apply_patch",)
    assert told.extras == ("max_tool_calls", "text.verbosity", "tool web_search")
    assert told.stays == ()


@pytest.mark.parametrize(
    ("fields", "extras"),
    [
        ({}, ()),
        ({"store": False, "include": [], "truncation": "auto", "prompt_cache_key": "k", "client_metadata": {}}, ()),
        ({"background": True, "stream_options": {}, "prompt_cache_retention": "24h"}, ()),
        ({"moderation": {"model": "m"}, "news": 1, "context_management": None}, ("moderation", "news")),
        ({"text": {"verbosity": "high"}}, ("text.verbosity",)),
        ({"reasoning": {"mode": "pro", "effort": "odd"}}, ("reasoning.mode", "reasoning.effort")),
        ({"reasoning": {"mode": "standard"}}, ()),
        ({"service_tier": "scale"}, ("service_tier",)),
        ({"tools": [{"type": "web_search"}, {"type": "web_search"}, {"type": "new"}]}, ("tool web_search", "tool new")),
        (
            {"input": [{"type": "web_search_call", "id": "ws"}, {"role": "user", "content": "a"}]},
            ("item web_search_call",),
        ),
    ],
)
def test_what_nobody_else_has_is_named(fields: dict[str, object], extras: tuple[str, ...]) -> None:
    told = prompt(**fields)
    assert (told.extras, told.stays) == (extras, ())


@pytest.mark.parametrize(
    ("fields", "stays"),
    [
        ({"previous_response_id": "resp_1"}, ("previous_response_id",)),
        ({"conversation": "c", "prompt": {"id": "p"}, "input": None}, ("conversation", "prompt")),
        ({"top_logprobs": 3}, ("logprobs",)),
        ({"include": ["message.output_text.logprobs"]}, ("logprobs",)),
        ({"tools": [{"type": "code_interpreter"}, {"type": "mcp"}]}, ("tool code_interpreter", "tool mcp")),
        ({"tool_choice": {"type": "web_search_preview"}}, ("tool choice web_search_preview",)),
        ({"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": []}}, ("tool choice allowed_tools",)),
        ({"tool_choice": "required", "tools": [{"type": "web_search"}]}, ("tool choice required",)),
        ({"input": [{"type": "computer_call", "id": "x"}]}, ("item computer_call",)),
        ({"input": [{"id": "msg_1"}]}, ("item item_reference",)),
        ({"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}]}, ("file id",)),
        ({"input": [{"role": "user", "content": [{"type": "input_audio"}]}]}, ("block input_audio",)),
        ({"input": [{"role": "critic", "content": "x"}]}, ("role critic",)),
    ],
)
def test_what_bars_every_crossing_is_named(fields: dict[str, object], stays: tuple[str, ...]) -> None:
    assert prompt(**fields).stays == stays


@pytest.mark.parametrize(
    ("fields", "reasoning"),
    [
        ({"reasoning": None}, None),
        ({"reasoning": {}}, None),
        ({"reasoning": {"effort": "none"}}, Reasoning(Effort.NONE)),
        ({"reasoning": {"summary": "auto"}}, Reasoning(None, None, visible=True)),
        (
            {"reasoning": {"generate_summary": "concise", "effort": "xhigh"}},
            Reasoning(Effort.XHIGH, None, visible=True),
        ),
    ],
)
def test_a_wish_for_reasoning(fields: dict[str, object], reasoning: Reasoning | None) -> None:
    assert prompt(**fields).reasoning == reasoning


def test_json_without_a_schema() -> None:
    assert prompt(text={"format": {"type": "json_object"}}).output_format == OutputFormat()
    assert prompt(text={"format": {"type": "text"}}).output_format is None


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"input": None}, "input"),
        ({"input": []}, "input"),
        ({"input": [{"type": "function_call", "name": "f", "arguments": "{}"}]}, "input[0].call_id"),
        ({"temperature": "hot"}, "temperature"),
        ({"input": [7]}, "body"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_by_name(fields: dict[str, object], word: str) -> None:
    told = read(json.dumps({"model": "m", **fields}).encode())
    assert isinstance(told, Fault)
    assert told.kind is FaultKind.REQUEST
    assert told.message.startswith(word)
