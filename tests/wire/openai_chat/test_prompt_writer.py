import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.catalogue import ABLE, Capabilities, PrefillForm
from mainstay.model.conversation import (
    Effort,
    Image,
    OutputFormat,
    Prompt,
    Reasoning,
    Role,
    Sampling,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolMode,
    ToolResult,
    Turn,
)
from mainstay.model.fault import Fault
from mainstay.wire.codec import Target
from mainstay.wire.openai_chat.prompt_writer import write_prompt
from tests.wire.openai_chat.crossing import body_of, golden, prompt_of, read_request, write_request
from tests.wire.openai_chat.prompts import prompts, wild

U, A, S = Role.USER, Role.ASSISTANT, Role.SYSTEM
TOOLS = (Tool("f"),)
CLOSED = b'{"type": "object", "properties": {}, "required": [], "additionalProperties": false}'


def body(model: str = "gpt-4o", able: Capabilities = ABLE, /, **members: object) -> dict[str, object]:
    return body_of(write_request(prompt_of(**members), model, able))


def losses(model: str = "gpt-4o", able: Capabilities = ABLE, /, **members: object) -> tuple[str, ...]:
    return write_request(prompt_of(**members), model, able).losses


def test_a_request_for_openai() -> None:
    look = b'{"type": "object", "properties": {"at": {"type": "string"}}}'
    prompt = prompt_of(
        turns=(
            Turn(S, (Text("You help travellers."),)),
            Turn(U, (Text("What is this?"), Image("image/png", "iVBORw0KGgo="))),
            Turn(
                A,
                (
                    Thinking("", "Hm", "c2ln"),
                    Text("Let me look."),
                    ToolCall("toolu_1", "look", '{"at": "map"}'),
                    ToolCall("toolu_2", "clock", "{}"),
                ),
            ),
            Turn(
                U,
                (
                    ToolResult("toolu_1", (Image("image/jpeg", "/9j/4AAQ"),)),
                    ToolResult("toolu_2", (Text("no clock"),), is_error=True),
                    Text("Go on."),
                ),
            ),
        ),
        stream=True,
        tools=(Tool("look", "Look at a thing.", look), Tool("clock")),
        tool_choice=ToolChoice(parallel=True),
        max_output_tokens=1000,
        stop_sequences=("END",),
        sampling=Sampling(temperature=0.5, top_p=1.0, top_k=40),
        reasoning=Reasoning(budget_tokens=8000, visible=True),
        end_user="u1",
        metadata={"a": "b"},
        service_tier="standard",
    )
    written = write_request(prompt, "gpt-5.1")
    assert (written.path, written.headers) == ("/chat/completions", ())
    assert body_of(written) == json.loads(golden("request_for_openai.json"))
    assert written.losses == (
        "thinking of earlier turns",
        "images in tool results moved to a user message",
        "temperature",
        "top_k",
        "stop sequences",
        "visible reasoning",
        "metadata",
    )


def test_a_request_for_vllm() -> None:
    prompt = prompt_of(
        turns=(
            Turn(S, (Text("Answer in JSON."),)),
            Turn(U, (Text("Name a city."),)),
            Turn(A, (Text('{"city":'),)),
        ),
        max_output_tokens=1000,
        output_format=OutputFormat(CLOSED, "place", strict=True),
        stop_sequences=("END",),
        sampling=Sampling(0.5, 0.9, 40, 7),
        end_user="u1",
        service_tier="auto",
        prefill=True,
    )
    written = write_request(prompt, "qwen3-32b", Capabilities(prefill=True))
    assert body_of(written) == json.loads(golden("request_for_vllm.json"))
    assert written.losses == ()


def test_a_bare_request_says_no_more_than_it_must() -> None:
    assert body() == {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}


def test_a_stream_always_counts() -> None:
    sent = body(stream=True)
    assert (sent["stream"], sent["stream_options"]) == (True, {"include_usage": True})


