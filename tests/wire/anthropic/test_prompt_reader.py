import json
from typing import Any

import pytest

from mainstay.model.call import Call
from mainstay.model.conversation import (
    Effort,
    OutputFormat,
    Prompt,
    Reasoning,
    Role,
    Sampling,
    Text,
    Thinking,
    Tool,
    ToolChoice,
    ToolMode,
    Turn,
)
from mainstay.model.fault import Blame, Fault
from mainstay.wire.anthropic.prompt_reader import read_prompt
from mainstay.wire.anthropic.request import read_call
from tests.wire.anthropic.neutral import GOLDEN, assistant, system, user

MINIMAL: dict[str, object] = {"model": "claude-demo", "max_tokens": 64, "messages": [{"role": "user", "content": "Hi"}]}
M = ToolMode


def result(body: bytes) -> Prompt | Fault:
    call = read_call("/v1/messages", "", (), body)
    return read_prompt(call) if isinstance(call, Call) else call


def read(**members: object) -> Prompt:
    prompt = result(json.dumps({**MINIMAL, **members}).encode())
    assert isinstance(prompt, Prompt), prompt
    return prompt


def refused(**members: object) -> Fault:
    fault = result(json.dumps({**MINIMAL, **members}).encode())
    assert isinstance(fault, Fault)
    assert (fault.blame, fault.status) == (Blame.CALLER, 400)
    return fault


def test_a_minimal_request() -> None:
    assert read() == Prompt("anthropic", "claude-demo", (user("Hi"),), max_output_tokens=64)


def test_the_golden_request_of_a_native_client() -> None:
    prompt = result((GOLDEN / "request_native.json").read_bytes())
    assert isinstance(prompt, Prompt)
    thinking = (Thinking("", "A search.", "c2lnbmF0dXJl"), Thinking(seal="cmVkYWN0ZWQ=", hidden=True))
    assert prompt.turns == (
        system("You are a coding assistant.", "Answer in short."),
        user("Search for bridges."),
        assistant(*thinking, "Bridges hum."),
        user("Why?"),
        system("Be brief."),
    )
    assert prompt.tools == (Tool("read", "Read a file.", b'{"type": "object"}'),)
    assert prompt.reasoning == Reasoning(Effort.HIGH, 10000)
    assert (prompt.stream, prompt.end_user, prompt.max_output_tokens) == (True, "user_1", 32000)
    assert prompt.extras == (
        "cache_control",
        "output_config.task_budget",
        "context_management",
        "input_examples of tools",
        "citations",
    )
    assert prompt.stays == ("tool web_search_20250305", "block server_tool_use", "block web_search_tool_result")


def test_the_system_prompt_comes_first() -> None:
    assert read(system="Be brief.").turns == (system("Be brief."), user("Hi"))
    assert read(system=[{"type": "text", "text": "a"}]).turns[0] == system("a")
    assert read(system="").turns == (user("Hi"),)


@pytest.mark.parametrize(("last", "prefill"), [("user", False), ("assistant", True), ("system", False)])
def test_a_last_word_of_the_assistant_is_a_prefill(last: str, prefill: bool) -> None:  # noqa: FBT001 (parameter)
    prompt = read(messages=[{"role": "user", "content": "a"}, {"role": last, "content": "b"}])
    assert prompt.prefill is prefill
    assert prompt.turns[1] == Turn(Role(last), (Text("b"),))


@pytest.mark.parametrize(
    ("members", "choice"),
    [
        ({"type": "auto"}, ToolChoice()),
        ({"type": "any", "disable_parallel_tool_use": True}, ToolChoice(M.REQUIRED, parallel=False)),
        ({"type": "tool", "name": "t", "disable_parallel_tool_use": False}, ToolChoice(M.NAMED, "t", parallel=True)),
        ({"type": "none"}, ToolChoice(M.NONE)),
        (None, None),
    ],
)
def test_the_rule_for_tools(members: dict[str, object] | None, choice: ToolChoice | None) -> None:
    assert read(tool_choice=members).tool_choice == choice


def test_tools() -> None:
    schema = {"type": "object"}
    prompt = read(
        tools=[
            {"name": "a", "input_schema": schema, "type": "custom", "strict": True, "cache_control": {"type": "x"}},
            {"name": "b", "description": "does", "input_schema": schema, "type": None, "defer_loading": True},
            {"type": "bash_20250124", "name": "bash"},
        ]
    )
    assert prompt.tools == (
        Tool("a", "", b'{"type": "object"}', strict=True),
        Tool("b", "does", b'{"type": "object"}'),
    )
    assert prompt.extras == ("cache_control", "defer_loading of tools")
    assert prompt.stays == ("tool bash_20250124",)


