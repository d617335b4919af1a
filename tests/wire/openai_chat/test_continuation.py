import json
from typing import cast

import pytest

from mainstay.model.call import Call
from mainstay.model.catalogue import Candidate, Capabilities, PrefillForm, Upstream
from mainstay.wire.openai_chat.continuation import continuation_body
from mainstay.wire.openai_chat.request import read_call

Body = dict[str, object]
ASK = {"role": "user", "content": "Tell me a story."}


def candidate(*, prefill: bool = False) -> Candidate:
    return Candidate(Upstream("u", "openai-chat", "http://u"), "gpt-other", capabilities=Capabilities(prefill=prefill))


def call_of(**members: object) -> Call:
    body = {"model": "gpt-demo", "messages": [ASK], "stream": True, **members}
    call = read_call("/v1/chat/completions", "", (), json.dumps(body).encode())
    assert isinstance(call, Call)
    return call


def continued(call: Call, text: str, *, prefill: bool = False) -> Body:
    body = continuation_body(call, candidate(prefill=prefill), text)
    assert body is not None
    return cast("Body", json.loads(body))


def messages(body: Body) -> list[Body]:
    return cast("list[Body]", body["messages"])


def test_by_asking_for_the_rest() -> None:
    body = continued(call_of(stream_options={"include_usage": True}), "Once upon a time, ")
    question, answer, request = messages(body)
    assert question == ASK
    assert answer == {"role": "assistant", "content": "Once upon a time, "}
    assert '"Once upon a time, "' in str(request["content"])
    assert (body["model"], body["stream"], body["stream_options"]) == ("gpt-other", True, {"include_usage": True})
    assert "continue_final_message" not in body


def test_by_prefill() -> None:
    body = continued(call_of(), "Once upon a time, \n", prefill=True)
    assert messages(body) == [ASK, {"role": "assistant", "content": "Once upon a time,"}]
    assert (body["continue_final_message"], body["add_generation_prompt"]) == (True, False)


def test_no_prefill_beside_tools() -> None:
    assert messages(continued(call_of(tools=[{"type": "function"}]), "Once", prefill=True))[-1]["role"] == "user"


@pytest.mark.parametrize(
    ("content", "merged"),
    [
        ("{", '{"a": 1'),
        (None, '"a": 1'),
        ([{"type": "text", "text": "{"}], [{"type": "text", "text": '{"a": 1'}]),
        ([{"type": "refusal"}], [{"type": "refusal"}, {"type": "text", "text": '"a": 1'}]),
    ],
)
def test_a_last_word_of_the_assistant_is_lengthened(content: object, merged: object) -> None:
    call = call_of(messages=[ASK, {"role": "assistant", "content": content}])
    said = messages(continued(call, '"a": 1'))
    assert said[1] == {"role": "assistant", "content": merged}
    assert [message["role"] for message in said] == ["user", "assistant", "user"]


@pytest.mark.parametrize(
    ("members", "left"),
    [
        ({"max_tokens": 1000}, {"max_tokens": 900}),
        ({"max_completion_tokens": 1000}, {"max_completion_tokens": 900}),
        ({"max_tokens": None, "max_completion_tokens": 120}, {"max_tokens": None, "max_completion_tokens": 64}),
        ({}, {}),
    ],
)
def test_what_was_given_counts_against_the_limit(members: Body, left: Body) -> None:
    body = continued(call_of(**members), "x" * 400, prefill=True)
    assert {name: body[name] for name in ("max_tokens", "max_completion_tokens") if name in body} == left


@pytest.mark.parametrize("text", ["", " \n"])
def test_without_words_the_answer_is_begun_anew(text: str) -> None:
    call = call_of()
    assert continued(call, text) == json.loads(call.body) | {"model": "gpt-other"}


def test_a_request_that_forbids_it_is_not_continued() -> None:
    assert continuation_body(call_of(n=2), candidate(), "text") is None


@pytest.mark.parametrize(
    ("form", "flags", "last"),
    [
        (PrefillForm.FLAGS, {"continue_final_message": True, "add_generation_prompt": False}, {}),
        (PrefillForm.PREFIX, {}, {"prefix": True}),
        (PrefillForm.PLAIN, {}, {}),
    ],
)
def test_each_kind_of_server_is_told_in_its_own_way(form: PrefillForm, flags: Body, last: Body) -> None:
    able = Capabilities(prefill=True, prefill_form=form)
    one = Candidate(Upstream("u", "openai-chat", "http://u"), "gpt-other", capabilities=able)
    body = cast("Body", json.loads(continuation_body(call_of(), one, "Once") or b""))
    assert messages(body)[-1] == {"role": "assistant", "content": "Once", **last}
    assert {name: value for name, value in body.items() if name not in call_names()} == flags


def call_names() -> set[str]:
    return {"model", "messages", "stream"}