@pytest.mark.parametrize(
    ("model", "name"),
    [("gpt-4o", "max_completion_tokens"), ("o3", "max_completion_tokens"), ("llama-4", "max_tokens")],
)
def test_the_output_limit(model: str, name: str) -> None:
    assert body(model, max_output_tokens=5)[name] == 5


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        (ToolChoice(), "auto"),
        (ToolChoice(ToolMode.NONE), "none"),
        (ToolChoice(ToolMode.REQUIRED), "required"),
        (ToolChoice(ToolMode.NAMED, "f"), {"type": "function", "function": {"name": "f"}}),
    ],
)
def test_the_rule_for_tools(choice: ToolChoice, sent: object) -> None:
    assert body(tools=TOOLS, tool_choice=choice)["tool_choice"] == sent
    assert "tool_choice" not in body(tool_choice=choice)


@pytest.mark.parametrize(
    ("wished", "schema", "sent", "lost"),
    [
        (True, CLOSED, True, ()),
        (True, b'{"type": "object"}', False, ("strict schema",)),
        (False, CLOSED, False, ()),
        (None, CLOSED, None, ()),
        (None, b'{"type": "object"}', None, ()),
    ],
)
def test_strict_mode_is_asked_for_where_the_schema_allows_it(
    wished: bool | None,  # noqa: FBT001 (a wish)
    schema: bytes,
    sent: bool | None,  # noqa: FBT001 (what is expected)
    lost: tuple[str, ...],
) -> None:
    of_tool = write_request(prompt_of(tools=(Tool("f", schema=schema, strict=wished),)), "gpt-4o")
    of_answer = write_request(prompt_of(output_format=OutputFormat(schema, "n", strict=wished)), "gpt-4o")
    assert json.loads(of_tool.body)["tools"][0]["function"].get("strict") is sent
    assert json.loads(of_answer.body)["response_format"]["json_schema"].get("strict") is sent
    assert (of_tool.losses, of_answer.losses) == (lost, lost)


def test_each_tool_is_strict_for_itself() -> None:
    tools = body(tools=(Tool("f", strict=True), Tool("g", schema=CLOSED, strict=True), Tool("h")))["tools"]
    assert isinstance(tools, list)
    assert [tool["function"].get("strict") for tool in tools] == [False, True, None]


@pytest.mark.parametrize(
    ("model", "able", "wish", "sent"),
    [
        ("gpt-4o", ABLE, None, None),
        ("gpt-4o", ABLE, False, False),
        ("qwen3", Capabilities(parallel_tools=False), True, False),
        ("qwen3", Capabilities(parallel_tools=False), None, False),
        ("o3", ABLE, True, None),
    ],
)
def test_parallel_calls(model: str, able: Capabilities, *, wish: bool | None, sent: bool | None) -> None:
    choice = ToolChoice(parallel=wish)
    assert body(model, able, tools=TOOLS, tool_choice=choice).get("parallel_tool_calls") is sent
    assert losses(model, able, tools=TOOLS, tool_choice=choice) == ()


def test_the_o_series_knows_no_parallel_calls() -> None:
    assert losses("o3", tools=TOOLS, tool_choice=ToolChoice(parallel=False)) == ("parallel_tool_calls",)


def test_tool_names_that_openai_would_refuse() -> None:
    prompt = prompt_of(tools=(Tool("f" * 65),))
    assert isinstance(write_prompt(prompt, Target("gpt-4o", "u", ABLE)), Fault)
    write_request(prompt, "qwen3")


ALL = Sampling(0.5, 0.9, 40, 7, 0.1, 0.2)


