import json

import pytest

from mainstay.model.catalogue import ABLE, Capabilities
from mainstay.model.conversation import (
    Effort,
    Image,
    OutputFormat,
    Part,
    Prompt,
    Reasoning,
    Role,
    Sampling,
    Text,
    Tool,
    ToolChoice,
    ToolMode,
    ToolResult,
    Turn,
)
from mainstay.model.fault import Fault, FaultKind
from mainstay.wire.codec import Target, Written
from mainstay.wire.openai_responses.prompt_writer import write_prompt
from tests.wire.openai_responses.native import golden

SYSTEM = Turn(Role.SYSTEM, (Text("Be brief."),))
HI = Turn(Role.USER, (Text("Hi"),))


def user(*parts: Part) -> Turn:
    return Turn(Role.USER, parts)


def prompt(*turns: Turn, **fields: object) -> Prompt:
    return Prompt("anthropic", "claude", turns or (HI,), **fields)  # type: ignore[arg-type]


def written(asked: Prompt, able: Capabilities = ABLE, model: str = "gpt-4.1") -> Written:
    told = write_prompt(asked, Target(model, "openai", able))
    assert isinstance(told, Written), told
    return told


def body(asked: Prompt, able: Capabilities = ABLE, model: str = "gpt-4.1") -> dict[str, object]:
    return dict(json.loads(written(asked, able, model).body))


CLOSED = b'{"type":"object","properties":{},"required":[],"additionalProperties":false}'
FULL = prompt(
    SYSTEM,
    Turn(Role.SYSTEM, (Text("Obey."),)),
    HI,
    stream=True,
    tools=(Tool("weather", "Looks it up", CLOSED, strict=True), Tool("clock")),
    tool_choice=ToolChoice(ToolMode.NAMED, "weather", parallel=False),
    max_output_tokens=500,
    sampling=Sampling(0.5, 0.9, 40, 7, 0.1, 0.2),
    stop_sequences=("END",),
    output_format=OutputFormat(CLOSED, "the city", strict=True),
    end_user="u1",
    metadata={"team": "a"},
    service_tier="standard",
)


def test_a_request_with_everything() -> None:
    told = written(FULL)
    assert json.loads(told.body) == json.loads(golden("request_written.json"))
    assert (told.path, told.headers) == ("/responses", ())
    assert told.losses == ("top_k", "seed", "frequency_penalty", "presence_penalty", "stop sequences")


def test_a_plain_request_says_no_more_than_it_must() -> None:
    content = [{"type": "input_text", "text": "Hi"}]
    assert body(prompt()) == {
        "model": "gpt-4.1",
        "input": [{"type": "message", "role": "user", "content": content}],
        "stream": False,
        "store": False,
    }


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (Reasoning(Effort.HIGH, None, visible=True), {"effort": "high", "summary": "auto"}),
        (Reasoning(Effort.NONE), {"effort": "none"}),
        (Reasoning(None, 0), {"effort": "none"}),
        (Reasoning(None, 2000), {"effort": "low"}),
        (Reasoning(None, 10_000), {"effort": "medium"}),
        (Reasoning(None, 30_000), {"effort": "high"}),
        (Reasoning(None, None, visible=True), {"summary": "auto"}),
        (Reasoning(), None),
    ],
)
def test_a_wish_for_reasoning(wish: Reasoning, said: dict[str, str] | None) -> None:
    told = body(prompt(reasoning=wish))
    assert told.get("reasoning") == said
    reasons = said is not None and said.get("effort") != "none"
    assert told.get("include") == (["reasoning.encrypted_content"] if reasons else None)


def test_a_budget_is_only_met_roughly() -> None:
    assert written(prompt(reasoning=Reasoning(None, 2000))).losses == ("exact thinking budget",)


def test_a_model_that_does_not_reason_is_not_asked_to() -> None:
    able = Capabilities(thinking=False)
    told = written(prompt(reasoning=Reasoning(Effort.HIGH)), able)
    assert told.losses == ("reasoning",)
    assert b"reasoning" not in told.body
    assert written(prompt(reasoning=Reasoning(Effort.NONE)), able).losses == ()


@pytest.mark.parametrize(
    ("model", "able", "taken"),
    [
        ("gpt-4.1", ABLE, True),
        ("house-model", ABLE, True),
        ("gpt-5.1", ABLE, False),
        ("o3", ABLE, False),
        ("o4-mini", ABLE, False),
        ("gpt-4.1", Capabilities(thinking=True), False),
        ("gpt-4.1", Capabilities(sampling=False), False),
        ("gpt-5.1", Capabilities(sampling=True), True),
    ],
)
def test_models_that_reason_take_no_sampling(model: str, able: Capabilities, *, taken: bool) -> None:
    told = written(prompt(sampling=Sampling(0.5, 0.9)), able, model)
    assert (b"temperature" in told.body) is taken
    assert told.losses == (() if taken else ("temperature", "top_p"))


def test_a_wish_for_reasoning_costs_the_sampling() -> None:
    told = written(prompt(sampling=Sampling(0.5), reasoning=Reasoning(Effort.LOW)))
    assert told.losses == ("temperature",)