@pytest.mark.parametrize(
    ("members", "reasoning"),
    [
        ({}, None),
        ({"thinking": {"type": "disabled"}}, Reasoning(Effort.NONE)),
        ({"thinking": {"type": "disabled"}, "output_config": {"effort": "high"}}, Reasoning(Effort.NONE)),
        ({"thinking": {"type": "enabled", "budget_tokens": 2048}}, Reasoning(budget_tokens=2048)),
        ({"thinking": {"type": "adaptive"}}, Reasoning()),
        ({"thinking": {"type": "adaptive", "display": "summarized"}}, Reasoning(visible=True)),
        ({"thinking": {"type": "adaptive", "display": "omitted"}}, Reasoning(visible=False)),
        ({"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}}, Reasoning(Effort.MAX)),
        ({"output_config": {"effort": "low"}}, Reasoning(Effort.LOW)),
    ],
)
def test_the_wish_for_thinking(members: dict[str, object], reasoning: Reasoning | None) -> None:
    assert read(**members).reasoning == reasoning


@pytest.mark.parametrize("place", ["output_config", "output_format"])
def test_a_schema_of_the_answer(place: str) -> None:
    wanted = {"type": "json_schema", "schema": {"type": "object"}}
    member: Any = {"format": wanted} if place == "output_config" else wanted
    assert read(**{place: member}).output_format == OutputFormat(b'{"type": "object"}', strict=True)


def test_chance_and_stops() -> None:
    prompt = read(temperature=1, top_p=0.5, top_k=5, stop_sequences=["a", "b"])
    assert prompt.sampling == Sampling(1.0, 0.5, 5)
    assert prompt.stop_sequences == ("a", "b")


@pytest.mark.parametrize(
    ("members", "tier", "extras"),
    [
        ({"service_tier": "auto"}, "auto", ()),
        ({"service_tier": "standard_only"}, "standard", ()),
        ({"service_tier": "golden"}, "", ("service_tier golden",)),
        ({"speed": "standard"}, "", ()),
        ({"speed": "fast"}, "", ("speed",)),
        ({"metadata": {"user_id": None, "shade": 1}}, "", ("metadata.shade",)),
        ({"thinking": {"type": "between_tools"}}, "", ("thinking between_tools",)),
        ({"output_config": {"effort": "heroic"}}, "", ("effort heroic",)),
        ({"cache_control": {"type": "ephemeral"}}, "", ("cache_control",)),
        (
            {"context_management": {}, "fallbacks": [1], "of_tomorrow": 1},
            "",
            ("context_management", "fallbacks", "of_tomorrow"),
        ),
        ({"of_tomorrow": None}, "", ()),
    ],
)
def test_what_may_be_left_out_is_named(members: dict[str, object], tier: str, extras: tuple[str, ...]) -> None:
    prompt = read(**members)
    assert (prompt.service_tier, prompt.extras, prompt.stays) == (tier, extras, ())


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"container": "c"}, "container"),
        ({"thread": {"id": "t"}}, "thread"),
        ({"mcp_servers": [{"url": "u"}]}, "mcp_servers"),
        ({"inference_geo": "us"}, "inference_geo"),
        ({"max_tokens": 0}, "max_tokens of 0"),
        ({"tool_choice": {"type": "most"}}, "tool_choice most"),
        ({"output_format": {"type": "regex"}}, "output format regex"),
        ({"output_format": {"type": "json_schema"}}, "output format json_schema"),
    ],
)
def test_what_cannot_cross_is_named(members: dict[str, object], reason: str) -> None:
    assert read(**members).stays == (reason,)


def test_anywhere_is_no_rule_about_places() -> None:
    assert read(inference_geo="global").stays == ()


@pytest.mark.parametrize(
    ("members", "place"),
    [
        ({"messages": [{"role": "wizard", "content": "a"}]}, "messages[0].role: "),
        ({"messages": ["a"]}, "messages: "),
        ({"messages": [{"role": "user"}]}, "messages: "),
        ({"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": 7}]}, "messages[1].content: "),
        ({"system": 7}, "system: "),
        ({"system": [{"type": "redacted_thinking", "data": "a"}]}, "system: "),
        ({"tools": ["a"]}, "tools: "),
        ({"tools": [{"name": "a"}]}, "tools: input_schema: "),
        ({"tools": [{"type": 7}]}, "tools: "),
        ({"tool_choice": {"type": 7}}, "tool_choice.type: "),
        ({"temperature": "hot"}, "temperature: "),
        ({"top_k": 0.5}, "top_k: "),
        ({"stop_sequences": "a"}, "stop_sequences: "),
        ({"thinking": "hard"}, "thinking: "),
        ({"metadata": []}, "metadata: "),
        ({"service_tier": 1}, "service_tier: "),
    ],
)
def test_a_mistake_is_named_with_its_place(members: dict[str, object], place: str) -> None:
    assert refused(**members).message.startswith(place)
