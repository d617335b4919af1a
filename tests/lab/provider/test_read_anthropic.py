import msgspec
import pytest

from mainstay.lab.provider.ask import Ask, Problem, Said, Thinking
from mainstay.lab.provider.read_anthropic import read_anthropic


def read(**fields: object) -> Ask | Problem:
    whole = {"model": "claude-demo", "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}], **fields}
    return read_anthropic(msgspec.json.encode(whole))


def asked(**fields: object) -> Ask:
    ask = read(**fields)
    assert isinstance(ask, Ask)
    return ask


def test_text_and_blocks_say_the_same() -> None:
    blocks = [{"type": "text", "text": "h"}, {"type": "image", "source": {}}, {"type": "text", "text": "i"}]
    assert asked().conversation == asked(messages=[{"role": "user", "content": blocks}]).conversation


def test_a_tool_result_is_seen_and_system_messages_are_not() -> None:
    messages = [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "4"}]},
    ]
    assert asked(messages=messages).conversation == (Said("user", "", has_tool_result=True),)


def test_tools_and_the_choice_among_them() -> None:
    tools = [{"name": "one", "input_schema": {"type": "object"}}, {"name": "two"}]
    assert [tool.name for tool in asked(tools=tools).tools] == ["one", "two"]
    assert asked(tools=tools, tool_choice={"type": "any"}).forced_tool == "one"
    assert asked(tools=tools, tool_choice={"type": "tool", "name": "two"}).forced_tool == "two"
    assert asked(tools=tools, tool_choice={"type": "none"}).tools == ()


@pytest.mark.parametrize(
    ("thinking", "said"),
    [
        ({"type": "disabled"}, Thinking.OFF),
        ({"type": "enabled", "budget_tokens": 1024}, Thinking.SHOWN),
        ({"type": "adaptive", "display": "omitted"}, Thinking.OMITTED),
    ],
)
def test_thinking(thinking: dict[str, object], said: Thinking) -> None:
    assert asked(thinking=thinking).thinking is said


def test_a_marked_prefix_counts_as_cached() -> None:
    block = {"type": "text", "text": "x" * 400, "cache_control": {"type": "ephemeral"}}
    ask = asked(system=[block])
    assert ask.cached_tokens == ask.input_tokens // 2 > 0
    assert asked().cached_tokens == 0


def test_a_structured_answer_has_a_schema() -> None:
    config = {"format": {"type": "json_schema", "schema": {"type": "integer"}}}
    schema = asked(output_config=config).schema
    assert schema is not None
    assert schema.type == "integer"


def test_what_is_wrong_is_named() -> None:
    assert read(messages=[]) == Problem("messages: at least one message is required", "messages")
    assert isinstance(read(max_tokens=None), Problem)
    assert isinstance(read_anthropic(b"{"), Problem)
    assert isinstance(read_anthropic(b"[" * 100_000), Problem)
    assert isinstance(read(model=7), Problem)


def test_counting_needs_no_limit() -> None:
    body = msgspec.json.encode({"model": "m", "messages": [{"role": "user", "content": "hi"}]})
    assert isinstance(read_anthropic(body, counting=True), Ask)
