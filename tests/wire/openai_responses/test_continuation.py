import json

import pytest

from mainstay.model.call import Call, CallKind
from mainstay.model.catalogue import Candidate, Upstream
from mainstay.model.conversation import Thinking
from mainstay.wire import envelope
from mainstay.wire.continuation import request_for_the_rest
from mainstay.wire.openai_responses.continuation import continuation_body
from mainstay.wire.openai_responses.request import read_call

HERE = Candidate(Upstream("openai", "openai-responses", "https://example.com/v1"), "gpt-b")
SAID = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "One two"}]}
ASKED = {"type": "message", "role": "user", "content": request_for_the_rest("One two")}


def continued(text: str = "One two", **fields: object) -> dict[str, object] | None:
    call = read_call("/v1/responses", "", (), json.dumps({"model": "a", **fields}).encode())
    assert isinstance(call, Call), call
    body = continuation_body(call, HERE, text)
    return None if body is None else dict(json.loads(body))


@pytest.mark.parametrize(
    ("given", "before"),
    [
        ("Hi", [{"type": "message", "role": "user", "content": "Hi"}]),
        ([{"role": "user", "content": "Hi"}], [{"role": "user", "content": "Hi"}]),
        (None, []),
    ],
)
def test_the_rest_is_asked_for_after_what_was_said(given: object, before: list[object]) -> None:
    body = continued(input=given, temperature=0.5, previous_response_id="resp_1")
    assert body == {
        "model": "gpt-b",
        "input": [*before, SAID, ASKED],
        "temperature": 0.5,
        "previous_response_id": "resp_1",
    }


def test_the_output_limit_shrinks() -> None:
    body = continued(text="word " * 400, input="Hi", max_output_tokens=1000)
    assert body
    assert isinstance(body["max_output_tokens"], int)
    assert 500 <= body["max_output_tokens"] < 560


def test_without_text_the_answer_is_begun_anew() -> None:
    assert continued(text=" ", input="Hi") == {"model": "gpt-b", "input": "Hi"}


def test_what_must_not_be_continued_is_not() -> None:
    assert continued(input="Hi", tool_choice="required") is None


def test_reasoning_that_others_sealed_is_left_out_here_too() -> None:
    sealed = {"type": "reasoning", "encrypted_content": envelope.seal(Thinking("x", "y"))}
    body = continued(input=[sealed])
    assert body
    assert body["input"] == [SAID, ASKED]


def test_an_unreadable_body_cannot_be_continued() -> None:
    call = Call("openai-responses", CallKind.ANSWER, "/v1/responses", "a", stream=True, headers=(), body=b"{")
    assert continuation_body(call, HERE, "One") is None
