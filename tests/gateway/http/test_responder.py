"""What a handler can write, as the caller reads it."""

import asyncio

import pytest

from mainstay.gateway.http.request import Request
from mainstay.gateway.http.responder import Responder
from mainstay.model.http import Reply
from tests.gateway.http.conftest import Caller, Desk, Run, calling, connections, get, serving, until

EVENT_STREAM = (("content-type", "text/event-stream"),)


def stream(request: Request, responder: Responder) -> None:
    """Answers with a stream of two parts; `/cut` cuts it instead of finishing."""
    responder.begin(200, EVENT_STREAM)
    responder.send(b"data: 1\n\n")
    responder.send(b"")
    responder.send(b"data: 2\n\n")
    if request.path == "/cut":
        responder.abort()
    else:
        responder.finish()


async def read_chunks(caller: Caller) -> list[bytes]:
    chunks = []
    while chunk := await caller.chunk():
        chunks.append(chunk)
    await caller.reader.readline()
    return chunks


def test_a_stream_is_chunked_and_the_connection_goes_on(run: Run) -> None:
    async def play() -> None:
        async with serving(stream) as server, calling(server) as caller:
            for _ in range(2):
                await caller.send(get())
                head = await caller.read_head()
                assert head.headers == {"content-type": "text/event-stream", "transfer-encoding": "chunked"}
                assert [await caller.chunk() for _ in range(3)] == [b"data: 1\n\n", b"data: 2\n\n", b""]

    run(play())


def test_what_is_sent_arrives_before_the_stream_is_finished(run: Run) -> None:
    async def play() -> None:
        desk = Desk()
        async with serving(desk) as server, calling(server) as caller:
            await caller.send(get())
            responder = await desk.next(1)
            responder.begin(200, EVENT_STREAM)
            await caller.read_head()
            for data in (b"one", b"two"):
                responder.send(data)
                assert await caller.chunk() == data
            responder.finish()
            assert await caller.chunk() == b""

    run(play())


def test_http_1_0_reads_a_stream_to_the_end_of_the_connection(run: Run) -> None:
    async def play() -> None:
        async with serving(stream) as server, calling(server) as caller:
            await caller.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            head = await caller.read_head()
            assert head.headers == {"content-type": "text/event-stream", "connection": "close"}
            assert await caller.rest() == b"data: 1\n\ndata: 2\n\n"

    run(play())


def test_the_last_words_of_a_failure_arrive_and_end_the_response_alone(run: Run) -> None:
    async def play() -> None:
        desk = Desk()
        async with serving(desk) as server, calling(server) as caller:
            for number in (1, 2):
                await caller.send(get())
                responder = await desk.next(number)
                responder.begin(200, EVENT_STREAM)
                responder.send(b"data: 1\n\n")
                responder.fail(b"event: error\n\n")
                responder.send(b"late")
                await caller.read_head()
                chunks = [await caller.chunk() for _ in range(3)]
                assert chunks == [b"data: 1\n\n", b"event: error\n\n", b""]

    run(play())


class TestAbort:
    def test_gives_what_was_sent_and_no_last_chunk(self, run: Run) -> None:
        async def play() -> None:
            async with serving(stream) as server, calling(server) as caller:
                await caller.send(get("/cut"))
                await caller.read_head()
                assert await caller.rest() == b"9\r\ndata: 1\n\n\r\n9\r\ndata: 2\n\n\r\n"
                assert server.running == 0

        run(play())

    def test_is_a_reset_for_who_reads_to_the_end_of_the_connection(self, run: Run) -> None:
        async def play() -> None:
            async with serving(stream) as server, calling(server) as caller:
                await caller.send(b"GET /cut HTTP/1.0\r\n\r\n")
                with pytest.raises(ConnectionResetError):
                    await caller.rest()

        run(play())

    def test_before_anything_was_written_gives_nothing(self, run: Run) -> None:
        async def play() -> None:
            desk = Desk()
            async with serving(desk) as server, calling(server) as caller:
                await caller.send(get())
                (await desk.next(1)).abort()
                assert await caller.rest() == b""
                assert desk.left == 0

        run(play())

    def test_reaches_a_caller_who_does_not_read(self, run: Run) -> None:
        async def play() -> None:
            desk = Desk()
            async with serving(desk) as server, calling(server) as caller:
                await caller.send(get())
                responder = await desk.next(1)
                responder.begin(200, ())
                responder.send(bytes(30_000_000))
                responder.abort()
                now = asyncio.get_running_loop().time()
                server.sweep(now + 10)
                server.sweep(now + 200)
                await until(lambda: server.connections == 0)

        run(play())


