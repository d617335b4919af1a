import json

import pytest

from mainstay.model.conversation import (
    Effort,
    OutputFormat,
    Prompt,
    Reasoning,
    Sampling,
    Tool,
    ToolChoice,
    ToolMode,
)
from mainstay.model.fault import Fault
from tests.wire.openai_chat.crossing import golden, read_request, try_request

HI = {"role": "user", "content": "Hi"}
FUNCTION = {"type": "function", "function": {"name": "f"}}


def read(**members: object) -> Prompt:
    return read_request({"messages": [HI], **members})


def test_everything_that_can_be_told() -> None:
    prompt = read_request(golden("request_full.json"))
    weather, clock = prompt.tools
    assert (weather.name, weather.description, weather.strict) == ("weather", "Weather of a city.", True)
    assert json.loads(weather.schema)["required"] == ["city"]
    assert clock == Tool("clock")
    assert prompt.tool_choice == ToolChoice(ToolMode.NAMED, "weather", parallel=False)
    assert prompt.output_format == OutputFormat(b'{"type": "object"}', "place", strict=True)
    assert prompt.reasoning == Reasoning(Effort.LOW)
    assert prompt.max_output_tokens == 500
    assert prompt.stop_sequences == ("END", "STOP")
    assert prompt.sampling == Sampling(0.5, 0.9, 40, 7, 0.1, -0.1)
    assert prompt.metadata == {"team": "travel"}
    assert (prompt.end_user, prompt.service_tier) == ("user-17", "standard")
    assert (prompt.stream, prompt.include_usage, prompt.prefill) == (True, True, False)
    assert (prompt.dialect, prompt.model) == ("openai-chat", "gpt-5.1")
    assert (prompt.extras, prompt.stays) == ((), ())


def test_old_functions() -> None:
    prompt = read_request(golden("request_old_functions.json"))
    assert prompt.tools == (Tool("weather", schema=b'{"type": "object"}'),)
    assert prompt.tool_choice == ToolChoice(ToolMode.NAMED, "weather")
    assert (prompt.max_output_tokens, prompt.end_user) == (9, "u1")


def test_a_bare_request() -> None:
    prompt = read()
    assert (prompt.tools, prompt.tool_choice, prompt.sampling) == ((), None, Sampling())
    assert (prompt.output_format, prompt.reasoning, prompt.max_output_tokens) == (None, None, None)
    assert (prompt.stream, prompt.include_usage, prompt.extras, prompt.stays) == (False, False, (), ())


@pytest.mark.parametrize(
    ("choice", "mode"),
    [("auto", ToolMode.AUTO), ("none", ToolMode.NONE), ("required", ToolMode.REQUIRED), ("any", ToolMode.REQUIRED)],
)
def test_the_rule_for_tools(choice: str, mode: ToolMode) -> None:
    assert read(tool_choice=choice).tool_choice == ToolChoice(mode)


def test_parallel_calls_alone() -> None:
    assert read(parallel_tool_calls=False).tool_choice == ToolChoice(parallel=False)


@pytest.mark.parametrize(("stop", "sequences"), [(None, ()), ("a", ("a",)), (["a", "b"], ("a", "b")), ("", ())])
def test_stop_sequences(stop: object, sequences: tuple[str, ...]) -> None:
    assert read(stop=stop).stop_sequences == sequences


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ({"type": "text"}, None),
        ({"type": "json_object"}, OutputFormat()),
        ({"type": "json_schema", "json_schema": {"schema": {"a": 1}}}, OutputFormat(b'{"a": 1}')),
        ({"type": "json_schema", "json_schema": {"name": "n"}}, OutputFormat(name="n")),
    ],
)
def test_the_form_of_the_answer(wish: dict[str, object], told: OutputFormat | None) -> None:
    assert read(response_format=wish).output_format == told


@pytest.mark.parametrize("effort", list(Effort))
def test_effort(effort: Effort) -> None:
    assert read(reasoning_effort=effort.value).reasoning == Reasoning(effort)


