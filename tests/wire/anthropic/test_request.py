import json

import pytest

from mainstay.model.call import Call, CallKind
from mainstay.model.fault import Fault
from mainstay.wire.anthropic.request import read_call, request_headers

MINIMAL: dict[str, object] = {"model": "claude-demo", "max_tokens": 64, "messages": [{"role": "user", "content": "Hi"}]}


def read(**members: object) -> Call:
    call = read_call("/v1/messages", "beta=true", (("x-a", "1"),), json.dumps({**MINIMAL, **members}).encode())
    assert isinstance(call, Call)
    return call


def refused(body: bytes, path: str = "/v1/messages") -> Fault:
    fault = read_call(path, "", (), body)
    assert isinstance(fault, Fault)
    return fault


def test_a_minimal_request() -> None:
    body = json.dumps(MINIMAL).encode()
    assert read_call("/v1/messages", "", (("x-a", "1"), ("cookie", "c")), body) == Call(
        dialect="anthropic",
        kind=CallKind.ANSWER,
        path="/v1/messages",
        model="claude-demo",
        stream=False,
        headers=(("x-a", "1"),),
        body=body,
        max_output_tokens=64,
        estimated_input_tokens=len(body) // 4,
    )


def test_the_query_stays_with_the_path() -> None:
    assert read().path == "/v1/messages?beta=true"


def test_a_stream_with_tools() -> None:
    call = read(stream=True, tools=[{"name": "t"}])
    assert (call.stream, call.has_tools) == (True, True)
    assert not read(tools=[]).has_tools


def test_counting_tokens_needs_no_limit_and_never_streams() -> None:
    body = json.dumps({"model": "m", "messages": [{}], "stream": True}).encode()
    call = read_call("/v1/messages/count_tokens", "", (), body)
    assert isinstance(call, Call)
    assert (call.kind, call.stream, call.max_output_tokens) == (CallKind.COUNT_TOKENS, False, None)


def test_a_limit_of_zero_warms_the_cache() -> None:
    assert read(max_tokens=0).max_output_tokens == 0


@pytest.mark.parametrize(
    "members",
    [
        {"output_config": {"format": {"type": "json_schema"}}},
        {"output_format": {"type": "json_schema"}},
        {"tool_choice": {"type": "any"}},
        {"tool_choice": {"type": "tool", "name": "t"}},
        {"container": "c_1"},
        {"mcp_servers": [{"url": "u"}]},
        {"thread": {"id": "t"}},
    ],
)
def test_prose_could_not_finish_this(members: dict[str, object]) -> None:
    assert read(**members).must_not_continue


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"output_config": {"effort": "low"}},
        {"output_config": {"format": None}},
        {"output_config": None},
        {"tool_choice": {"type": "auto"}},
        {"container": None},
        {"unknown_field": {"of": "tomorrow"}},
    ],
)
def test_prose_could_finish_this(members: dict[str, object]) -> None:
    assert not read(**members).must_not_continue


