import msgspec
import pytest

from mainstay.lab.provider.ask import Problem
from mainstay.lab.provider.openai_chat_body import Body
from mainstay.lab.provider.openai_chat_rules import problem_in

Json = dict[str, object]
HI: Json = {"role": "user", "content": "hi"}
TOOL: Json = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}
PICTURE: Json = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}


def calls(*call_ids: str, **fields: object) -> Json:
    made = [{"id": name, "type": "function", "function": {"name": "add", "arguments": "{}"}} for name in call_ids]
    return {"role": "assistant", "content": None, "tool_calls": made, **fields}


def result(call_id: str, content: object = "4") -> Json:
    return {"role": "tool", "tool_call_id": call_id, "content": content}


def problem(*messages: Json, **fields: object) -> Problem | None:
    return problem_in(msgspec.convert({"model": "m", "messages": list(messages), **fields}, Body))


def said_of(*messages: Json, **fields: object) -> str:
    """What is said about a request; nothing if it is right."""
    found = problem(*(messages or (HI,)), **fields)
    return found.message if found else ""


@pytest.mark.parametrize(
    "messages",
    [
        [HI],
        [{"role": "developer", "content": "be brief"}, HI, {"role": "assistant", "content": "Well."}, HI],
        [HI, calls("a", "b", content="Well."), result("b"), result("a"), HI],
        [HI, calls("a"), result("a"), calls("a"), result("a")],
        [HI, {"role": "assistant", "content": None, "refusal": "No."}, HI],
        [{"role": "user", "content": [{"type": "text", "text": "?"}, PICTURE]}],
        [HI, calls("x" * 40), result("x" * 40)],
    ],
)
def test_what_is_right_passes(messages: list[Json]) -> None:
    assert said_of(*messages) == ""


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([result("a")], "messages with role 'tool' must be a response"),
        ([HI, calls("a"), result("b")], "there is no open call 'b'"),
        ([HI, calls("a"), result("a"), result("a")], "there is no open call 'a'"),
        ([HI, calls("a"), HI, result("a")], "did not have response messages: a"),
        ([HI, calls("a", "b"), result("a")], "did not have response messages: b"),
        ([HI, calls("a")], "did not have response messages: a"),
        ([HI, calls("a", "a"), result("a")], "Duplicate value"),
        ([HI, calls("x" * 41), result("x" * 41)], "1 to 40 characters"),
        ([HI, calls(""), result("")], "1 to 40 characters"),
        ([{"role": "user", "content": None}], "expected a string, got null"),
        ([{"role": "assistant", "content": None}, HI], "expected a string, got null"),
        ([{"role": "user", "content": []}], "empty array"),
        ([{"role": "model", "content": "hi"}], "Invalid value: 'model'"),
        ([HI, calls("a"), result("a", [PICTURE])], "Image URLs are only allowed"),
        ([{"role": "system", "content": [PICTURE]}, HI], "Image URLs are only allowed"),
        ([{"role": "user", "content": [{"type": "input_text", "text": "?"}]}], "Invalid value: 'input_text'"),
        ([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "aGk="}}]}], "Invalid image"),
    ],
)
def test_what_is_wrong_is_named(messages: list[Json], words: str) -> None:
    assert words in said_of(*messages)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"n": 100}, "Invalid 'n'"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "Invalid 'stop'"),
        ({"temperature": 2.5}, "Invalid 'temperature'"),
        ({"max_tokens": 5, "max_completion_tokens": 5}, "at the same time"),
        ({"tools": []}, "Invalid 'tools': empty array"),
        ({"tools": [{"function": {"name": "a b"}}]}, "tools[0].function.name"),
        ({"tool_choice": "auto"}, "'tool_choice' is only allowed"),
        ({"parallel_tool_calls": False}, "'parallel_tool_calls' is only allowed"),
        ({"tools": [TOOL], "tool_choice": {"function": {"name": "sub"}}}, "'sub' not found"),
    ],
)
def test_parameters_have_limits(fields: Json, words: str) -> None:
    assert words in said_of(**fields)


def test_parameters_within_their_limits_pass() -> None:
    named = {"type": "function", "function": {"name": "add"}}
    assert said_of(stop=["a"] * 4, temperature=2.0, tools=[TOOL], tool_choice=named, parallel_tool_calls=False) == ""
    assert said_of(tool_choice="none") == ""


def test_a_request_without_messages_has_a_code() -> None:
    found = problem()
    assert found is not None
    assert (found.parameter, found.code, found.status) == ("messages", "empty_array", 400)