@pytest.mark.parametrize(
    ("model", "able", "lost"),
    [
        ("qwen3", ABLE, ()),
        ("gpt-4o", ABLE, ("top_k",)),
        ("gpt-5.1", ABLE, ("temperature", "top_p", "frequency_penalty", "presence_penalty", "top_k")),
        ("gpt-5.1", Capabilities(sampling=True), ("top_k",)),
        ("qwen3", Capabilities(sampling=False), ("temperature", "top_p", "top_k")),
    ],
)
def test_sampling(model: str, able: Capabilities, lost: tuple[str, ...]) -> None:
    assert losses(model, able, sampling=ALL) == lost
    sent = body(model, able, sampling=ALL)
    assert {name for name in Sampling.__struct_fields__ if name not in sent} == set(lost)
    assert sent["seed"] == 7


def test_what_asks_for_the_default_is_no_loss() -> None:
    assert losses("gpt-5.1", sampling=Sampling(1.0, 1.0, frequency_penalty=0.0)) == ()


def test_stop_sequences() -> None:
    five = ("a", "b", "c", "d", "e")
    assert body(stop_sequences=five)["stop"] == ["a", "b", "c", "d"]
    assert losses(stop_sequences=five) == ("stop sequences beyond 4",)
    assert losses("gpt-oss-120b", stop_sequences=("a",)) == ()
    assert losses("gpt-5", stop_sequences=("a",)) == ("stop sequences",)


@pytest.mark.parametrize(
    ("wish", "sent"),
    [
        (OutputFormat(), {"type": "json_object"}),
        (OutputFormat(b"{}"), {"type": "json_schema", "json_schema": {"name": "answer", "schema": {}}}),
        (
            OutputFormat(b"{}", "not a name!", strict=False),
            {"type": "json_schema", "json_schema": {"name": "answer", "schema": {}, "strict": False}},
        ),
    ],
)
def test_the_form_of_the_answer(wish: OutputFormat, sent: object) -> None:
    assert body(output_format=wish)["response_format"] == sent


SURE = Capabilities(thinking=True)


@pytest.mark.parametrize(
    ("model", "able", "wish", "sent", "lost"),
    [
        ("gpt-5.1", ABLE, Reasoning(Effort.HIGH), "high", ()),
        ("gpt-5.2", ABLE, Reasoning(Effort.MAX), "xhigh", ("reasoning effort max (xhigh instead)",)),
        ("gpt-5.1", ABLE, Reasoning(Effort.XHIGH), "high", ("reasoning effort xhigh (high instead)",)),
        ("o3", ABLE, Reasoning(Effort.NONE), "low", ("reasoning effort none (low instead)",)),
        ("gpt-5", ABLE, Reasoning(budget_tokens=1024), "low", ()),
        ("gpt-5", ABLE, Reasoning(budget_tokens=4096), "medium", ()),
        ("gpt-5", ABLE, Reasoning(budget_tokens=16384), "high", ()),
        ("gpt-5", ABLE, Reasoning(Effort.LOW, budget_tokens=16384), "low", ()),
        ("gpt-5", ABLE, Reasoning(visible=False), None, ()),
        ("gpt-5", Capabilities(thinking=False), Reasoning(Effort.LOW), None, ("reasoning",)),
        ("gpt-4o", ABLE, Reasoning(Effort.LOW), None, ("reasoning",)),
        ("gpt-4o", ABLE, Reasoning(Effort.NONE), None, ()),
        ("qwen3", ABLE, Reasoning(Effort.LOW), None, ("reasoning",)),
        ("qwen3", SURE, Reasoning(Effort.LOW, visible=True), "low", ()),
        ("qwen3", SURE, Reasoning(Effort.NONE), "none", ()),
    ],
)
def test_reasoning(model: str, able: Capabilities, wish: Reasoning, sent: str | None, lost: tuple[str, ...]) -> None:
    assert body(model, able, reasoning=wish).get("reasoning_effort") == sent
    assert losses(model, able, reasoning=wish) == lost


def test_a_declared_ability_counts_more_than_a_name() -> None:
    assert body("gpt-4o", SURE, reasoning=Reasoning(Effort.LOW))["reasoning_effort"] == "low"


