import asyncio

import pytest

from mainstay.lab.provider.connection import PIPELINED_MAX, Connection
from mainstay.lab.provider.request import ProviderRequest
from mainstay.lab.provider.seen import RequestLog, RequestSeen
from mainstay.lab.provider.steps import Body, Cut, End, Hang, Head, Pause, RefuseConnection, Reset, Step

CHUNKED = Head(200, (("transfer-encoding", "chunked"),))
GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"


class Script:
    """A responder that always does the same."""

    def __init__(self, steps: list[Step]) -> None:
        self.steps = steps
        self.log = RequestLog()
        self.is_settled = asyncio.Event()

    def respond(self, request: ProviderRequest) -> tuple[list[Step], RequestSeen | None]:
        return self.steps, self.log.add(request, "ok", asyncio.get_running_loop().time())

    def settled(self) -> None:
        self.is_settled.set()


async def served(script: Script, sent: bytes, wanted: bytes = b"") -> bytes:
    """What comes back: all of it or, with `wanted`, until that has come and the client leaves."""
    server = await asyncio.get_running_loop().create_server(lambda: Connection(script), "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
        writer.write(sent)
        try:
            return await (reader.readuntil(wanted) if wanted else reader.read())
        finally:
            writer.close()
            await script.is_settled.wait()


def body(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


def play(steps: list[Step], sent: bytes = LAST, wanted: bytes = b"") -> tuple[bytes, tuple[RequestSeen, ...]]:
    async def run() -> tuple[bytes, tuple[RequestSeen, ...]]:
        script = Script(steps)
        answer = await served(script, sent, wanted)
        return answer, script.log.entries

    return asyncio.run(run())


def test_a_whole_answer_is_framed() -> None:
    answer, (seen,) = play([CHUNKED, Body(b"one"), Pause(0.0), Body(b"two"), End()])
    assert body(answer) == b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"
    assert (seen.status, seen.bytes_sent, seen.is_running) == (200, len(answer), False)
    assert seen.client_left_seconds is None


def test_a_body_with_a_length_is_sent_as_it_is() -> None:
    answer, _ = play([Head(200, (("content-length", "3"),)), Body(b"one"), End()])
    assert body(answer) == b"one"


def test_a_connection_serves_requests_one_after_the_other() -> None:
    answer, seen = play([Head(200, (("content-length", "1"),)), Body(b"x"), End()], GET + GET + LAST)
    assert answer.count(b"HTTP/1.1 200 OK") == len(seen) == 3
    assert answer.count(b"connection: close") == 1


def test_a_cut_ends_without_the_last_chunk() -> None:
    answer, (seen,) = play([CHUNKED, Body(b"one"), Cut()], GET)
    assert body(answer) == b"3\r\none\r\n"
    assert seen.finished_seconds is not None


@pytest.mark.parametrize("ending", [Reset(), RefuseConnection()])
def test_a_reset_is_a_reset(ending: Reset | RefuseConnection) -> None:
    with pytest.raises(ConnectionResetError):
        play([ending], GET)


def test_nothing_comes_after_a_hang_and_leaving_is_noted() -> None:
    answer, (seen,) = play([CHUNKED, Body(b"one"), Hang()], GET, wanted=b"one\r\n")
    assert answer.endswith(b"3\r\none\r\n")
    assert seen.client_left_seconds is not None
    assert seen.finished_seconds is None


def test_leaving_during_a_pause_is_noted() -> None:
    _, (seen,) = play([CHUNKED, Body(b"one"), Pause(3600.0), End()], GET, wanted=b"one\r\n")
    assert seen.client_left_seconds is not None


def test_a_header_may_dribble() -> None:
    answer, _ = play([Head(200, (("content-length", "0"),), seconds=0.001), End()])
    assert answer.startswith(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n")


def test_an_answer_to_head_has_no_body() -> None:
    answer, _ = play([Head(200, (("content-length", "3"),)), Body(b"one"), End()], LAST.replace(b"GET", b"HEAD"))
    assert body(answer) == b""


def test_a_client_that_waits_for_permission_gets_it() -> None:
    asked = b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\nConnection: close\r\n\r\n"

    async def run() -> bytes:
        script = Script([Head(200, (("content-length", "0"),)), End()])
        server = await asyncio.get_running_loop().create_server(lambda: Connection(script), "127.0.0.1", 0)
        async with server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
            writer.write(asked)
            permission = await reader.readuntil(b"\r\n\r\n")
            writer.write(b"x")
            await reader.read()
            writer.close()
            return permission

    assert asyncio.run(run()) == b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.mark.parametrize("sent", [b"nonsense\r\n\r\n", GET * (PIPELINED_MAX + 1)])
def test_what_cannot_be_served_is_refused(sent: bytes) -> None:
    async def run() -> bytes:
        script = Script([End()])
        server = await asyncio.get_running_loop().create_server(lambda: Connection(script), "127.0.0.1", 0)
        async with server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
            writer.write(sent)
            answer = await reader.read()
            writer.close()
            return answer

    assert asyncio.run(run()).startswith(b"HTTP/1.1 400 Bad Request")
