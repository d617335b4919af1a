import msgspec
import pytest

from mainstay.lab.provider.ask import Problem
from mainstay.lab.provider.openai_responses_body import Body
from mainstay.lab.provider.openai_responses_rules import problem_in

Json = dict[str, object]
HI: Json = {"role": "user", "content": "hi"}
WELL: Json = {
    "type": "message",
    "id": "msg_1",
    "role": "assistant",
    "content": [{"type": "output_text", "text": "Well."}],
}
TOOL: Json = {"type": "function", "name": "add", "parameters": {"type": "object"}}
PICTURE: Json = {"type": "input_image", "image_url": "data:image/png;base64,aGk="}
REASONING: Json = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "e"}


def call(call_id: str = "c", kind: str = "function_call", **fields: object) -> Json:
    return {"type": kind, "call_id": call_id, "name": "add", **fields}


def output(call_id: str = "c", value: object = "4", kind: str = "function_call_output") -> Json:
    return {"type": kind, "call_id": call_id, "output": value}


def part(kind: str, role: str = "user") -> Json:
    return {"role": role, "content": [{"type": kind, "text": "?"}]}


def problem(*items: Json, **fields: object) -> Problem | None:
    body = {"model": "m", "input": list(items), **fields}
    return problem_in(msgspec.json.decode(msgspec.json.encode(body), type=Body), frozenset(body))


def said_of(*items: Json, **fields: object) -> str:
    """What is said about a request; nothing if it is right."""
    found = problem(*(items or (HI,)), **fields)
    return found.message if found else ""


@pytest.mark.parametrize(
    "items",
    [
        [HI],
        [{"role": "developer", "content": "be brief"}, HI, WELL, HI],
        [HI, call("a"), call("b"), output("b"), output("a", [PICTURE])],
        [HI, WELL, call(id="fc_1"), output(), HI],
        [HI, REASONING, call(), output(), REASONING, WELL, HI],
        [HI, call(kind="custom_tool_call", id="ctc_1"), output(kind="custom_tool_call_output")],
        [{"role": "user", "content": [{"type": "input_text", "text": "?"}, PICTURE]}],
        [HI, {"type": "web_search_call", "id": "ws_1"}, WELL],
    ],
)
def test_what_is_right_passes(items: list[Json]) -> None:
    assert said_of(*items) == ""


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([output()], "No tool call found for function call output with call_id c."),
        ([HI, output(), call()], "No tool call found"),
        ([HI, call(kind="custom_tool_call"), output()], "No tool call found"),
        ([HI, call()], "No tool output found for function call c."),
        ([HI, call("a"), call("b"), output("a")], "No tool output found for function call b."),
        ([HI, call(id="call_1"), output()], "begins with 'fc'"),
        ([HI, {**WELL, "id": "chatcmpl-1"}], "begins with 'msg'"),
        ([HI, call("x" * 65), output("x" * 65)], "1 to 64 characters"),
        ([HI, call(name="a b"), output()], "input[1].name"),
        ([HI, call(), output(value={"a": 1})], "Invalid type for 'input[2].output'"),
        ([HI, call(), output(value=[{"type": "text"}])], "Invalid value: 'text'"),
        ([HI, REASONING], "without its required following item"),
        ([HI, REASONING, HI], "without its required following item"),
        ([part("text")], "Invalid value: 'text'"),
        ([part("output_text")], "Invalid value: 'output_text'"),
        ([HI, part("input_text", "assistant")], "Invalid value: 'input_text'"),
        ([{"role": "tool", "content": "4"}], "Invalid value: 'tool'"),
        ([{"role": "user"}], "Missing required parameter: 'input[0].content'"),
        ([{"role": "user", "content": [{**PICTURE, "image_url": "aGk="}]}], "image_url"),
        ([{"type": "tool_use"}], "Invalid value: 'tool_use'"),
        ([{"type": "item_reference", "id": "msg_1"}], "Item with id 'msg_1' not found."),
    ],
)
def test_what_is_wrong_is_named(items: list[Json], words: str) -> None:
    assert words in said_of(*items)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"max_tokens": 100}, "Unsupported parameter: 'max_tokens'"),
        ({"stop": "END"}, "Unsupported parameter: 'stop'"),
        ({"max_output_tokens": 15}, "integer below minimum value"),
        ({"temperature": 2.5}, "Invalid 'temperature'"),
        ({"text": {"format": {"type": "json_schema", "schema": {}}}}, "text.format.name"),
        ({"tools": [{"type": "function", "name": "a b"}]}, "tools[0].name"),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "name": "sub"}}, "'sub' not found"),
        ({"tool_choice": "required"}, "'tools' parameter"),
        ({"conversation": "conv_1"}, 'Conversation with id "conv_1" not found.'),
        ({"conversation": "conv_1", "previous_response_id": "resp_1"}, "Mutually exclusive"),
    ],
)
def test_parameters_have_limits(fields: Json, words: str) -> None:
    assert words in said_of(**fields)


def test_parameters_within_their_limits_pass() -> None:
    named = {"type": "function", "name": "add"}
    assert said_of(tools=[TOOL, {"type": "web_search"}], tool_choice=named, max_output_tokens=16) == ""
    assert said_of(tools=[TOOL], tool_choice="required", text={"format": {"type": "text"}}, store=False) == ""


def test_an_earlier_answer_may_hold_the_call() -> None:
    assert said_of(output(), previous_response_id="resp_1") == ""


def test_there_is_something_to_answer() -> None:
    found = problem()
    assert found is not None
    assert found.code == "missing_required_parameter"
    assert problem(previous_response_id="resp_1") is None
