import json

import pytest
from msgspec.structs import replace

from mainstay.model.catalogue import ABLE, Capabilities
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
from mainstay.model.fault import Fault, FaultKind
from mainstay.wire.codec import Target, Written
from mainstay.wire.gemini.request import write_prompt
from mainstay.wire.gemini.seal import Place, Signed, sealed
from tests.wire.gemini.golden import golden

TARGET = Target("gemini-3-pro", "google", ABLE)
SHORT = Prompt("openai-chat", "m", (Turn(Role.USER, (Text("hi"),)),))
TOOLS = (
    Tool("weather", "Tells the weather.", b'{"type":"object","properties":{"city":{"type":"string"}}}'),
    Tool("time"),
)
SEAL = sealed(Signed("c2lnbmVk", Place.CALL, "weather"), "").seal
FULL = Prompt(
    dialect="openai-responses",
    model="m",
    turns=(
        Turn(Role.SYSTEM, (Text("Be nice."),)),
        Turn(Role.USER, (Text("How is the weather?"), Image("image/png", "aW1n"))),
        Turn(
            Role.ASSISTANT,
            (
                Text("Let me look."),
                Thinking("google", seal=SEAL),
                ToolCall("fc-1", "weather", '{"city":"Zürich"}'),
                ToolCall("fc-2", "time", "{}"),
            ),
        ),
        Turn(Role.USER, (ToolResult("fc-1", (Text("sunny"),)), ToolResult("fc-2", (Text("no clock"),), is_error=True))),
        Turn(Role.USER, (Text("And now?"),)),
    ),
    stream=True,
    tools=TOOLS,
    tool_choice=ToolChoice(ToolMode.NAMED, "weather"),
    max_output_tokens=500,
    stop_sequences=("END",),
    sampling=Sampling(0.5, 0.9, 40, 7, 0.2, 0.1),
    output_format=OutputFormat(b'{"type":"object","properties":{"answer":{"type":"string"}}}'),
    reasoning=Reasoning(Effort.LOW, visible=True),
)


def written(prompt: Prompt, target: Target = TARGET) -> Written:
    found = write_prompt(prompt, target)
    assert isinstance(found, Written)
    return found


def body(prompt: Prompt, target: Target = TARGET) -> dict[str, object]:
    told: dict[str, object] = json.loads(written(prompt, target).body)
    return told


def test_a_full_request_reads_as_google_publishes_it() -> None:
    found = written(FULL)
    assert json.loads(found.body) == json.loads(golden("request.json"))
    assert found.losses == ()


def test_a_short_request_says_no_more_than_it_must() -> None:
    assert body(SHORT) == {"contents": [{"parts": [{"text": "hi"}], "role": "user"}]}


@pytest.mark.parametrize(
    ("model", "stream", "path"),
    [
        ("gemini-3-pro", False, "/models/gemini-3-pro:generateContent"),
        ("gemini-3-pro", True, "/models/gemini-3-pro:streamGenerateContent?alt=sse"),
        ("../x:y?z", False, "/models/..%2Fx%3Ay%3Fz:generateContent"),
    ],
)
def test_the_path_names_model_and_manner(model: str, path: str, *, stream: bool) -> None:
    found = written(replace(SHORT, stream=stream), Target(model, "google", ABLE))
    assert found.path == path
    assert found.headers == ()


@pytest.mark.parametrize(
    ("choice", "config"),
    [
        (ToolChoice(ToolMode.AUTO), {"mode": "AUTO"}),
        (ToolChoice(ToolMode.NONE), {"mode": "NONE"}),
        (ToolChoice(ToolMode.REQUIRED), {"mode": "ANY"}),
        (ToolChoice(ToolMode.NAMED, "time"), {"mode": "ANY", "allowedFunctionNames": ["time"]}),
    ],
)
def test_the_rule_for_tools(choice: ToolChoice, config: object) -> None:
    prompt = replace(SHORT, tools=TOOLS, tool_choice=choice)
    assert body(prompt)["toolConfig"] == {"functionCallingConfig": config}


