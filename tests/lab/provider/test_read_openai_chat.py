import msgspec
import pytest

from mainstay.lab.provider.ask import Ask, Problem, Result, Said
from mainstay.lab.provider.read_openai_chat import read_openai_chat


def read(**fields: object) -> Ask | Problem:
    whole = {"model": "gpt-demo", "messages": [{"role": "user", "content": "hi"}], **fields}
    return read_openai_chat(msgspec.json.encode(whole))


def asked(**fields: object) -> Ask:
    ask = read(**fields)
    assert isinstance(ask, Ask)
    return ask


def test_text_and_parts_say_the_same() -> None:
    parts = [{"type": "text", "text": "h"}, {"type": "text", "text": "i"}]
    assert asked().conversation == asked(messages=[{"role": "user", "content": parts}]).conversation


def test_pictures_and_documents_are_seen() -> None:
    parts = [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,aGk=", "filename": "a.pdf"}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
    ]
    (said,) = asked(messages=[{"role": "user", "content": parts}]).conversation
    assert said == Said("user", "", ("aGk=", "https://example.com/a.png"), 1)


def test_tool_messages_are_results_and_instructions_are_left_out() -> None:
    messages = [
        {"role": "developer", "content": "be brief"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "add", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "c", "content": [{"type": "text", "text": "4"}]},
        {"role": "system", "content": "be kind"},
    ]
    ask = asked(messages=messages)
    assert ask.conversation == (Said("assistant", "", calls=("c",)), Said("tool", "", results=(Result("c", "4"),)))
    assert ask.system == "be brief\nbe kind"


def test_parameters() -> None:
    ask = asked(temperature=0.5, user="u", reasoning_effort="low")
    assert (ask.temperature, ask.end_user, ask.effort) == (0.5, "u", "low")
    assert asked(user="u", safety_identifier="s").end_user == "s"


def test_tools_and_the_choice_among_them() -> None:
    tools = [
        {"type": "function", "function": {"name": "one"}},
        {"type": "custom"},
        {"type": "function", "function": {"name": "two"}},
    ]
    assert [tool.name for tool in asked(tools=tools).tools] == ["one", "two"]
    assert asked(tools=tools, tool_choice="required").forced_tool == "one"
    named = {"type": "function", "function": {"name": "two"}}
    assert asked(tools=tools, tool_choice=named).forced_tool == "two"
    assert asked(tools=tools, tool_choice="none").tools == ()


@pytest.mark.parametrize("stop", ["END", ["END"]])
def test_one_stop_sequence_or_several(stop: object) -> None:
    assert asked(stop=stop).stop_sequences == ("END",)


def test_limits_and_options() -> None:
    assert asked(max_tokens=5).max_tokens == 5
    assert asked(max_completion_tokens=7).max_tokens == 7
    assert asked(n=2).choices == 2
    assert asked(stream=True, stream_options={"include_usage": True}).include_usage


def test_a_structured_answer_has_a_schema() -> None:
    assert asked(response_format={"type": "text"}).schema is None
    named = asked(response_format={"type": "json_schema", "json_schema": {"schema": {"type": "integer"}}}).schema
    assert named is not None
    assert named.type == "integer"
    free = asked(response_format={"type": "json_object"}).schema
    assert free is not None
    assert list(free.properties) == ["answer"]


def test_long_prompts_are_partly_cached() -> None:
    long = asked(messages=[{"role": "user", "content": "x" * 8000}])
    assert long.cached_tokens == long.input_tokens // 2
    assert asked().cached_tokens == 0


def test_what_is_wrong_is_named() -> None:
    empty = read(messages=[])
    assert isinstance(empty, Problem)
    assert empty.parameter == "messages"
    assert isinstance(read(n=100), Problem)
    assert isinstance(read_openai_chat(b"{"), Problem)
    assert isinstance(read_openai_chat(b"[" * 100_000), Problem)