def test_the_end_user() -> None:
    assert body("gpt-4o", end_user="u")["safety_identifier"] == "u"
    assert body("qwen3", end_user="u")["user"] == "u"


def test_a_long_name_of_the_end_user_is_told_by_its_digest() -> None:
    one, other = (body(end_user=name * 65)["safety_identifier"] for name in "ab")
    assert one != other
    assert isinstance(one, str)
    assert len(one) == 64


@pytest.mark.parametrize(
    ("model", "tier", "sent", "lost"),
    [
        ("gpt-4o", "standard", "default", ()),
        ("gpt-4o", "priority", "priority", ()),
        ("gpt-4o", "", None, ()),
        ("qwen3", "standard", None, ()),
        ("qwen3", "flex", None, ("service_tier",)),
    ],
)
def test_the_service_tier(model: str, tier: str, sent: str | None, lost: tuple[str, ...]) -> None:
    assert body(model, service_tier=tier).get("service_tier") == sent
    assert losses(model, service_tier=tier) == lost


def test_a_beginning_that_may_not_be_continued_is_a_loss() -> None:
    begun: dict[str, object] = {"turns": (Turn(U, (Text("a"),)), Turn(A, (Text("b"),))), "prefill": True}
    assert losses(**begun) == ("prefill",)
    assert "continue_final_message" not in body(**begun)


def test_nothing_that_another_dialect_said_about_itself_goes_out() -> None:
    assert b"claude" not in write_request(prompt_of(metadata={"claude": "x"}, extras=("claude",))).body


def together(turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    """Results that follow each other are one turn, however they came."""
    merged: list[Turn] = []
    for turn in turns:
        if merged and all(isinstance(part, ToolResult) for part in (*merged[-1].parts, *turn.parts)):
            merged[-1] = Turn(U, (*merged[-1].parts, *turn.parts))
        else:
            merged.append(turn)
    return tuple(merged)


@given(prompts)
def test_what_is_written_is_read_back(prompt: Prompt) -> None:
    last = prompt.turns[-1]
    prefill = last.role is A and all(isinstance(part, Text) for part in last.parts)
    prompt = msgspec.structs.replace(prompt, turns=together(prompt.turns), prefill=prefill)
    written = write_request(prompt, "gpt-4o", Capabilities(prefill=True))
    assert written.losses == ()
    back = read_request(written.body)
    continued = ("continue_final_message",) if prefill else ()
    # `add_generation_prompt` is false then, which asks for something all the same.
    assert back.extras == ((*continued, "add_generation_prompt") if prefill else ())
    assert msgspec.structs.replace(back, extras=()) == prompt


@given(wild, st.sampled_from(["gpt-4o", "gpt-5.1", "qwen3", "mistral-small"]))
def test_any_turns_can_be_written_and_read(turns: list[Turn], model: str) -> None:
    written = write_request(prompt_of(turns=tuple(turns)), model)
    if body_of(written)["messages"]:
        assert read_request(written.body).stays == ()
    has_thinking = any(isinstance(part, Thinking) for turn in turns if turn.role is A for part in turn.parts)
    assert ("thinking of earlier turns" in written.losses) == has_thinking


def test_a_prefill_is_told_as_the_server_wants_it() -> None:
    prompt = Prompt("anthropic", "m", (Turn(U, (Text("a"),)), Turn(A, (Text("b"),))), prefill=True)
    prefixed = write_request(prompt, "m", Capabilities(prefill=True, prefill_form=PrefillForm.PREFIX))
    assert b'"prefix":true' in prefixed.body
    assert b"continue_final_message" not in prefixed.body
    plain = write_request(prompt, "m", Capabilities(prefill=True, prefill_form=PrefillForm.PLAIN))
    assert b'{"role":"assistant","content":"b"}' in plain.body
    assert b"continue_final_message" not in plain.body
