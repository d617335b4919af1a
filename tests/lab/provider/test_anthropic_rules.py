import msgspec
import pytest

from mainstay.lab.provider.anthropic_body import Body
from mainstay.lab.provider.anthropic_rules import problem_in

Json = dict[str, object]
HI: Json = {"role": "user", "content": "hi"}
TOOL: Json = {"name": "add", "input_schema": {"type": "object"}}
PNG: Json = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}
TEXT: Json = {"type": "text", "text": "Well."}


def user(*blocks: Json) -> Json:
    return {"role": "user", "content": list(blocks)}


def assistant(*blocks: Json) -> Json:
    return {"role": "assistant", "content": list(blocks)}


def call(call_id: str = "t", **fields: object) -> Json:
    return {"type": "tool_use", "id": call_id, "name": "add", "input": {}, **fields}


def result(call_id: str = "t", content: object = "4") -> Json:
    return {"type": "tool_result", "tool_use_id": call_id, "content": content}


def image(**source: object) -> Json:
    return {"type": "image", "source": source}


def said_of(*messages: Json, version: str = "2023-06-01", **fields: object) -> str:
    """What is said about a request; nothing if it is right."""
    body = {"model": "m", "max_tokens": 2000, "messages": list(messages) or [HI], **fields}
    problem = problem_in(msgspec.json.decode(msgspec.json.encode(body), type=Body), version)
    return problem.message if problem else ""


@pytest.mark.parametrize(
    "messages",
    [
        [HI],
        [assistant(TEXT), HI],
        [HI, assistant(call()), user(result())],
        [HI, assistant(TEXT, call("a"), call("b")), user(result("b"), result("a"), TEXT)],
        [HI, assistant(call("a")), user(result("a")), assistant(call("b")), user(result("b", [PNG, TEXT]))],
        [HI, assistant(TEXT), {"role": "system", "content": "be brief"}, HI],
        [HI, {"role": "assistant", "content": ""}],
        [HI, assistant(TEXT)],
        [user(PNG, image(type="url", url="https://example.com/a.png"), image(type="file", file_id="f"))],
    ],
)
def test_what_is_right_passes(messages: list[Json]) -> None:
    assert said_of(*messages) == ""


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([HI, assistant(call())], "`tool_use` ids were found without `tool_result`"),
        ([HI, assistant(call()), HI], "`tool_use` ids were found without `tool_result`"),
        ([HI, assistant(call()), user(TEXT, result())], "`tool_use` ids were found without `tool_result`"),
        ([HI, assistant(call("a"), call("b")), user(result("a")), user(result("b"))], "immediately after: b."),
        ([HI, assistant(call()), {"role": "system", "content": "x"}, user(result())], "immediately after: t."),
        ([user(result())], "unexpected `tool_use_id` found in `tool_result` blocks: t"),
        ([HI, assistant(call()), user(result(), result("u"))], "unexpected `tool_use_id`"),
        ([HI, assistant(call()), user(result(), result())], "must have a single result"),
        ([HI, assistant(call(), call()), user(result())], "ids must be unique"),
        ([HI, assistant(call()), user(result()), assistant(call()), user(result())], "ids must be unique"),
        ([HI, assistant(call("a.b")), user(result("a.b"))], "'^[a-zA-Z0-9_-]+$'"),
        ([HI, assistant(call(name="a b")), user(result())], "tool_use.name"),
        ([HI, assistant(call(input="{}")), user(result())], "Input should be an object"),
        ([HI, user(call())], "can only be in `assistant` messages"),
        ([HI, assistant(result())], "can only be in `user` messages"),
        ([HI, assistant(call()), user(result(content=4))], "messages.2.content.0.tool_result.content"),
        ([user({"type": "text", "text": ""})], "must be non-empty"),
        ([user({"type": "text", "text": " \n"})], "non-whitespace"),
        ([{"role": "user", "content": ""}], "messages.0: messages must have non-empty content"),
        ([{"role": "assistant", "content": ""}, HI], "messages.0: messages must have non-empty content"),
        ([{"role": "tool", "content": "4"}], "messages.0.role"),
        ([HI, {"role": "assistant", "content": "Well "}], "trailing whitespace"),
        ([user(image(type="base64", media_type="image/tiff", data="aGk="))], "media_type"),
        ([user(image(type="base64", media_type="image/png"))], "cannot be empty"),
        ([user(image(type="url", url="data:image/png;base64,aGk="))], "Only HTTP URLs"),
        ([user(image())], "Input tag ''"),
        ([assistant(PNG), HI], "`image` blocks can only be in `user` messages"),
        ([HI, assistant(call()), user(result(content=[image()]))], "messages.2.content.0.content.0.image"),
    ],
)
def test_what_is_wrong_is_named(messages: list[Json], words: str) -> None:
    assert words in said_of(*messages)


def test_tools_have_names_of_their_own() -> None:
    assert said_of(tools=[TOOL]) == ""
    assert "must be unique" in said_of(tools=[TOOL, TOOL])
    assert "tools.0.custom.name" in said_of(tools=[{"name": "a b"}])


def test_a_choice_needs_its_tool() -> None:
    assert said_of(tools=[TOOL], tool_choice={"type": "tool", "name": "add"}) == ""
    assert "while providing tools" in said_of(tool_choice={"type": "auto"})
    assert "Tool 'sub' not found" in said_of(tools=[TOOL], tool_choice={"type": "tool", "name": "sub"})


def test_chance_has_its_range_and_its_version() -> None:
    assert said_of(temperature=1.0, top_k=5) == ""
    assert "range: 0..1" in said_of(temperature=1.5)
    assert said_of(temperature=1.0, version="2026-10-21") == "temperature: Extra inputs are not permitted"
    assert said_of(top_p=0.5, version="2026-10-21") == "top_p: Extra inputs are not permitted"


def test_thinking_bears_no_force_and_no_chance() -> None:
    adaptive = {"type": "adaptive"}
    assert said_of(thinking=adaptive, temperature=1.0) == ""
    assert "`temperature` may only be set to 1" in said_of(thinking=adaptive, temperature=0.5)
    assert "forces tool use" in said_of(thinking=adaptive, tools=[TOOL], tool_choice={"type": "any"})


def test_a_budget_lies_between_its_limits() -> None:
    assert said_of(thinking={"type": "enabled", "budget_tokens": 1024}) == ""
    assert "greater than or equal to 1024" in said_of(thinking={"type": "enabled", "budget_tokens": 1023})
    assert "`max_tokens` must be greater" in said_of(thinking={"type": "enabled", "budget_tokens": 2000})


def test_an_open_tool_turn_begins_with_its_thinking() -> None:
    thought: Json = {"type": "thinking", "thinking": "hm", "signature": "s"}
    enabled = {"type": "enabled", "budget_tokens": 1024}
    assert said_of(HI, assistant(thought, call()), user(result()), thinking=enabled) == ""
    without = [HI, assistant(call()), user(result())]
    assert "must start with a thinking block" in said_of(*without, thinking=enabled)
    assert said_of(*without, thinking={"type": "adaptive"}) == ""
    assert said_of(*without, assistant(TEXT), HI, thinking=enabled) == ""


def test_system_blocks_say_something() -> None:
    assert said_of(system="") == ""
    assert said_of(system=[{"type": "text", "text": ""}]) == "system: text content blocks must be non-empty"
