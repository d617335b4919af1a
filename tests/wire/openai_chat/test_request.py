import json

import pytest

from mainstay.model.call import Call, CallKind
from mainstay.model.fault import Fault
from mainstay.wire.openai_chat.request import read_call, request_headers, request_path

PATH = "/v1/chat/completions"
MINIMAL: dict[str, object] = {"model": "gpt-demo", "messages": [{"role": "user", "content": "Hi"}]}


def read(**members: object) -> Call:
    call = read_call(PATH, "api-version=1", (("x-a", "1"),), json.dumps({**MINIMAL, **members}).encode())
    assert isinstance(call, Call)
    return call


def refused(body: bytes, path: str = PATH) -> Fault:
    fault = read_call(path, "", (), body)
    assert isinstance(fault, Fault)
    return fault


def test_a_minimal_request() -> None:
    body = json.dumps(MINIMAL).encode()
    assert read_call(PATH, "", (("x-a", "1"), ("authorization", "Bearer t")), body) == Call(
        dialect="openai-chat",
        kind=CallKind.ANSWER,
        path=PATH,
        model="gpt-demo",
        stream=False,
        headers=(("x-a", "1"),),
        body=body,
        estimated_input_tokens=len(body) // 4,
    )


def test_the_base_url_of_an_upstream_ends_with_the_version() -> None:
    assert request_path(read()) == "/chat/completions?api-version=1"


@pytest.mark.parametrize(("stream", "streams"), [(True, True), (False, False), (None, False)])
def test_a_stream_may_be_asked_for(*, stream: bool | None, streams: bool) -> None:
    assert read(stream=stream).stream is streams


@pytest.mark.parametrize(
    ("members", "limit"),
    [
        ({}, None),
        ({"max_tokens": 5}, 5),
        ({"max_completion_tokens": 6}, 6),
        ({"max_tokens": 5, "max_completion_tokens": 6}, 6),
        ({"max_tokens": None}, None),
    ],
)
def test_the_output_limit(members: dict[str, object], limit: int | None) -> None:
    assert read(**members).max_output_tokens == limit


def test_tools_and_functions_of_old() -> None:
    assert read(tools=[{"type": "function"}]).has_tools
    assert read(functions=[{"name": "f"}]).has_tools
    assert not read(tools=[]).has_tools


@pytest.mark.parametrize(
    "members",
    [
        {"response_format": {"type": "json_object"}},
        {"response_format": {"type": "json_schema", "json_schema": {}}},
        {"tool_choice": "required"},
        {"tool_choice": {"type": "function", "function": {"name": "f"}}},
        {"function_call": {"name": "f"}},
        {"n": 2},
        {"modalities": ["text", "audio"]},
        {"audio": {"voice": "alloy"}},
        {"logprobs": True},
    ],
)
def test_prose_could_not_finish_this(members: dict[str, object]) -> None:
    assert read(**members).must_not_continue


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"response_format": {"type": "text"}},
        {"response_format": None},
        {"tool_choice": "auto"},
        {"tool_choice": "none"},
        {"function_call": "auto"},
        {"n": 1},
        {"n": None},
        {"modalities": ["text"]},
        {"audio": None},
        {"logprobs": False},
        {"unknown_field": {"of": "tomorrow"}},
    ],
)
def test_prose_could_finish_this(members: dict[str, object]) -> None:
    assert not read(**members).must_not_continue


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"model": ""}, "model"),
        ({"model": 7}, "model"),
        ({"stream": "yes"}, "stream"),
        ({"messages": {}}, "messages"),
        ({"messages": []}, "messages"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"max_completion_tokens": "5"}, "max_completion_tokens"),
        ({"max_completion_tokens": -5}, "max_completion_tokens"),
        ({"n": "two"}, "n"),
    ],
)
def test_a_mistake_is_named(members: dict[str, object], field: str) -> None:
    fault = refused(json.dumps({**MINIMAL, **members}).encode())
    assert fault.message.startswith(f"{field}: ")
    assert (fault.status, fault.code) == (400, "invalid_request_error")


@pytest.mark.parametrize("field", list(MINIMAL))
def test_a_missing_field_is_named(field: str) -> None:
    body = json.dumps({name: value for name, value in MINIMAL.items() if name != field}).encode()
    assert refused(body).message.startswith(f"{field}: ")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null"])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    assert refused(body).message.startswith("body: ")


def test_an_unknown_path_is_refused() -> None:
    assert refused(json.dumps(MINIMAL).encode(), "/v1/completions").status == 404


def test_a_compressed_body_is_refused() -> None:
    fault = read_call(PATH, "", (("content-encoding", "gzip"),), b"\x1f\x8b")
    assert isinstance(fault, Fault)
    assert fault.code == "request_body_encoding_unsupported"


def test_a_credential_goes_as_a_bearer() -> None:
    assert ("authorization", "Bearer k") in request_headers(read(), "k")
    assert "authorization" not in dict(request_headers(read(), ""))


SESSION = (("session_id", "from the header"),)


def asked(headers: tuple[tuple[str, str], ...] = (), /, **members: object) -> Call:
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hi"}], **members})
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
