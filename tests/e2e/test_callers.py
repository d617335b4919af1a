"""Callers who leave, who read slowly, and who use one connection for many requests."""

import http.client
import socket
import time
from contextlib import closing
from urllib.parse import urlsplit

import msgspec
import pytest

from mainstay.lab.provider.thread import FakeProviderThread
from tests.e2e.callers import PATHS, Question
from tests.e2e.lanes import DIALECTS, Lane
from tests.e2e.raw import TIMEOUT_SECONDS, bodies, connect, get, post, read_until, read_until_closed, request_bytes
from tests.e2e.world import World, seen

LEFT_SECONDS_MAX = 1.0
BOTH = pytest.mark.parametrize("dialect", DIALECTS)


def seconds_until_noticed(provider: FakeProviderThread, lane: Lane, left_at: float) -> float:
    """How long after `left_at` (monotonic) the provider's connection was closed."""
    provider.until(lambda: any(one.client_left_seconds is not None for one in seen(provider, lane)))
    (request,) = seen(provider, lane)
    assert request.client_left_seconds is not None
    return request.started + request.client_left_seconds - left_at


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@BOTH
def test_who_leaves_before_the_first_byte_cancels_the_upstream(dialect: str, *, stream: bool, world: World) -> None:
    lane = world.lane(dialect)
    asked = Question(model=lane.model, stream=stream, faults="primary=stall:phase=headers")
    with closing(connect(world.url)) as line:
        line.sendall(request_bytes(PATHS[dialect], asked.body(dialect), asked.headers))
        world.primary.until(lambda: len(seen(world.primary, lane)) == 1)
    assert seconds_until_noticed(world.primary, lane, time.monotonic()) <= LEFT_SECONDS_MAX
    assert seen(world.standby, lane) == []


@pytest.mark.parametrize("fault", ["stall:after=40", "slow:chars_per_second=50", "stall:phase=end"])
@BOTH
def test_who_leaves_in_the_middle_cancels_the_upstream(fault: str, dialect: str, world: World) -> None:
    lane = world.lane(dialect)
    asked = Question(model=lane.model, faults=f"primary={fault}")
    with closing(connect(world.url)) as line:
        line.sendall(request_bytes(PATHS[dialect], asked.body(dialect), asked.headers))
        read_until(line, b"x-mainstay-upstream")
    assert seconds_until_noticed(world.primary, lane, time.monotonic()) <= LEFT_SECONDS_MAX
    assert seen(world.standby, lane) == []


@BOTH
def test_who_leaves_a_continuation_cancels_it(dialect: str, world: World) -> None:
    lane = world.lane(dialect)
    asked = Question(model=lane.model, faults="primary=cut:after=40; standby=stall:phase=headers")
    with closing(connect(world.url)) as line:
        line.sendall(request_bytes(PATHS[dialect], asked.body(dialect), asked.headers))
        world.standby.until(lambda: len(seen(world.standby, lane)) == 1)
    assert seconds_until_noticed(world.standby, lane, time.monotonic()) <= LEFT_SECONDS_MAX


def test_who_has_left_is_no_trouble_for_the_gateway(world: World) -> None:
    for _ in range(20):
        with closing(connect(world.url)) as line:
            line.sendall(b"POST /v1/messages HTTP/1.1\r\ncontent-length: 100\r\n\r\nhalf")
    assert get(world.url, "/livez").status == 200


def test_a_slow_reader_gets_everything(world: World) -> None:
    lane = world.lane("openai-chat")
    asked = Question(model=lane.model, prompt="Tell me a story in 20000 words.").body("openai-chat") | {"n": 4}
    del asked["max_tokens"]
    whole = post(world.primary.url, PATHS["openai-chat"], asked).body
    assert len(whole) > 5_000_000
    with closing(socket.socket()) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.settimeout(TIMEOUT_SECONDS)
        line.connect(("127.0.0.1", urlsplit(world.url).port))
        line.sendall(request_bytes(PATHS["openai-chat"], asked, {"connection": "close"}))
        assert bodies(read_until_closed(line)) == [whole]


@BOTH
def test_one_connection_serves_request_after_request(dialect: str, world: World) -> None:
    lane = world.lane(dialect)
    address = urlsplit(world.url)
    with closing(http.client.HTTPConnection(address.hostname or "", address.port, timeout=TIMEOUT_SECONDS)) as line:
        line.connect()
        first_socket = line.sock
        for stream in (False, True, False, True):
            asked = Question(model=lane.model, stream=stream).body(dialect)
            line.request("POST", PATHS[dialect], msgspec.json.encode(asked))
            response = line.getresponse()
            assert response.status == 200
            assert response.read() == post(world.primary.url, PATHS[dialect], asked).body
            assert line.sock is first_socket


@BOTH
def test_requests_may_be_sent_before_their_turn(dialect: str, world: World) -> None:
    lane = world.lane(dialect)
    questions = [Question(model=lane.model, prompt=f"Number {n}?", stream=n % 2 == 0) for n in range(6)]
    asked = [question.body(dialect) for question in questions]
    requests = [request_bytes(PATHS[dialect], body) for body in asked[:-1]]
    requests.append(request_bytes(PATHS[dialect], asked[-1], {"connection": "close"}))
    with closing(connect(world.url)) as line:
        line.sendall(b"".join(requests))
        heard = bodies(read_until_closed(line))
    assert heard == [post(world.primary.url, PATHS[dialect], body).body for body in asked]
