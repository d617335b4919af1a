import json

import pytest

from mainstay.model.call import Call, CallKind
from mainstay.model.conversation import Thinking
from mainstay.model.fault import Fault, FaultKind
from mainstay.wire import envelope
from mainstay.wire.openai_responses.request import (
    read_call,
    request_body,
    request_headers,
    request_path,
    without_envelopes,
)

PATH = "/v1/responses"
OURS = {"type": "reasoning", "id": "rs_1", "encrypted_content": envelope.seal(Thinking("anthropic", "Hm", "sig"))}
THEIRS = {"type": "reasoning", "id": "rs_2", "encrypted_content": "gAAA"}
HELLO = {"role": "user", "content": "Hello"}


def called(**fields: object) -> Call:
    body = json.dumps({"model": "m", "input": "Hi", **fields}).encode()
    call = read_call(PATH, "", (("x-team", "a"), ("authorization", "Bearer caller")), body)
    assert isinstance(call, Call), call
    return call


def refused(body: bytes, path: str = PATH) -> Fault:
    fault = read_call(path, "", (), body)
    assert isinstance(fault, Fault)
    return fault


def test_a_request_is_read() -> None:
    call = called(stream=True, max_output_tokens=9, tools=[{"type": "function", "name": "f"}])
    assert (call.dialect, call.kind, call.path, call.model) == ("openai-responses", CallKind.ANSWER, PATH, "m")
    assert (call.stream, call.has_tools, call.max_output_tokens, call.bound) == (True, True, 9, "")
    assert call.headers == (("x-team", "a"),)
    assert call.estimated_input_tokens == len(call.body) // 4


def test_a_query_stays() -> None:
    call = read_call(PATH, "a=b", (), b'{"model":"m","input":[]}')
    assert isinstance(call, Call)
    assert request_path(call) == "/responses?a=b"


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b'{"input":"Hi"}', "model"),
        (b'{"model":"","input":"Hi"}', "model"),
        (b'{"model":"m","input":7}', "input"),
        (b'{"model":"m","input":"Hi","max_output_tokens":-1}', "max_output_tokens"),
        (b"[]", "body"),
        (b"{oops", "JSON"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(body: bytes, word: str) -> None:
    fault = refused(body)
    assert (fault.kind, fault.status) == (FaultKind.REQUEST, 400)
    assert word in fault.message


def test_other_paths_and_encodings_are_refused() -> None:
    assert refused(b"{}", "/v1/responses/resp_1").status == 404
    compressed = read_call(PATH, "", (("content-encoding", "gzip"),), b"")
    assert isinstance(compressed, Fault)


@pytest.mark.parametrize(
    ("fields", "must_not"),
    [
        ({}, False),
        ({"text": {"format": {"type": "text"}}}, False),
        ({"text": {"format": {"type": "json_object"}}}, True),
        ({"tool_choice": "auto"}, False),
        ({"tool_choice": "required"}, True),
        ({"tool_choice": {"type": "function", "name": "f"}}, True),
        ({"tools": [{"type": "function", "name": "f"}, {"type": "custom", "name": "g"}]}, False),
        ({"tools": [{"type": "namespace", "name": "n", "tools": []}]}, False),
        ({"tools": [{"type": "web_search"}]}, False),
        ({"tools": [{"type": "code_interpreter"}]}, True),
        ({"include": ["reasoning.encrypted_content"]}, False),
        ({"include": ["message.output_text.logprobs"]}, True),
        ({"top_logprobs": 2}, True),
        ({"background": True}, False),
    ],
)
def test_what_prose_could_not_finish_must_not_be_continued(fields: dict[str, object], *, must_not: bool) -> None:
    assert called(**fields).must_not_continue is must_not


def test_headers_carry_the_upstreams_key_and_never_the_callers() -> None:
    sent = dict(request_headers(called(), "sk-1"))
    assert sent["authorization"] == "Bearer sk-1"
    assert sent["x-team"] == "a"
    assert "authorization" not in dict(request_headers(called(), ""))


def test_the_body_passes_verbatim_but_for_the_model() -> None:
    body = b'{ "input" : "m",  "model":"m" }'
    assert request_body(body, "m") == body
    assert request_body(body, "other") == b'{ "input" : "m",  "model":"other" }'


def test_reasoning_that_others_sealed_does_not_go_to_the_provider() -> None:
    call = called(input=[HELLO, OURS, THEIRS])
    assert json.loads(request_body(call.body, "n")) == {"model": "n", "input": [HELLO, THEIRS]}


def test_words_that_look_like_an_envelope_stay() -> None:
    quoted = {"role": "user", "content": envelope.PREFIX}
    odd: dict[str, object] = {"type": "reasoning", "summary": [], "encrypted_content": None, "note": envelope.PREFIX}
    body = called(input=[quoted, odd, 7]).body
    assert without_envelopes(body) == body
    assert without_envelopes(b'"' + envelope.MARK) == b'"' + envelope.MARK


SESSION = (("session_id", "from the header"),)


def asked(headers: tuple[tuple[str, str], ...] = (), /, **members: object) -> Call:
    body = json.dumps({"model": "m", "input": "hi", **members})
    call = read_call(PATH, "", headers, body.encode())
    assert isinstance(call, Call)
    return call


@pytest.mark.parametrize(
    ("members", "session"),
    [
        ({}, ""),
        ({"user": "u"}, "u"),
        ({"user": "u", "safety_identifier": "s"}, "s"),
        ({"user": "u", "safety_identifier": "s", "prompt_cache_key": "k"}, "k"),
        ({"user": "u", "prompt_cache_key": ""}, "u"),
        ({"user": 5, "prompt_cache_key": ["k"]}, ""),
        ({"user": None}, ""),
    ],
)
def test_the_session_stands_in_what_names_the_user_where_no_header_tells(
    members: dict[str, object], session: str
) -> None:
    assert asked(**members).session == session
    assert asked(SESSION, **members).session == "from the header"


@pytest.mark.parametrize(
    ("members", "unsampled"),
    [({}, False), ({"temperature": 0}, True), ({"temperature": 1}, False), ({"temperature": "0"}, False)],
)
def test_only_a_temperature_of_zero_leaves_nothing_to_chance(members: dict[str, object], *, unsampled: bool) -> None:
    assert asked(**members).unsampled is unsampled