class TestNoBody:
    def test_a_head_request_gets_the_length_alone(self, run: Run) -> None:
        async def play() -> None:
            desk = Desk()
            async with serving(desk) as server, calling(server) as caller:
                for number in (1, 2):
                    await caller.send(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
                    (await desk.next(number)).reply(Reply(200, (), b"hello"))
                    assert (await caller.answer(to_head=True)).headers == {"content-length": "5"}

        run(play())

    def test_nor_is_a_stream_sent_to_it(self, run: Run) -> None:
        async def play() -> None:
            async with serving(stream) as server, calling(server) as caller:
                await caller.send(b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                assert (await caller.rest()).endswith(b"\r\n\r\n")

        run(play())

    @pytest.mark.parametrize("status", [204, 304])
    def test_some_statuses_have_none(self, run: Run, status: int) -> None:
        async def play() -> None:
            desk = Desk()
            async with serving(desk) as server, calling(server) as caller:
                await caller.send(get() + get())
                (await desk.next(1)).reply(Reply(status, (), b"ignored"))
                second = await desk.next(2)
                second.begin(status, ())
                second.send(b"ignored")
                second.finish()
                for _ in range(2):
                    head = await caller.read_head()
                    assert (head.status, head.headers) == (status, {})

        run(play())


def test_a_reply_cannot_follow_a_begun_response_nor_a_part_one_that_was_not(run: Run) -> None:
    async def play() -> None:
        desk = Desk()
        async with serving(desk) as server, calling(server) as caller:
            await caller.send(get())
            responder = await desk.next(1)
            with pytest.raises(RuntimeError, match="not begun"):
                responder.send(b"x")
            with pytest.raises(RuntimeError, match="not begun"):
                responder.finish()
            with pytest.raises(RuntimeError, match="not begun"):
                responder.fail(b"x")
            responder.begin(200, ())
            assert responder.begun
            with pytest.raises(RuntimeError, match="begun already"):
                responder.reply(Reply(200, (), b""))
            with pytest.raises(RuntimeError, match="begun already"):
                responder.begin(200, ())

    run(play())


def test_after_the_end_nothing_is_written(run: Run) -> None:
    async def play() -> None:
        desk = Desk()
        async with serving(desk) as server, calling(server) as caller:
            await caller.send(get(extra=b"Connection: close\r\n"))
            responder = await desk.next(1)
            responder.begin(200, ())
            responder.finish()
            responder.send(b"late")
            responder.finish()
            responder.reply(Reply(200, (), b"late"))
            assert (await caller.rest()).endswith(b"\r\n\r\n0\r\n\r\n")
            assert server.running == 0

    run(play())


def test_a_response_that_begins_on_a_full_connection_is_paused_at_once(run: Run) -> None:
    async def play() -> None:
        desk = Desk()
        told: list[str] = []
        async with serving(desk) as server, calling(server) as caller:
            await caller.send(get("/1") + get("/2"))
            (await desk.next(1)).reply(Reply(200, (), bytes(30_000_000)))
            second = await desk.next(2)
            await until(lambda: connections(server)[0].writing_paused)
            second.on_pause = lambda: told.append("pause")
            second.begin(200, ())
            assert told == ["pause"]

    run(play())