def test_without_tools_there_is_no_rule() -> None:
    assert "toolConfig" not in body(replace(SHORT, tool_choice=ToolChoice()))


def test_json_without_a_schema() -> None:
    assert body(replace(SHORT, output_format=OutputFormat()))["generationConfig"] == {
        "responseMimeType": "application/json"
    }


@pytest.mark.parametrize(
    ("prompt", "losses"),
    [
        (replace(SHORT, end_user="u"), ("end user",)),
        (replace(SHORT, metadata={"a": "b"}), ("metadata",)),
        (replace(SHORT, service_tier="flex"), ("service tier",)),
        (replace(SHORT, service_tier="auto"), ()),
        (replace(SHORT, tools=TOOLS, tool_choice=ToolChoice(parallel=False)), ("parallel tool calls switched off",)),
        (replace(SHORT, tools=(replace(TOOLS[0], strict=True),)), ("strict tool schemas",)),
        (replace(SHORT, stop_sequences=tuple("abcdef")), ("stop sequences beyond 5",)),
        (replace(SHORT, sampling=Sampling(seed=2**40)), ("seed",)),
        (replace(SHORT, turns=(*SHORT.turns, *FULL.turns[:1] * 2)), ("system turns in mid-conversation",)),
    ],
)
def test_what_is_lost_is_named_once(prompt: Prompt, losses: tuple[str, ...]) -> None:
    assert written(prompt).losses == losses


def test_a_model_without_sampling_is_spared_it() -> None:
    target = Target("g", "google", Capabilities(sampling=False))
    found = written(replace(SHORT, sampling=Sampling(0.5, 0.9, 40, seed=7)), target)
    assert found.losses == ("temperature", "top_p", "top_k")
    assert json.loads(found.body)["generationConfig"] == {"seed": 7}


def test_stop_sequences_are_cut_to_what_gemini_takes() -> None:
    config = body(replace(SHORT, stop_sequences=tuple("abcdef")))["generationConfig"]
    assert config == {"stopSequences": ["a", "b", "c", "d", "e"]}


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        (replace(SHORT, turns=(Turn(Role.USER, (Image(url="http://example.test/a"),)),)), "images by URL"),
        (replace(SHORT, prefill=True), "prefill"),
        (replace(SHORT, tools=(Tool("1st"),)), "a tool named '1st'"),
        (replace(SHORT, tools=(Tool("f", schema=b"[]"),)), "the schema of tool 'f'"),
        (replace(SHORT, output_format=OutputFormat(b"[]")), "the schema of the answer"),
    ],
)
def test_what_gemini_cannot_do_is_a_fault_in_a_few_words(prompt: Prompt, message: str) -> None:
    fault = write_prompt(prompt, TARGET)
    assert isinstance(fault, Fault)
    assert (fault.kind, fault.message) == (FaultKind.NO_CANDIDATE, message)


def test_a_model_that_takes_a_prefill_gets_it() -> None:
    turns = (*SHORT.turns, Turn(Role.ASSISTANT, (Text("Well"),)))
    target = Target("g", "google", Capabilities(prefill=True))
    contents = body(replace(SHORT, turns=turns, prefill=True), target)["contents"]
    assert isinstance(contents, list)
    assert contents[-1] == {"parts": [{"text": "Well"}], "role": "model"}


def test_thoughts_leave_half_of_the_output_to_the_answer() -> None:
    asked = replace(SHORT, reasoning=Reasoning(Effort.MEDIUM), max_output_tokens=1_000)
    config = {"maxOutputTokens": 1_000, "thinkingConfig": {"thinkingBudget": 500}}
    assert body(asked, Target("gemini-2.5-flash", "google", ABLE))["generationConfig"] == config
