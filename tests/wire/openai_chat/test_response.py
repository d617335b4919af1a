import json

import pytest

from mainstay.model.call import Call, CallKind
from mainstay.model.fault import FaultKind
from mainstay.model.frame import Answer, Usage
from mainstay.wire.openai_chat.response import model_reply, models_reply, read_answer
from tests.wire.openai_chat.crossing import golden

CALL = Call("openai-chat", CallKind.ANSWER, "/v1/chat/completions", "m", False, (), b"{}")  # noqa: FBT003 (stream)
USAGE = {
    "prompt_tokens": 100,
    "completion_tokens": 3,
    "total_tokens": 103,
    "prompt_tokens_details": {"cached_tokens": 64},
}


def completion(*choices: object, **members: object) -> bytes:
    body = {"id": "chatcmpl-1", "object": "chat.completion", "choices": list(choices), "usage": USAGE}
    return json.dumps({**body, **members}).encode()


def choice(finish: str | None = "stop", **message: object) -> dict[str, object]:
    return {"index": 0, "message": {"role": "assistant", "content": None, **message}, "finish_reason": finish}


GOOD = completion(choice(content="Hello"))


def test_a_good_answer_tells_its_usage() -> None:
    assert read_answer(CALL, GOOD) == Answer(None, Usage(100, 3, 64), "stop")


def test_all_that_a_provider_tells_of_its_usage() -> None:
    told = Usage(100, 20, 64, cache_write_tokens=10, reasoning_tokens=12)
    assert read_answer(CALL, golden("answer_text.json")).usage == told
    assert read_answer(CALL, golden("answer_tools.json")).usage == Usage(50, 30)


def test_usage_may_be_missing() -> None:
    assert read_answer(CALL, completion(choice(content="Hello"), usage=None)) == Answer(None, None, "stop")


@pytest.mark.parametrize(
    "body",
    [
        completion(choice("tool_calls", tool_calls=[{"id": "c"}])),
        completion(choice("function_call", function_call={"name": "f"})),
        completion(choice(refusal="I cannot")),
        completion(choice(audio={"id": "a"})),
        completion(choice(content=[{"type": "text", "text": "Hello"}])),
        completion(choice("content_filter")),
        completion(choice("length", content="")),
        completion(choice(content="a"), choice(content="b")),
        completion(choice(content="a"), error=None),
    ],
)
def test_a_valid_answer(body: bytes) -> None:
    assert read_answer(CALL, body).fault is None


@pytest.mark.parametrize(
    "body",
    [
        completion(),
        completion(choice()),
        completion(choice(content="")),
        completion(choice("tool_calls", tool_calls=[])),
        completion(choice(content="a"), choice()),
        completion({"index": 0, "finish_reason": "stop"}),
    ],
)
def test_an_empty_answer(body: bytes) -> None:
    fault = read_answer(CALL, body).fault
    assert fault is not None
    assert (fault.kind, fault.status) == (FaultKind.EMPTY, 200)


@pytest.mark.parametrize("body", [b"", b"<html>", GOOD[:-3], b"[]", b"{}", b"null", b'{"choices": "none"}'])
def test_a_body_that_is_no_completion(body: bytes) -> None:
    fault = read_answer(CALL, body).fault
    assert fault is not None
    assert (fault.kind, fault.status) == (FaultKind.MALFORMED, 200)


@pytest.mark.parametrize(
    "body",
    [b'{"error": {"message": "m", "code": "slow_down"}}', completion(choice(content="a"), error={"code": "slow_down"})],
)
def test_an_error_in_the_clothes_of_a_success(body: bytes) -> None:
    fault = read_answer(CALL, body).fault
    assert fault is not None
    assert fault.kind is FaultKind.OVERLOAD


def test_the_list_of_models() -> None:
    body = json.loads(models_reply(("a", "b")).body)
    assert body["object"] == "list"
    assert [(model["id"], model["object"]) for model in body["data"]] == [("a", "model"), ("b", "model")]


def test_one_model() -> None:
    reply = model_reply("a")
    assert reply.headers == (("content-type", "application/json"),)
    assert json.loads(reply.body) == {"object": "model", "id": "a", "created": 0, "owned_by": "mainstay"}


@pytest.mark.parametrize(
    ("call", "broken"),
    [
        ({"id": "c", "function": {"name": "f", "arguments": '{"a": 1}'}}, False),
        ({"id": "c", "function": {"name": "f", "arguments": ""}}, False),
        ({"id": "c", "function": {"name": "f"}}, False),
        ({"id": "c", "function": {"name": "f", "arguments": {"a": 1}}}, False),
        ({"id": "c", "type": "custom", "custom": {"name": "f", "input": "free text"}}, False),
        ({"id": "c", "function": {"name": "f", "arguments": '{"a": '}}, True),
        ({"id": "c", "function": {"name": "f", "arguments": "[1]"}}, True),
    ],
)
def test_arguments_that_are_no_object_are_told(call: dict[str, object], *, broken: bool) -> None:
    whole = {"id": "d", "function": {"name": "f", "arguments": "{}"}}
    answer = read_answer(CALL, completion(choice("tool_calls", tool_calls=[whole, call])))
    assert answer.fault is None
    assert answer.tools_broken is broken
