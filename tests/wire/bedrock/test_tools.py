import msgspec
import pytest

from mainstay.model.catalogue import Capabilities
from mainstay.model.conversation import Prompt, Tool, ToolChoice, ToolMode
from mainstay.wire.bedrock.tools import NO_CALLS, Offer, offer
from mainstay.wire.notes import WritingNotes, unable

WEATHER = Tool("weather", "The weather.", b'{"type": "object"}', strict=True)
CAMERA = Tool("camera", " ")


def offered(
    choice: ToolChoice | None = None, *, called: tuple[str, ...] = (), able: Capabilities | None = None
) -> Offer:
    return noted(choice, called=called, able=able)[0]


def noted(
    choice: ToolChoice | None = None, *, called: tuple[str, ...] = (), able: Capabilities | None = None
) -> tuple[Offer, tuple[str, ...]]:
    """The offer, and what was lost."""
    prompt = Prompt("openai-chat", "m", (), tools=(WEATHER, CAMERA), tool_choice=choice)
    notes = WritingNotes(able or Capabilities())
    return offer(prompt, list(called), notes), notes.losses


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
    made, losses = noted(ToolChoice(ToolMode.NONE), called=("weather", "gone"))
    assert made.config is not None
    assert [tool.tool_spec.name for tool in made.config.tools] == ["weather", "camera", "gone"]
    assert (made.words, losses, made.is_forced) == (NO_CALLS, ("tool_choice none told in words",), False)


def test_tools_that_are_not_offered_any_more_are_named_all_the_same() -> None:
    made = offer(Prompt("openai-chat", "m", ()), ["gone"], WritingNotes(Capabilities()))
    assert made.config is not None
    assert [tool.tool_spec.name for tool in made.config.tools] == ["gone"]


def test_strictness_needs_a_target_that_is_known_to_have_it() -> None:
    assert noted()[1] == ("strict tools",)
    able, losses = noted(able=Capabilities(structured_output=True))
    assert losses == ()
    assert able.config is not None
    assert [tool.tool_spec.strict for tool in able.config.tools] == [True, False]


def test_one_call_at_a_time_cannot_be_asked_for() -> None:
    serial = ToolChoice(parallel=False)
    assert "parallel_tool_calls" in noted(serial)[1]
    assert "parallel_tool_calls" not in noted(serial, able=Capabilities(parallel_tools=False))[1]
    assert "parallel_tool_calls" not in noted(ToolChoice(parallel=True))[1]


def test_a_name_that_cannot_be_told_bars_the_request() -> None:
    prompt = Prompt("openai-chat", "m", (), tools=(Tool("a.b"),))
    notes = WritingNotes(Capabilities())
    offer(prompt, [], notes)
    assert notes.obstacle == unable("a tool named 'a.b'")
