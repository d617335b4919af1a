from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.lab.provider.ask import Ask
from mainstay.lab.provider.bedrock_read import read_converse
from mainstay.model.catalogue import Capabilities
from mainstay.model.conversation import (
    Document,
    Effort,
    Image,
    OutputFormat,
    Part,
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
from mainstay.wire.bedrock.prompt import JSON_WORDS, write_prompt
from mainstay.wire.codec import Target, Written
from tests.wire.bedrock.service import golden, request_report

SONNET = "anthropic.claude-sonnet-4-5-20250929-v1:0"
OPUS = "anthropic.claude-opus-4-6-v1"
NEWEST = "anthropic.claude-opus-5"
NOVA = "us.amazon.nova-2-lite-v1:0"
LLAMA = "meta.llama4-maverick-17b-instruct-v1:0"
CLOSED = b'{"type": "object", "additionalProperties": false}'
ASKED = Prompt("openai-chat", "m", (Turn(Role.USER, (Text("Hi"),)),))


def written(prompt: Prompt, model: str = SONNET, able: Capabilities | None = None) -> Written:
    found = write_prompt(prompt, Target(model, "bedrock-eu", able or Capabilities()))
    assert isinstance(found, Written)
    assert request_report(found.body) == ""
    return found


def told(
    model: str = SONNET,
    able: Capabilities | None = None,
    **changes: Any,  # noqa: ANN401 (any field of a prompt)
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The body and the losses of a request that differs so from a plain one."""
    found = written(msgspec.structs.replace(ASKED, **changes), model, able)
    return msgspec.json.decode(found.body), found.losses


def rich_prompt() -> Prompt:
    calls = (ToolCall("tooluse_1", "weather", '{"city": "Paris"}'), ToolCall("tooluse_2", "camera", "{}"))
    return Prompt(
        "anthropic",
        "m",
        (
            Turn(Role.SYSTEM, (Text("Be brief."),)),
            Turn(
                Role.USER,
                (
                    Text("Compare the picture with the report."),
                    Image("image/png", "iVBORw0KGgo="),
                    Document(data="JVBERi0xLjQ=", name="report (final)_v2"),
                ),
            ),
            Turn(Role.ASSISTANT, (Thinking("bedrock-eu", "Both tools.", "c2lnbmVk"), Text("Let me look."), *calls)),
            Turn(
                Role.USER,
                (
                    ToolResult("tooluse_1", (Text("no such city"),), is_error=True),
                    ToolResult("tooluse_2", (Text("Here:"), Image("image/jpeg", "/9j/4AA="))),
                    Text("Go on."),
                ),
            ),
        ),
        stream=True,
        tools=(
            Tool(
                "weather", "The weather of a city.", b'{"type": "object", "properties": {"city": {"type": "string"}}}'
            ),
            Tool("camera"),
        ),
        max_output_tokens=4000,
        stop_sequences=("END",),
        output_format=OutputFormat(b'{"type":"object"}', "report"),
        reasoning=Reasoning(budget_tokens=2000),
        metadata={"team": "blue"},
        end_user="user-7",
    )


def test_a_rich_request() -> None:
    found = written(rich_prompt())
    assert found.path == "/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream"
    assert (found.losses, found.headers) == ((), ())
    assert msgspec.json.decode(found.body) == msgspec.json.decode(golden("request.json"))


def test_a_plain_request_holds_nothing_else() -> None:
    assert told() == ({"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}, ())
    assert written(ASKED).path.endswith("/converse")


@pytest.mark.parametrize(
    ("model", "sampling", "inference", "losses"),
    [
        (LLAMA, Sampling(0.5, 0.9), {"temperature": 0.5, "topP": 0.9}, ()),
        (LLAMA, Sampling(1.5), {"temperature": 1.0}, ("temperature above 1",)),
        (LLAMA, Sampling(top_k=5, seed=1), None, ("seed", "top_k")),
        (LLAMA, Sampling(frequency_penalty=0.0, presence_penalty=1.0), None, ("frequency_penalty", "presence_penalty")),
        (SONNET, Sampling(0.5, 0.9), {"temperature": 0.5}, ("top_p",)),
        (SONNET, Sampling(top_p=0.9), {"topP": 0.9}, ()),
        (NEWEST, Sampling(0.5, 0.9, 5), None, ("temperature", "top_p", "top_k")),
    ],
)
def test_sampling(model: str, sampling: Sampling, inference: object, losses: tuple[str, ...]) -> None:
    body, lost = told(model, sampling=sampling)
    assert (body.get("inferenceConfig"), lost) == (inference, losses)


def test_sampling_as_declared() -> None:
    assert told(LLAMA, Capabilities(sampling=False), sampling=Sampling(0.5))[1] == ("temperature",)
    assert told(NEWEST, Capabilities(sampling=True), sampling=Sampling(0.5))[1] == ()


def test_top_k_in_the_words_of_the_model() -> None:
    assert told(SONNET, sampling=Sampling(top_k=5))[0]["additionalModelRequestFields"] == {"top_k": 5}
    nova = told(NOVA, sampling=Sampling(top_k=5))[0]["additionalModelRequestFields"]
    assert nova == {"inferenceConfig": {"topK": 5}}


def test_limits() -> None:
    body, lost = told(max_output_tokens=9000, stop_sequences=("\n", "END"), able=Capabilities(output_tokens=4096))
    assert body["inferenceConfig"] == {"maxTokens": 4096, "stopSequences": ["END"]}
    assert lost == ("max_output_tokens", "stop sequences of white space")


def test_reasoning_with_a_budget() -> None:
    body, lost = told(reasoning=Reasoning(Effort.LOW), sampling=Sampling(0.2, top_k=5), max_output_tokens=8000)
    assert body["additionalModelRequestFields"] == {"thinking": {"type": "enabled", "budget_tokens": 2048}}
    assert body["inferenceConfig"] == {"maxTokens": 8000}
    assert lost == ("temperature", "top_k")


def test_adaptive_reasoning() -> None:
    body, lost = told(OPUS, reasoning=Reasoning(Effort.MAX))
    assert body["additionalModelRequestFields"] == {"thinking": {"type": "adaptive"}}
    assert body["outputConfig"] == {"effort": "high"}
    assert lost == ("reasoning effort max",)


def test_reasoning_of_nova() -> None:
    body, lost = told(NOVA, reasoning=Reasoning(Effort.HIGH))
    assert body["additionalModelRequestFields"] == {
        "reasoningConfig": {"type": "enabled", "maxReasoningEffort": "medium"}
    }
    assert lost == ("reasoning effort above medium",)
    assert told(NOVA, reasoning=Reasoning(Effort.LOW))[1] == ()


CALLED = (
    *ASKED.turns,
    Turn(Role.ASSISTANT, (ToolCall("1", "weather", "{}"),)),
    Turn(Role.USER, (ToolResult("1"),)),
)


@pytest.mark.parametrize(
    ("model", "changes"),
    [
        (LLAMA, {}),
        (SONNET, {"max_output_tokens": 1000}),
        (SONNET, {"tools": (Tool("weather"),), "tool_choice": ToolChoice(ToolMode.REQUIRED)}),
        (NEWEST, {"tools": (Tool("weather"),), "tool_choice": ToolChoice(ToolMode.NAMED, "weather")}),
        (SONNET, {"turns": CALLED, "tools": (Tool("weather"),)}),
        (SONNET, {"turns": (*ASKED.turns, Turn(Role.ASSISTANT, (Text("Once"),))), "prefill": True}),
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", {}),
    ],
)
def test_reasoning_that_is_not_possible_is_lost(model: str, changes: dict[str, Any]) -> None:
    body, lost = told(model, reasoning=Reasoning(Effort.HIGH), **changes)
    assert "additionalModelRequestFields" not in body
    assert "reasoning" in lost


def test_reasoning_that_nobody_wants_or_that_is_declared_away() -> None:
    assert told(reasoning=Reasoning(Effort.NONE)) == told()
    assert told(OPUS, Capabilities(thinking=False), reasoning=Reasoning(Effort.LOW))[1] == ("reasoning",)


def test_adaptive_reasoning_does_not_mind_calls_without_it() -> None:
    assert told(OPUS, turns=CALLED, tools=(Tool("weather"),), reasoning=Reasoning(Effort.LOW))[1] == ()


def test_structured_output() -> None:
    body, lost = told(output_format=OutputFormat(CLOSED, "n"))
    schema = {"jsonSchema": {"schema": CLOSED.decode(), "name": "n"}}
    assert body["outputConfig"] == {"textFormat": {"type": "json_schema", "structure": schema}}
    assert lost == ()


@pytest.mark.parametrize(
    ("model", "schema", "sent", "losses"),
    [
        (OPUS, b'{"type": "object"}', '{"type":"object","additionalProperties":false}', ()),
        (
            SONNET,
            b'{"type":"integer","minimum":1}',
            '{"type":"integer","description":"{\\"minimum\\":1}"}',
            ("bounds in the schema",),
        ),
        (NOVA, b'{"type":"integer","minimum":1}', '{"type":"integer","minimum":1}', ()),
        (LLAMA, b'{"type": "object"}', '{"type": "object"}', ()),
        (SONNET, b"[]", "[]", ()),
    ],
)
def test_a_schema_is_fitted_to_claude_alone(model: str, schema: bytes, sent: str, losses: tuple[str, ...]) -> None:
    body, lost = told(model, output_format=OutputFormat(schema, "n"))
    assert body["outputConfig"]["textFormat"]["structure"] == {"jsonSchema": {"schema": sent, "name": "n"}}
    assert lost == losses


def test_json_without_a_schema_is_asked_for_in_words() -> None:
    body, lost = told(output_format=OutputFormat())
    assert body["system"] == [{"text": JSON_WORDS}]
    assert lost == ("json mode",)


def test_labels() -> None:
    metadata = {"ok": "a b@c", "bad": "a\u00e9", **{f"k{number}": "v" for number in range(20)}}
    body, lost = told(metadata=metadata, end_user="ü")
    assert len(body["requestMetadata"]) == 16
    assert lost == ("metadata", "user")


@pytest.mark.parametrize(
    ("model", "asked", "tier", "lost"),
    [
        (NOVA, "priority", {"type": "priority"}, ()),
        (NOVA, "auto", None, ()),
        (NOVA, "standard", None, ()),
        (SONNET, "flex", None, ("service_tier",)),
        (SONNET, "standard", None, ()),
    ],
)
def test_service_tiers(model: str, asked: str, tier: object, lost: tuple[str, ...]) -> None:
    body, losses = told(model, service_tier=asked)
    assert (body.get("serviceTier"), losses) == (tier, lost)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"turns": (Turn(Role.USER, (Image(url="https://a.example"),)),)}, "images by URL"),
        ({"tools": (Tool("a.b"),)}, "a tool named 'a.b'"),
        ({"max_output_tokens": 0}, "a request for no output"),
    ],
)
def test_what_the_target_cannot_do_is_a_fault(changes: dict[str, Any], reason: str) -> None:
    fault = write_prompt(msgspec.structs.replace(ASKED, **changes), Target(SONNET, "b", Capabilities()))
    assert isinstance(fault, Fault)
    assert (fault.kind, fault.message) == (FaultKind.NO_CANDIDATE, reason)


TEXT = st.builds(Text, st.text(max_size=8))
PICTURE = st.just(Image("image/png", "AAAA"))
DOCUMENT = st.builds(Document, data=st.just("AAAA"), name=st.text(max_size=8))
THINKING = st.builds(Thinking, st.sampled_from(("", "bedrock-eu", "openai")), st.just("Hm"), st.just("s"))
CALL_ID = st.sampled_from(("1", "call:2", "é", "x" * 99))


@st.composite
def rounds(draw: st.DrawFn) -> list[Turn]:
    """The user asks, the assistant answers, perhaps with calls, and gets their results."""
    asked: list[Part] = draw(st.lists(TEXT | PICTURE | DOCUMENT, max_size=3))
    said: list[Part] = draw(st.lists(TEXT | THINKING, max_size=2))
    ids = draw(st.lists(CALL_ID, max_size=3))
    calls = [ToolCall(call_id, draw(st.sampled_from(("f", "g"))), '{"a":1}') for call_id in ids]
    inner = st.lists(TEXT | PICTURE, max_size=2).map(tuple)
    results = [ToolResult(call_id, draw(inner), draw(st.booleans())) for call_id in ids]
    extra: list[Part] = draw(st.lists(TEXT, max_size=1))
    return [
        Turn(draw(st.sampled_from((Role.USER, Role.SYSTEM))), tuple(draw(st.lists(TEXT, max_size=1)))),
        Turn(Role.USER, tuple(asked)),
        Turn(Role.ASSISTANT, (*said, *calls)),
        Turn(Role.USER, (*extra, *results)),
    ]


PROMPTS = st.builds(
    Prompt,
    st.just("openai-chat"),
    st.just("m"),
    st.lists(rounds(), max_size=3).map(lambda found: (*(turn for turns in found for turn in turns), *ASKED.turns)),
    tools=st.sampled_from(((), (Tool("f"),), (Tool("f", "F."), Tool("g")))),
    tool_choice=st.none() | st.builds(ToolChoice, st.sampled_from((ToolMode.AUTO, ToolMode.NONE, ToolMode.REQUIRED))),
    max_output_tokens=st.none() | st.integers(1, 100_000),
    stop_sequences=st.lists(st.text(max_size=3), max_size=2).map(tuple),
    sampling=st.builds(
        Sampling, st.none() | st.floats(0, 2), st.none() | st.floats(0, 1), st.none() | st.integers(1, 9)
    ),
    output_format=st.none() | st.sampled_from((OutputFormat(), OutputFormat(b'{"type":"object"}'))),
    reasoning=st.none() | st.builds(Reasoning, st.none() | st.sampled_from(Effort), st.none() | st.integers(0, 9000)),
    end_user=st.text(max_size=5),
    metadata=st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=3),
)


@given(PROMPTS, st.sampled_from((SONNET, OPUS, NEWEST, NOVA, LLAMA)), st.booleans())
def test_whatever_is_written_the_service_would_take(prompt: Prompt, model: str, system_turns: bool) -> None:  # noqa: FBT001
    found = written(prompt, model, Capabilities(system_turns=system_turns))
    ask = read_converse(found.body, model, stream=False)
    assert isinstance(ask, Ask), ask
    assert ask.conversation[-1].text.endswith("Hi")
