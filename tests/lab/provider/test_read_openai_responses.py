import msgspec
import pytest

from mainstay.lab.provider.ask import Ask, Problem, Result, Said, Thinking
from mainstay.lab.provider.evidence import mark
from mainstay.lab.provider.read_openai_responses import read_openai_responses

FUNCTION = {"type": "function", "name": "one", "parameters": {"type": "object"}, "strict": True}
CUSTOM = {"type": "custom", "name": "two"}


def read(**fields: object) -> Ask | Problem:
    return read_openai_responses(msgspec.json.encode({"model": "gpt-demo", "input": "hi", **fields}))


def asked(**fields: object) -> Ask:
    ask = read(**fields)
    assert isinstance(ask, Ask)
    return ask


def test_text_messages_and_parts_say_the_same() -> None:
    parts = [{"type": "input_text", "text": "h"}, {"type": "input_text", "text": "i"}]
    for form in ("hi", [{"role": "user", "content": "hi"}], [{"type": "message", "role": "user", "content": parts}]):
        assert asked(input=form).conversation == (Said("user", "hi"),)


def test_pictures_and_documents_are_seen() -> None:
    parts = [
        {"type": "input_image", "image_url": "data:image/png;base64,aGk=", "detail": "auto"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,aGk="},
    ]
    assert asked(input=[{"role": "user", "content": parts}]).conversation == (Said("user", "", ("aGk=",), 1),)


def test_what_the_assistant_says_and_calls_is_one_message() -> None:
    items = [
        {"role": "user", "content": "2+2?"},
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "e"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Let me see."}]},
        {"type": "function_call", "call_id": "a", "name": "one", "arguments": "{}"},
        {"type": "custom_tool_call", "call_id": "b", "name": "two", "input": "x"},
        {"type": "function_call_output", "call_id": "a", "output": "4"},
        {"type": "custom_tool_call_output", "call_id": "b", "output": [{"type": "input_text", "text": "5"}]},
    ]
    assert asked(input=items).conversation == (
        Said("user", "2+2?"),
        Said("assistant", "Let me see.", calls=("a", "b")),
        Said("tool", "", results=(Result("a", "4"),)),
        Said("tool", "", results=(Result("b", "5"),)),
    )


def test_all_system_turns_are_one_text() -> None:
    items = [
        {"role": "developer", "content": "be brief"},
        {"role": "user", "content": "hi"},
        {"role": "system", "content": "be honest"},
    ]
    ask = asked(instructions="be kind", input=items)
    assert ask.system == "be kind\nbe brief\nbe honest"
    assert ask.conversation == (Said("user", "hi"),)


def test_tools_and_the_choice_among_them() -> None:
    tools = [FUNCTION, {"type": "web_search"}, CUSTOM]
    assert [(tool.name, tool.is_custom) for tool in asked(tools=tools).tools] == [("one", False), ("two", True)]
    assert asked(tools=tools, tool_choice="none").tools == ()
    assert asked(tools=tools, tool_choice="required").forced_tool == "one"
    assert asked(tools=tools, tool_choice={"type": "custom", "name": "two"}).forced_tool == "two"
    few = {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "custom", "name": "two"}]}
    assert [tool.name for tool in asked(tools=tools, tool_choice=few).tools] == ["two"]


@pytest.mark.parametrize(
    ("reasoning", "said"),
    [
        (None, Thinking.OFF),
        ({"effort": "none", "summary": "auto"}, Thinking.OFF),
        ({"effort": "low"}, Thinking.OMITTED),
        ({"effort": "low", "summary": "auto"}, Thinking.SHOWN),
    ],
)
def test_reasoning(reasoning: dict[str, str] | None, said: Thinking) -> None:
    assert asked(reasoning=reasoning).thinking is said


def test_a_structured_answer_has_a_schema() -> None:
    assert asked(text={"format": {"type": "text"}}).schema is None
    named = asked(text={"format": {"type": "json_schema", "name": "n", "schema": {"type": "integer"}}}).schema
    assert named is not None
    assert named.type == "integer"
    free = asked(text={"format": {"type": "json_object"}}).schema
    assert free is not None
    assert list(free.properties) == ["answer"]


def test_parameters() -> None:
    ask = asked(max_output_tokens=50, temperature=0.5, reasoning={"effort": "low"}, user="u", stream=True)
    assert (ask.max_tokens, ask.temperature, ask.effort, ask.end_user, ask.stream) == (50, 0.5, "low", "u", True)
    assert asked(background=True).background


def test_what_was_given_is_echoed_and_what_was_null_is_not() -> None:
    echoed = asked(instructions="be kind", tools=[FUNCTION], user=None, stream=True).echoed
    assert {name: bytes(value) for name, value in echoed.items()} == {
        "instructions": b'"be kind"',
        "tools": msgspec.json.encode([FUNCTION]),
    }


def test_long_prompts_are_partly_cached() -> None:
    long = asked(input="x" * 8000)
    assert long.cached_tokens == long.input_tokens // 2
    assert asked().cached_tokens == 0


def test_state_is_claimed_by_its_maker() -> None:
    own = mark("primary")
    well = {"role": "assistant", "content": "Well."}
    items = [
        {"role": "user", "content": "hi"},
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": f"enc-{own}-01"},
        well,
        {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": "gAAAA"},
        well,
        {"type": "reasoning", "id": f"rs_01{own}", "summary": []},
        well,
    ]
    claims = asked(input=items, previous_response_id=f"resp_01{own}").claims
    assert [claim.maker for claim in claims] == [own, own, "", own]
    codes = ["previous_response_not_found", "invalid_encrypted_content", "invalid_encrypted_content", ""]
    assert [claim.problem.code for claim in claims] == codes
    (foreign,) = asked(previous_response_id="chatcmpl-1").claims
    assert foreign.maker == ""


def test_what_is_wrong_is_named() -> None:
    assert isinstance(read(input=[]), Problem)
    assert isinstance(read(messages=[]), Problem)
    assert isinstance(read_openai_responses(b"{"), Problem)
    assert isinstance(read_openai_responses(b"[" * 100_000), Problem)