@pytest.mark.parametrize(
    ("asked", "able", "sent", "losses"),
    [
        (5, ABLE, 16, ("max_output_tokens below 16",)),
        (50, ABLE, 50, ()),
        (50, Capabilities(output_tokens=40), 40, ("max_output_tokens above 40",)),
    ],
)
def test_the_output_limit_fits_the_target(asked: int, able: Capabilities, sent: int, losses: tuple[str, ...]) -> None:
    told = written(prompt(max_output_tokens=asked), able)
    assert (json.loads(told.body)["max_output_tokens"], told.losses) == (sent, losses)


def test_tools_are_called_one_at_a_time_where_the_target_must() -> None:
    assert body(prompt(tools=(Tool("f"),)), Capabilities(parallel_tools=False))["parallel_tool_calls"] is False
    assert "parallel_tool_calls" not in body(prompt(tools=(Tool("f"),)))


@pytest.mark.parametrize(
    ("mode", "word"), [(ToolMode.AUTO, "auto"), (ToolMode.NONE, "none"), (ToolMode.REQUIRED, "required")]
)
def test_a_rule_for_tools(mode: ToolMode, word: str) -> None:
    assert body(prompt(tools=(Tool("f"),), tool_choice=ToolChoice(mode)))["tool_choice"] == word
    assert "tool_choice" not in body(prompt(tool_choice=ToolChoice(mode)))


def test_json_without_a_schema() -> None:
    assert body(prompt(output_format=OutputFormat()))["text"] == {"format": {"type": "json_object"}}


@pytest.mark.parametrize(
    ("wished", "schema", "sent", "losses"),
    [
        (True, CLOSED, True, ()),
        (True, b'{"type":"object"}', False, ("strict schema",)),
        (False, CLOSED, False, ()),
        (None, CLOSED, False, ()),
        (None, b'{"type":"object"}', False, ()),
    ],
)
def test_strict_mode_is_asked_for_where_the_schema_allows_it(
    wished: bool | None,  # noqa: FBT001 (a wish)
    schema: bytes,
    sent: bool,  # noqa: FBT001 (what is expected)
    losses: tuple[str, ...],
) -> None:
    of_tool = written(prompt(tools=(Tool("f", schema=schema, strict=wished),)))
    of_answer = written(prompt(output_format=OutputFormat(schema, "n", strict=wished)))
    assert json.loads(of_tool.body)["tools"][0]["strict"] is sent
    assert json.loads(of_answer.body)["text"]["format"]["strict"] is sent
    assert (of_tool.losses, of_answer.losses) == (losses, losses)


def test_each_tool_is_strict_for_itself() -> None:
    told = written(prompt(tools=(Tool("f", strict=True), Tool("g", schema=CLOSED, strict=True))))
    assert [tool["strict"] for tool in json.loads(told.body)["tools"]] == [False, True]


def test_system_turns_in_the_middle() -> None:
    turns = (SYSTEM, HI, Turn(Role.SYSTEM, (Text("In French."),)), HI)
    told = body(prompt(*turns))
    assert told["instructions"] == "Be brief."
    assert isinstance(told["input"], list)
    assert [item["role"] for item in told["input"]] == ["user", "developer", "user"]
    weak = written(prompt(*turns), Capabilities(system_turns=False))
    assert json.loads(weak.body)["instructions"] == "Be brief.\n\nIn French."
    assert weak.losses == ("place of system messages",)


@pytest.mark.parametrize(
    ("metadata", "losses"), [({"k": "v" * 512}, ()), ({"k": "v" * 513}, ("metadata",)), ({"k" * 65: ""}, ("metadata",))]
)
def test_metadata_that_the_target_would_refuse_is_left_out(metadata: dict[str, str], losses: tuple[str, ...]) -> None:
    told = written(prompt(metadata=metadata))
    assert told.losses == losses
    assert json.loads(told.body).get("metadata") == (None if losses else metadata)


def test_a_long_name_of_a_user_is_told_by_its_digest() -> None:
    long = body(prompt(end_user="u" * 65))["safety_identifier"]
    assert isinstance(long, str)
    assert len(long) == 64
    assert long == body(prompt(end_user="u" * 65))["safety_identifier"]
    assert body(prompt(end_user="u"))["safety_identifier"] == "u"


@pytest.mark.parametrize(
    ("asked", "able", "what"),
    [
        (prompt(prefill=True), ABLE, "prefill"),
        (prompt(user(Image(url="https://a"))), Capabilities(image_urls=False), "images by URL"),
        (prompt(user(ToolResult("c", (Image(url="https://a"),)))), Capabilities(image_urls=False), "images by URL"),
        (prompt(tools=(Tool("a.b"),)), ABLE, "a tool named 'a.b'"),
    ],
)
def test_what_the_target_cannot_do_is_said(asked: Prompt, able: Capabilities, what: str) -> None:
    told = write_prompt(asked, Target("m", "openai", able))
    assert isinstance(told, Fault)
    assert (told.kind, told.message) == (FaultKind.NO_CANDIDATE, what)


def test_images_by_value_go_where_urls_do_not() -> None:
    assert written(prompt(user(Image("image/png", "AA"))), Capabilities(image_urls=False)).losses == ()
