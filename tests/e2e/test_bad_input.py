"""Requests that are wrong: a 4xx in the caller's dialect that says what to do, and the gateway stays well."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from mainstay.lab.provider.thread import FakeProviderThread
from tests.e2e.callers import PATHS, Question
from tests.e2e.conftest import port_of, write_configuration
from tests.e2e.lanes import DIALECTS, KEYS, renamed
from tests.e2e.process import Process
from tests.e2e.raw import Heard, connect, post, read_until_closed, request_bytes, send
from tests.e2e.world import World

BOTH = pytest.mark.parametrize("dialect", DIALECTS)
FORTY_MEGABYTES = 40 * 1024 * 1024
JSON = {"content-type": "application/json"}


class _Error(msgspec.Struct):
    message: str
    type: str


class _OpenaiBody(msgspec.Struct, forbid_unknown_fields=False):
    error: _Error


class _AnthropicBody(msgspec.Struct, tag_field="type", tag="error"):
    error: _Error
    request_id: str


def message(dialect: str, body: bytes) -> str:
    """The message of an error in this dialect. Fails where the body is none."""
    if dialect == "anthropic":
        return msgspec.json.decode(body, type=_AnthropicBody).error.message
    return msgspec.json.decode(body, type=_OpenaiBody).error.message


@pytest.fixture(autouse=True)
def _everybody_else_is_served(world: World) -> Iterator[None]:
    yield
    for dialect in DIALECTS:
        assert world.ask(dialect, Question(model=renamed(dialect), stream=False)).text


def assert_refused(heard: Heard, dialect: str, status: int, says: str) -> None:
    assert heard.status == status
    assert says in message(dialect, heard.body)
    assert heard.header("x-mainstay-id").startswith("ex_")
    assert heard.header("content-type") == "application/json"


BODIES = [
    (b'{"model": ', "not valid JSON"),
    (b"", "not valid JSON"),
    (b'{"model": "\xff", "messages": []}', "body"),
    (b"[1, 2]", "a JSON object is expected"),
    (b"[" * 100_000, "body"),
    (b'{"messages": [%b%b], "model": "m"}' % (b"[" * 100_000, b"]" * 100_000), "nested too deeply"),
    (b'{"model": 5, "messages": [{}], "max_tokens": 5}', "model: "),
    (b'{"model": "", "messages": [{}], "max_tokens": 5}', "model: "),
    (b'{"messages": [{}], "max_tokens": 5}', "model: this field is required. Add it."),
    (b'{"model": "m", "messages": "hi", "max_tokens": 5}', "messages: "),
    (b'{"model": "m", "messages": [], "max_tokens": 5}', "messages: at least one message is required. Add one."),
    (b'{"model": "m", "messages": [{}], "max_tokens": "5"}', "max_tokens: "),
    (b'{"model": "m", "messages": [{}], "max_tokens": -5}', "max_tokens: the number is negative."),
    (b'{"model": "m", "messages": [{}], "max_tokens": 5, "stream": "yes"}', "stream: "),
]


@pytest.mark.parametrize(("body", "says"), BODIES, ids=[str(number) for number in range(len(BODIES))])
@BOTH
def test_a_body_that_is_wrong_names_the_field_and_what_to_do(
    body: bytes, says: str, dialect: str, world: World
) -> None:
    assert_refused(send(world.url, PATHS[dialect], body, JSON), dialect, 400, says)


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@BOTH
def test_a_body_of_forty_megabytes_is_too_large(dialect: str, *, chunked: bool, world: World) -> None:
    size = b"transfer-encoding: chunked" if chunked else b"content-length: %d" % FORTY_MEGABYTES
    head = b"POST %b HTTP/1.1\r\nhost: gateway\r\n%b\r\n\r\n" % (PATHS[dialect].encode(), size)
    frame = b"%x\r\n" % FORTY_MEGABYTES if chunked else b""
    with closing(connect(world.url)) as line:
        line.sendall(head + frame + b"x" * FORTY_MEGABYTES)
        heard = read_until_closed(line)
    assert heard.startswith(b"HTTP/1.1 413 ")
    assert "send less" in message(dialect, heard.partition(b"\r\n\r\n")[2])


@BOTH
def test_an_unknown_model_names_the_way_to_the_list(dialect: str, world: World) -> None:
    heard = post(world.url, PATHS[dialect], Question(model="nobody").body(dialect))
    assert_refused(heard, dialect, 404, "GET /v1/models lists them")


def test_an_unknown_path_is_not_found(world: World) -> None:
    assert_refused(post(world.url, "/v1/messages/nowhere", {}), "anthropic", 404, "see /v1/models")
    assert_refused(post(world.url, "/v1/nowhere", {}, {"anthropic-version": "x"}), "anthropic", 404, "see /v1/models")
    assert_refused(post(world.url, "/v1/completions", {}), "openai-chat", 404, "see /v1/models")


@BOTH
def test_a_wrong_method_names_the_right_one(dialect: str, world: World) -> None:
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        heard = send(world.url, PATHS[dialect], b"", {}, method=method)
        assert_refused(heard, dialect, 405, "use POST")
        assert heard.header("allow") == "POST"
    assert post(world.url, "/v1/models", {}).header("allow") == "GET"


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        ({"x-mainstay-workload": "none-of-ours"}, "must be one of: "),
        ({"x-mainstay-deadline-seconds": "soon"}, "must be a number above 0"),
        ({"x-mainstay-deadline-seconds": "-1"}, "must be a number above 0"),
        ({"x-mainstay-deadline-seconds": "nan"}, "must be a number above 0"),
    ],
)
@BOTH
def test_what_is_asked_of_the_gateway_itself_is_checked(
    headers: dict[str, str], says: str, dialect: str, world: World
) -> None:
    body = Question(model=world.lane(dialect).model).body(dialect)
    assert_refused(post(world.url, PATHS[dialect], body, headers), dialect, 400, says)


WRONG_HTTP = [
    (b"content-length: 5\r\ntransfer-encoding: chunked\r\n", 400),
    (b"content-length: 5\r\ncontent-length: 6\r\n", 400),
    (b"content-length: -5\r\n", 400),
    (b"content-length: five\r\n", 400),
    (b"transfer-encoding: gzip\r\n", 400),
    (b"a header without a colon\r\n", 400),
    (b"x-long: " + b"x" * 70_000 + b"\r\n", 431),
    (b"".join(b"x-%d: y\r\n" % number for number in range(300)), 431),
    (b"expect: a-miracle\r\ncontent-length: 5\r\n", 417),
    (b"content-encoding: br\r\ncontent-length: 5\r\n", 415),
    (b"content-encoding: gzip\r\ncontent-length: 5\r\n", 400),
]


@pytest.mark.parametrize(("fields", "status"), WRONG_HTTP, ids=[str(number) for number in range(len(WRONG_HTTP))])
@BOTH
def test_http_that_is_wrong_is_refused_in_the_dialect_of_its_path(
    fields: bytes, status: int, dialect: str, world: World
) -> None:
    with closing(connect(world.url)) as line:
        line.sendall(b"POST %b HTTP/1.1\r\nhost: gateway\r\n%b\r\n12345" % (PATHS[dialect].encode(), fields))
        heard = read_until_closed(line)
    assert heard.startswith(b"HTTP/1.1 %d " % status)
    assert message(dialect, heard.partition(b"\r\n\r\n")[2])


def test_what_is_no_http_is_refused(world: World) -> None:
    with closing(connect(world.url)) as line:
        line.sendall(b"\x16\x03\x01\x02\x00 this is no HTTP\r\n\r\n")
        assert read_until_closed(line).startswith(b"HTTP/1.1 400 ")


@BOTH
def test_who_dribbles_disturbs_nobody(dialect: str, world: World) -> None:
    whole = request_bytes(PATHS[dialect], Question(model=world.lane(dialect).model).body(dialect))
    lines = [connect(world.url) for _ in range(50)]
    for number, line in enumerate(lines):
        line.sendall(whole[: 1 + number * (len(whole) - 2) // len(lines)])
    assert world.ask(dialect, Question(model=world.lane(dialect).model)).text
    for line in lines:
        line.close()


def test_a_gateway_that_anybody_could_reach_does_not_start(
    providers: dict[str, FakeProviderThread], tmp_path: Path
) -> None:
    file = write_configuration(tmp_path, providers)
    port = port_of(file)
    file.write_text(file.read_text().replace(f"127.0.0.1:{port}", f"0.0.0.0:{port}"))
    with Process(["gateway", "-c", str(file)], tmp_path, KEYS) as process:
        assert process.wait() == 1
        assert "callers need tokens" in process.output, process.output
        assert "mainstay token mint" in process.output
