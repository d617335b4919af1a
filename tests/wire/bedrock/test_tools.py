import msgspec
import pytest

from mainstay.model.catalogue import Capabilities
from mainstay.model.conversation import Prompt, Tool, ToolChoice, ToolMode
from mainstay.wire.bedrock.blocks import Unable
from mainstay.wire.bedrock.tools import NO_CALLS, Offer, offer
from mainstay.wire.codec import Target

WEATHER = Tool("weather", "The weather.", b'{"type": "object"}', strict=True)
CAMERA = Tool("camera", " ")


def offered(
    choice: ToolChoice | None = None, *, called: tuple[str, ...] = (), able: Capabilities | None = None
) -> Offer:
    prompt = Prompt("openai-chat", "m", (), tools=(WEATHER, CAMERA), tool_choice=choice)
    made = offer(prompt, Target("m", "b", able or Capabilities()), list(called))
    assert isinstance(made, Offer)
    return made


def json_of(made: Offer) -> dict[str, object]:
    found: dict[str, object] = msgspec.json.decode(msgspec.json.encode(made.config))
    return found


def test_tools_with_their_schemas() -> None:
    assert json_of(offered())["tools"] == [
        {"toolSpec": {"name": "weather", "inputSchema": {"json": {"type": "object"}}, "description": "The weather."}},
        {"toolSpec": {"name": "camera", "inputSchema": {"json": {"type": "object", "properties": {}}}}},
    ]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (None, None),
        (ToolChoice(ToolMode.AUTO), None),
        (ToolChoice(ToolMode.REQUIRED), {"any": {}}),
        (ToolChoice(ToolMode.NAMED, "camera"), {"tool": {"name": "camera"}}),
    ],
)
def test_the_rule_for_tools(choice: ToolChoice | None, expected: object) -> None:
    made = offered(choice)
    assert json_of(made).get("toolChoice") == expected
    assert made.is_forced is (expected is not None)


def test_forbidden_tools_are_left_out_where_nothing_was_called() -> None:
    assert offered(ToolChoice(ToolMode.NONE)) == Offer()


def test_forbidden_tools_stay_where_some_were_called() -> None:
    made = offered(ToolChoice(ToolMode.NONE), called=("weather", "gone"))
    assert made.config is not None
    assert [tool.tool_spec.name for tool in made.config.tools] == ["weather", "camera", "gone"]
    assert (made.words, made.losses, made.is_forced) == (NO_CALLS, ("tool_choice none told in words",), False)


def test_tools_that_are_not_offered_any_more_are_named_all_the_same() -> None:
    made = offer(Prompt("openai-chat", "m", ()), Target("m", "b", Capabilities()), ["gone"])
    assert isinstance(made, Offer)
    assert made.config is not None
    assert [tool.tool_spec.name for tool in made.config.tools] == ["gone"]


def test_strictness_needs_a_target_that_is_known_to_have_it() -> None:
    assert offered().losses == ("strict tools",)
    able = offered(able=Capabilities(structured_output=True))
    assert able.losses == ()
    assert able.config is not None
    assert [tool.tool_spec.strict for tool in able.config.tools] == [True, False]


def test_one_call_at_a_time_cannot_be_asked_for() -> None:
    serial = ToolChoice(parallel=False)
    assert "parallel_tool_calls" in offered(serial).losses
    assert "parallel_tool_calls" not in offered(serial, able=Capabilities(parallel_tools=False)).losses
    assert "parallel_tool_calls" not in offered(ToolChoice(parallel=True)).losses


def test_a_name_that_cannot_be_told_bars_the_request() -> None:
    prompt = Prompt("openai-chat", "m", (), tools=(Tool("a.b"),))
    assert offer(prompt, Target("m", "b", Capabilities()), []) == Unable("a tool named 'a.b'")