@pytest.mark.parametrize(
    ("tier", "told"), [("auto", "auto"), ("default", "standard"), ("flex", "flex"), ("priority", "priority")]
)
def test_the_service_tier(tier: str, told: str) -> None:
    assert read(service_tier=tier).service_tier == told


@pytest.mark.parametrize("top_k", [0, -1])
def test_a_top_k_that_is_off(top_k: int) -> None:
    assert read(top_k=top_k).sampling == Sampling()


@pytest.mark.parametrize(
    ("last", "prefill"),
    [
        ({"role": "assistant", "content": "The answer is"}, True),
        ({"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "f"}}], "content": "a"}, False),
        ({"role": "assistant", "content": None, "refusal": "no"}, False),
        (HI, False),
    ],
)
def test_a_beginning_of_the_answer(last: dict[str, object], *, prefill: bool) -> None:
    assert read_request({"messages": [HI, last]}).prefill is prefill


@pytest.mark.parametrize(
    "members",
    [
        {"n": 1},
        {"n": None},
        {"store": False},
        {"logprobs": False},
        {"top_logprobs": 0},
        {"logit_bias": {}},
        {"modalities": ["text"]},
        {"audio": None},
    ],
)
def test_what_asks_for_nothing(members: dict[str, object]) -> None:
    prompt = read(**members)
    assert (prompt.extras, prompt.stays) == ((), ())


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"n": 2}, "n"),
        ({"logprobs": True, "top_logprobs": 3}, "logprobs"),
        ({"modalities": ["text", "audio"], "audio": {"voice": "alloy"}}, "audio"),
        ({"web_search_options": {}}, "web_search_options"),
        ({"tools": [{"type": "custom", "custom": {"name": "x"}}]}, "custom tool"),
        ({"tools": [{"type": "browser_search"}]}, "browser_search tool"),
        ({"tools": [FUNCTION], "tool_choice": {"type": "allowed_tools", "allowed_tools": {}}}, "allowed_tools"),
        ({"tools": [FUNCTION], "tool_choice": {"type": "custom", "custom": {"name": "x"}}}, "custom tool"),
        ({"tool_choice": "perhaps"}, "tool_choice perhaps"),
        ({"response_format": {"type": "grammar"}}, "response_format grammar"),
        ({"response_format": {"type": "json_schema"}}, "response_format json_schema"),
        ({"guided_regex": "a+"}, "guided_regex"),
    ],
)
def test_what_cannot_cross(members: dict[str, object], reason: str) -> None:
    assert read(**members).stays == (reason,)


@pytest.mark.parametrize(
    ("members", "extra"),
    [
        ({"verbosity": "low"}, "verbosity"),
        ({"logit_bias": {"1": 5}}, "logit_bias"),
        ({"store": True}, "store"),
        ({"prediction": {"type": "content", "content": "a"}}, "prediction"),
        ({"prompt_cache_key": "k"}, "prompt_cache_key"),
        ({"min_p": 0.1}, "min_p"),
        ({"service_tier": "scale"}, "service_tier"),
        ({"reasoning_effort": "heroic"}, "reasoning_effort"),
        ({"metadata": {"a": 1}}, "metadata"),
        ({"x" * 90: 1}, "x" * 60),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"description": "d"}}},
            "description of response_format",
        ),
    ],
)
def test_what_no_other_dialect_has(members: dict[str, object], extra: str) -> None:
    prompt = read(**members)
    assert (prompt.extras, prompt.stays) == ((extra,), ())


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"temperature": "hot"}, "temperature: Expected float"),
        ({"tools": [{"type": "function", "function": {}}]}, "name: this field is required"),
    ],
)
def test_what_has_the_wrong_type_is_named(members: dict[str, object], words: str) -> None:
    fault = try_request({"messages": [HI], **members})
    assert isinstance(fault, Fault)
    assert words in fault.message


def test_a_system_prompt_of_a_megabyte() -> None:
    prompt = read_request({"messages": [{"role": "system", "content": "a" * 1_000_000}, HI]})
    assert len(prompt.turns) == 2