def test_nothing_else_is_judged_here() -> None:
    assert read(temperature=99, messages=["nonsense"], system=7).model == "claude-demo"


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"model": ""}, "model"),
        ({"model": 7}, "model"),
        ({"model": None}, "model"),
        ({"stream": "yes"}, "stream"),
        ({"stream": None}, "stream"),
        ({"messages": {}}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": "Hi"}, "messages"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"max_tokens": "64"}, "max_tokens"),
        ({"max_tokens": True}, "max_tokens"),
        ({"max_tokens": None}, "max_tokens"),
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


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"text"', b'{"x":' + b"[" * 100_000])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    assert refused(body).message.startswith("body: ")


def test_an_unknown_path_is_refused() -> None:
    assert refused(json.dumps(MINIMAL).encode(), "/v1/complete").status == 404


def test_a_compressed_body_is_refused() -> None:
    fault = read_call("/v1/messages", "", (("content-encoding", "gzip"),), b"\x1f\x8b")
    assert isinstance(fault, Fault)
    assert fault.code == "request_body_encoding_unsupported"


def test_an_api_key_and_a_version_are_added() -> None:
    headers = request_headers(read(), "sk-ant-api03-x")
    assert ("x-api-key", "sk-ant-api03-x") in headers
    assert ("anthropic-version", "2023-06-01") in headers
    assert "authorization" not in dict(headers)


def test_an_oauth_token_goes_as_a_bearer() -> None:
    headers = dict(request_headers(read(), "sk-ant-oat01-x"))
    assert headers["authorization"] == "Bearer sk-ant-oat01-x"
    assert "x-api-key" not in headers


def test_a_version_that_the_caller_names_is_kept() -> None:
    call = read_call("/v1/messages", "", (("anthropic-version", "2026-10-21"),), json.dumps(MINIMAL).encode())
    assert isinstance(call, Call)
    versions = [value for name, value in request_headers(call, "") if name == "anthropic-version"]
    assert versions == ["2026-10-21"]


def test_without_a_credential_none_is_sent() -> None:
    assert not {"authorization", "x-api-key"} & set(dict(request_headers(read(), "")))


PNG = {"type": "base64", "media_type": "image/png", "data": "aGk="}
FILE = {"type": "file", "file_id": "file_1"}
BOUND = "file id"


def told(*blocks: dict[str, object]) -> Call:
    return read(messages=[{"role": "user", "content": "Hi"}, {"role": "user", "content": list(blocks)}])


@pytest.mark.parametrize(
    ("members", "bound"),
    [
        ({"container": "c_1"}, "container"),
        ({"container": {"id": "c_1", "skills": []}}, "container"),
        ({"mcp_servers": [{"url": "u"}]}, "mcp_servers"),
        ({"thread": {"id": "t"}}, "thread"),
        ({"container": None, "thread": None}, ""),
        ({"metadata": {"user_id": "file_id"}}, ""),
    ],
)
def test_state_of_the_provider_binds_the_request(members: dict[str, object], bound: str) -> None:
    assert read(**members).bound == bound


@pytest.mark.parametrize(
    "block",
    [
        {"type": "document", "source": FILE},
        {"type": "image", "source": FILE},
        {"type": "container_upload", "file_id": "file_1"},
        {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "image", "source": FILE}]},
        {"type": "document", "source": {"type": "content", "content": [{"type": "image", "source": FILE}]}},
    ],
)
def test_a_file_at_the_provider_binds_the_request(block: dict[str, object]) -> None:
    call = told({"type": "text", "text": "See"}, block)
    assert (call.bound, call.must_not_continue) == (BOUND, False)


@pytest.mark.parametrize(
    "block",
    [
        {"type": "text", "text": '"file_id"'},
        {"type": "tool_use", "id": "t", "name": "open", "input": {"type": "document", "source": FILE, "file_id": "f"}},
        {"type": "tool_result", "tool_use_id": "t", "content": '{"source":{"type":"file","file_id":"f"}}'},
        {"type": "document", "source": PNG, "file_id": "f"},
        {"type": "image", "source": {**PNG, "file_id": None}},
        {"type": "document", "source": 7, "file_id": "f"},
    ],
)
def test_what_only_looks_like_a_file_does_not(block: dict[str, object]) -> None:
    assert told(block).bound == ""


def test_one_strange_message_does_not_hide_a_file_in_another() -> None:
    messages = [7, {"content": 7}, {"role": "user", "content": [{"type": "image", "source": FILE}]}]
    assert read(messages=messages).bound == BOUND


def test_files_within_files_come_to_an_end() -> None:
    opening = b'[{"file_id":null,"source":{"type":"content","content":'
    content = opening * 2000 + b'"x"' + b"}}]" * 2000
    body = b'{"model":"m","max_tokens":1,"messages":[{"content":' + content + b"}]}"
    call = read_call("/v1/messages", "", (), body)
    assert isinstance(call, Call | Fault)


SESSION = (("x-mainstay-session", "from the header"),)


def asked(headers: tuple[tuple[str, str], ...] = (), /, **members: object) -> Call:
    body = json.dumps({"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}], **members})
    call = read_call("/v1/messages", "", headers, body.encode())
    assert isinstance(call, Call)
    return call


def test_the_session_stands_in_a_header_or_in_the_metadata() -> None:
    assert asked().session == ""
    assert asked(metadata={"user_id": "user_a_session_b"}).session == "user_a_session_b"
    assert asked(SESSION, metadata={"user_id": "user_a_session_b"}).session == "from the header"
    assert asked(SESSION).headers == ()


@pytest.mark.parametrize("metadata", [None, 5, "text", [], {"user_id": 5}, {"user_id": None}])
def test_strange_metadata_is_the_providers_to_judge(metadata: object) -> None:
    assert asked(metadata=metadata).session == ""


@pytest.mark.parametrize(
    ("members", "unsampled"),
    [
        ({}, False),
        ({"temperature": 0}, True),
        ({"temperature": 0.0}, True),
        ({"temperature": 0.5}, False),
        ({"temperature": None}, False),
        ({"temperature": "0"}, False),
    ],
)
def test_only_a_temperature_of_zero_leaves_nothing_to_chance(members: dict[str, object], *, unsampled: bool) -> None:
    assert asked(**members).unsampled is unsampled
