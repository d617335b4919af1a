import msgspec
import pytest

from mainstay.model.conversation import (
    Effort,
    OutputFormat,
    Prompt,
    Reasoning,
    Role,
    Sampling,
    Text,
    Tool,
    ToolChoice,
    ToolMode,
    Turn,
)
from mainstay.wire.codec import Identity
from mainstay.wire.openai_responses.echo import echo
from tests.wire.openai_responses.sdk import whole

WHO = Identity("ex_1", 1760000000, "claude-demo", "anthropic")
HI = Turn(Role.USER, (Text("Hi"),))


def told(prompt: Prompt) -> dict[str, object]:
    return dict(msgspec.json.decode(msgspec.json.encode(echo(prompt, WHO))))


def test_a_response_repeats_what_was_asked_for() -> None:
    system = Turn(Role.SYSTEM, (Text("Be brief."),))
    prompt = Prompt(
        "openai-responses",
        "m",
        (system, HI),
        tools=(Tool("f", "Does it", strict=True), Tool("patch", "Edits")),
        tool_choice=ToolChoice(ToolMode.NAMED, "patch", parallel=False),
        max_output_tokens=9,
        sampling=Sampling(0.5, 0.9),
        output_format=OutputFormat(b'{"type":"object"}', "city", strict=True),
        reasoning=Reasoning(Effort.LOW, None, visible=True),
        end_user="u",
        metadata={"a": "b"},
        custom_tools=("patch",),
    )
    response = whole(msgspec.json.encode(echo(prompt, WHO)))
    assert (response.instructions, response.max_output_tokens, response.metadata) == ("Be brief.", 9, {"a": "b"})
    assert [tool.type for tool in response.tools] == ["function", "custom"]
    assert told(prompt)["tool_choice"] == {"type": "custom", "name": "patch"}
    assert told(prompt)["reasoning"] == {"effort": "low", "summary": "auto"}
    assert (response.parallel_tool_calls, response.temperature, response.top_p) == (False, 0.5, 0.9)
    assert response.text
    assert response.text.format
    assert response.text.format.type == "json_schema"


@pytest.mark.parametrize(("wanted", "kind"), [(None, {"type": "text"}), (OutputFormat(), {"type": "json_object"})])
def test_the_plain_formats(wanted: OutputFormat | None, kind: dict[str, str]) -> None:
    assert told(Prompt("d", "m", (HI,), output_format=wanted))["text"] == {"format": kind}


def test_a_request_without_wishes() -> None:
    response = told(Prompt("d", "m", (HI,)))
    assert (response["instructions"], response["tool_choice"], response["tools"]) == (None, "auto", [])
