import json

import pytest

from mainstay.model.call import Call, CallKind
from mainstay.model.fault import FaultKind
from mainstay.model.frame import Answer, Usage
from mainstay.wire.anthropic.response import model_reply, models_reply, read_answer

TEXT = {"type": "text", "text": "Hello"}


def call(kind: CallKind = CallKind.ANSWER, max_output_tokens: int = 64) -> Call:
    return Call("anthropic", kind, "/v1/messages", "m", False, (), b"{}", max_output_tokens=max_output_tokens)  # noqa: FBT003 (stream)


def message(*blocks: object, stop_reason: str | None = "end_turn", output_tokens: int = 3) -> bytes:
    usage = {"input_tokens": 10, "cache_creation_input_tokens": 5, "cache_read_input_tokens": 85}
    body = {"id": "msg_1", "type": "message", "role": "assistant", "content": list(blocks), "model": "m"}
    return json.dumps({**body, "stop_reason": stop_reason, "usage": {**usage, "output_tokens": output_tokens}}).encode()


def test_a_good_answer_tells_its_usage() -> None:
    assert read_answer(call(), message(TEXT)) == Answer(None, Usage(100, 3, 85, cache_write_tokens=5), "end_turn")


@pytest.mark.parametrize(
    "body",
    [
        message({"type": "tool_use", "id": "t", "name": "n", "input": {}}, stop_reason="tool_use"),
        message({"type": "thinking", "thinking": "", "signature": "s"}),
        message({"type": "text", "text": ""}, TEXT),
        message(stop_reason="refusal", output_tokens=0),
        message(stop_reason="max_tokens"),
        message(stop_reason="stop_sequence"),
        message(stop_reason="pause_turn"),
    ],
)
def test_a_valid_answer(body: bytes) -> None:
    assert read_answer(call(), body).fault is None


@pytest.mark.parametrize(
    "body",
    [
        message(),
        message({"type": "text", "text": ""}),
        message(stop_reason=None),
        message(stop_reason="tool_use"),
        message(stop_reason="max_tokens", output_tokens=0),
    ],
)
def test_an_empty_answer(body: bytes) -> None:
    fault = read_answer(call(), body).fault
    assert fault is not None
    assert (fault.kind, fault.status) == (FaultKind.EMPTY, 200)


def test_an_answer_that_was_to_be_empty() -> None:
    assert read_answer(call(max_output_tokens=0), message(stop_reason="max_tokens", output_tokens=0)).fault is None


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", message(TEXT)[:-3], b"[]", b"{}", b'{"type":"completion"}', b'{"type":"message"}', b"null"],
)
def test_a_body_that_is_no_message(body: bytes) -> None:
    fault = read_answer(call(), body).fault
    assert fault is not None
    assert (fault.kind, fault.status) == (FaultKind.MALFORMED, 200)


def test_an_error_in_the_clothes_of_a_success() -> None:
    body = b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'
    fault = read_answer(call(), body).fault
    assert fault is not None
    assert (fault.kind, fault.body) == (FaultKind.OVERLOAD, body)


@pytest.mark.parametrize(
    ("body", "fine"), [(b'{"input_tokens": 7}', True), (b"{}", False), (b'{"input_tokens": "7"}', False)]
)
def test_a_count_needs_a_number(body: bytes, *, fine: bool) -> None:
    assert (read_answer(call(CallKind.COUNT_TOKENS), body).fault is None) is fine


def test_the_list_of_models() -> None:
    body = json.loads(models_reply(("a", "b")).body)
    assert [model["id"] for model in body["data"]] == ["a", "b"]
    assert (body["has_more"], body["first_id"], body["last_id"]) == (False, "a", "b")
    assert json.loads(models_reply(()).body)["first_id"] is None


def test_one_model() -> None:
    reply = model_reply("a")
    assert (reply.status, reply.headers) == (200, (("content-type", "application/json"),))
    assert json.loads(reply.body) == {
        "type": "model",
        "id": "a",
        "display_name": "a",
        "created_at": "1970-01-01T00:00:00Z",
    }
