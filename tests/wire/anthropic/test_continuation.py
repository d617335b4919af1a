import json
from typing import cast

import pytest

from mainstay.model.call import Call
from mainstay.model.catalogue import Candidate, Capabilities, Upstream
from mainstay.wire.anthropic.continuation import continuation_body
from mainstay.wire.anthropic.request import read_call

Body = dict[str, object]
ASK = {"role": "user", "content": "Tell me a story."}


def candidate(*, prefill: bool = False) -> Candidate:
    return Candidate(Upstream("u", "anthropic", "http://u"), "claude-other", capabilities=Capabilities(prefill=prefill))


def call_of(**members: object) -> Call:
    body = {"model": "claude-demo", "max_tokens": 1000, "messages": [ASK], "stream": True, **members}
    call = read_call("/v1/messages", "", (), json.dumps(body).encode())
    assert isinstance(call, Call)
    return call


def continued(call: Call, text: str, *, prefill: bool = False) -> Body:
    body = continuation_body(call, candidate(prefill=prefill), text)
    assert body is not None
    return cast("Body", json.loads(body))


def messages(body: Body) -> list[Body]:
    return cast("list[Body]", body["messages"])


def test_by_asking_for_the_rest() -> None:
    body = continued(call_of(system="Be brief.", temperature=0.5), "Once upon a time, ")
    question, answer, request = messages(body)
    assert question == ASK
    assert answer == {"role": "assistant", "content": "Once upon a time, "}
    assert request["role"] == "user"
    assert '"Once upon a time, "' in str(request["content"])
    assert (body["model"], body["stream"], body["system"], body["temperature"]) == (
        "claude-other",
        True,
        "Be brief.",
        0.5,
    )


def test_by_prefill_without_white_space_at_its_end() -> None:
    body = continued(call_of(), "Once upon a time, \n", prefill=True)
    assert messages(body) == [ASK, {"role": "assistant", "content": "Once upon a time,"}]


@pytest.mark.parametrize(
    "members",
    [
        {"tools": [{"name": "t"}]},
        {"thinking": {"type": "adaptive"}},
        {"thinking": {"type": "enabled", "budget_tokens": 9}},
    ],
)
def test_no_prefill_beside_tools_or_thinking(members: Body) -> None:
    assert messages(continued(call_of(**members), "Once", prefill=True))[-1]["role"] == "user"


@pytest.mark.parametrize("thinking", [{"type": "disabled"}, None])
def test_prefill_where_nobody_thinks(thinking: Body | None) -> None:
    assert messages(continued(call_of(thinking=thinking), "Once", prefill=True))[-1]["role"] == "assistant"


@pytest.mark.parametrize(
    ("content", "merged"),
    [
        ("{", '{"a": 1'),
        ([{"type": "text", "text": "{", "cache_control": {"type": "ephemeral"}}],
         [{"type": "text", "text": '{"a": 1', "cache_control": {"type": "ephemeral"}}]),
        ([{"type": "image"}], [{"type": "image"}, {"type": "text", "text": '"a": 1'}]),
        ([], [{"type": "text", "text": '"a": 1'}]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("prefill", [True, False])
def test_a_prefill_of_the_caller_is_lengthened(content: object, merged: object, *, prefill: bool) -> None:
    call = call_of(messages=[ASK, {"role": "assistant", "content": content}])
    said = messages(continued(call, '"a": 1', prefill=prefill))
    assert said[1] == {"role": "assistant", "content": merged}
    assert [message["role"] for message in said] == ["user", "assistant"] + ["user"] * (not prefill)


@pytest.mark.parametrize(
    ("members", "left"),
    [
        ({}, 900),
        ({"max_tokens": 120}, 64),
        ({"max_tokens": 20}, 20),
        ({"max_tokens": 90, "thinking": {"type": "disabled", "budget_tokens": 10}}, 74),
    ],
)
def test_what_was_given_counts_against_the_limit(members: Body, left: int) -> None:
    assert continued(call_of(**members), "x" * 400, prefill=True)["max_tokens"] == left


def test_the_limit_stays_above_the_budget_for_thinking() -> None:
    call = call_of(max_tokens=2000, thinking={"type": "enabled", "budget_tokens": 1800})
    assert continued(call, "x" * 4000)["max_tokens"] == 1864


def test_the_callers_bytes_are_kept_in_the_rest() -> None:
    message = '{"role" : "user", "content" : "Hi"}'
    body = f'{{"model":"m","max_tokens":9,"messages":[{message}],"metadata":{{ "user_id" : "u" }}}}'.encode()
    call = read_call("/v1/messages", "", (), body)
    assert isinstance(call, Call)
    continued_body = continuation_body(call, candidate(), "text") or b""
    assert message.encode() in continued_body
    assert b'{ "user_id" : "u" }' in continued_body


@pytest.mark.parametrize("text", ["", " \n"])
def test_without_words_the_answer_is_begun_anew(text: str) -> None:
    call = call_of()
    assert continued(call, text) == json.loads(call.body) | {"model": "claude-other"}


def test_a_request_that_forbids_it_is_not_continued() -> None:
    assert continuation_body(call_of(tool_choice={"type": "any"}), candidate(), "text") is None
