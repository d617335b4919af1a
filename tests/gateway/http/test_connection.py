"""What one caller sees of the server, line by line of what HTTP asks."""

import asyncio
import socket

import pytest

from mainstay.gateway.http.limits import ServerLimits
from mainstay.gateway.http.request import Request
from mainstay.gateway.http.responder import Responder
from mainstay.model.http import Reply
from tests.gateway.http.conftest import Desk, Run, calling, connections, echo, get, post, serving, turns, until

NO_SWEEP = 3_600.0
LIMITS = ServerLimits(header_seconds=10, body_seconds=60, keep_alive_seconds=75, sweep_seconds=NO_SWEEP)


class TestOneRequest:
    def test_is_answered(self, run: Run) -> None:
        async def play() -> None:
            async with serving(echo) as server, calling(server) as caller:
                await caller.send(post(b"hello", "/v1/messages"))
                answer = await caller.answer()
                assert (answer.status, answer.body) == (200, b"POST /v1/messages hello")
                assert "connection" not in answer.headers

        run(play())

    def test_is_the_same_in_single_bytes(self, run: Run) -> None:
        async def play() -> None:
            desk = Desk()
            async with serving(desk) as server, calling(server) as caller:
                caller.writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for byte in post(b"hello"):
                    await caller.send(bytes([byte]))
                    await asyncio.sleep(0)
                (await desk.next(1)).reply(Reply(200, (), b"ok"))
                assert (await caller.answer()).body == b"ok"
                assert desk.requests[0].body == b"hello"
                assert desk.requests[0].peer == "127.0.0.1"

        run(play())

    def test_is_stamped_with_the_loop_clock(self, run: Run) -> None:
        async def play() -> None:
            desk = Desk()
            before = asyncio.get_running_loop().time()
            async with serving(desk) as server, calling(server) as caller:
                await caller.send(get())
                await desk.next(1)
                assert before - 0.01 <= desk.requests[0].at <= asyncio.get_running_loop().time()

        run(play())


class TestKeepAlive:
    def test_one_connection_carries_many_requests(self, run: Run) -> None:
        async def play() -> None:
            async with serving(echo) as server, calling(server) as caller:
                for number in range(5):
                    await caller.send(get(f"/{number}"))
                    assert (await caller.answer()).body == f"GET /{number} ".encode()

        run(play())

    @pytest.mark.parametrize(
        "request_", [get(extra=b"Connection: close\r\n"), b"GET / HTTP/1.0\r\n\r\n"], ids=["close", "HTTP/1.0"]
    )
    def test_a_caller_who_wants_to_close_is_heard(self, run: Run, request_: bytes) -> None:
        async def play() -> None:
            async with serving(echo) as server, calling(server) as caller:
                await caller.send(request_)
                answer = await caller.answer()
                assert answer.headers["connection"] == "close"
                assert await caller.rest() == b""

        run(play())

    def test_http_1_0_may_ask_to_keep_the_connection(self, run: Run) -> None:
        async def play() -> None:
            async with serving(echo) as server, calling(server) as caller:
                for _ in range(2):
                    await caller.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                    assert (await caller.answer()).headers["connection"] == "keep-alive"

        run(play())

    def test_an_idle_connection_is_closed_silently(self, run: Run) -> None:
        async def play() -> None:
            async with serving(echo, LIMITS) as server, calling(server) as caller:
                await caller.send(get())
                await caller.answer()
                now = asyncio.get_running_loop().time()
                server.sweep(now + 70)
                assert server.connections == 1
                server.sweep(now + 76)
                assert await caller.rest() == b""

        run(play())

    def test_a_request_in_progress_is_no_idleness(self, run: Run) -> None:
        async def play() -> None:
            desk = Desk()
            async with serving(desk, LIMITS) as server, calling(server) as caller:
                await caller.send(get())
                responder = await desk.next(1)
                server.sweep(asyncio.get_running_loop().time() + 10_000)
                responder.reply(Reply(200, (), b"late"))
                assert (await caller.answer()).body == b"late"

        run(play())


class TestPipelining:
    def test_requests_are_handled_strictly_one_after_the_other(self, run: Run) -> None:
        async def play() -> None:
            desk = Desk()
            async with serving(desk) as server, calling(server) as caller:
                await caller.send(get("/1") + get("/2") + get("/3"))
                for number in (1, 2, 3):
                    responder = await desk.next(number)
                    assert len(desk.requests) == number
                    assert server.running == 1
                    responder.reply(Reply(200, (), str(number).encode()))
                assert [(await caller.answer()).body for _ in range(3)] == [b"1", b"2", b"3"]
                assert server.running == 0

        run(play())

    def test_thousands_in_one_go_are_all_answered(self, run: Run) -> None:
        async def play() -> None:
            async with serving(echo) as server, calling(server) as caller:
                await caller.send(get() * 5_000)
                for _ in range(5_000):
                    assert (await caller.answer()).status == 200

        run(play())

    def test_reading_stops_when_the_queue_is_full_and_goes_on_when_it_is_empty(self, run: Run) -> None:
        async def play() -> None:
            desk = Desk()
            async with serving(desk) as server, calling(server) as caller:
                await caller.send(get())
                responder = await desk.next(1)
                filler = get("/" + "x" * 50_000)
                sending = asyncio.create_task(caller.send(filler * 300))
                (connection,) = connections(server)
                await until(lambda: not connection.transport.is_reading())
                assert not sending.done()
                responder.reply(Reply(200, (), b"1"))
                for number in range(2, 302):
                    (await desk.next(number)).reply(Reply(200, (), b"2"))
                    await caller.answer()
                await sending

        run(play())

    def test_a_caller_who_fills_the_queue_with_bodies_is_stopped_too(self, run: Run) -> None:
        async def play() -> None:
            desk = Desk()
            limits = ServerLimits(body_bytes=10_000, sweep_seconds=NO_SWEEP)
            async with serving(desk, limits) as server, calling(server) as caller:
                await caller.send(get())
                responder = await desk.next(1)
                await caller.send(post(bytes(6_000)) * 2)
                (connection,) = connections(server)
                await until(lambda: not connection.transport.is_reading())
                responder.reply(Reply(200, (), b""))
                for number in (2, 3):
                    (await desk.next(number)).reply(Reply(200, (), b""))
                await until(connection.transport.is_reading)

        run(play())

    def test_a_request_whose_reading_was_stopped_gets_its_time_anew(self, run: Run) -> None:
        async def play() -> None:
            desk = Desk()
            limits = ServerLimits(queued_requests=1, header_seconds=10, sweep_seconds=NO_SWEEP)
            async with serving(desk, limits) as server, calling(server) as caller:
                await caller.send(get("/1") + get("/2") + b"GET /3")
                responder = await desk.next(1)
                (connection,) = connections(server)
                assert not connection.transport.is_reading()
                now = asyncio.get_running_loop().time()
                server.sweep(now + 1_000)
                responder.reply(Reply(200, (), b"1"))
                (await desk.next(2)).reply(Reply(200, (), b"2"))
                assert now + 10 <= connection.deadline < now + 70
                await caller.send(b" HTTP/1.1\r\nHost: x\r\n\r\n")
                (await desk.next(3)).reply(Reply(200, (), b"3"))
                assert [(await caller.answer()).body for _ in range(3)] == [b"1", b"2", b"3"]

        run(play())

    def test_a_refusal_waits_for_the_answers_before_it(self, run: Run) -> None:
        async def play() -> None:
            desk = Desk()
            async with serving(desk) as server, calling(server) as caller:
                await caller.send(get("/1") + b"NONSENSE\r\n\r\n")
                (await desk.next(1)).reply(Reply(200, (), b"1"))
                assert (await caller.answer()).status == 200
                assert (await caller.answer()).status == 400
                assert await caller.rest() == b""

        run(play())


class TestLeaving:
    @pytest.mark.parametrize("how", ["close", "half-close", "reset"])
    def test_is_told_to_the_handler_once(self, run: Run, how: str) -> None:
        async def play() -> None:
            desk = Desk()
            async with serving(desk) as server, calling(server) as caller:
                await caller.send(get())
                responder = await desk.next(1)
                if how == "half-close":
                    caller.writer.write_eof()
                elif how == "reset":
                    caller.writer.transport.abort()
                else:
                    caller.writer.close()
                await until(lambda: server.connections == 0)
                assert desk.left == 1
                assert server.running == 0
                responder.begin(200, ())
                responder.send(b"nobody")
                responder.finish()
                responder.reply(Reply(200, (), b"nobody"))
                responder.abort()

        run(play())

    def test_after_the_answer_is_not_leaving(self, run: Run) -> None:
        async def play() -> None:
            desk = Desk()
            async with serving(desk) as server, calling(server) as caller:
                await caller.send(get())
                (await desk.next(1)).reply(Reply(200, (), b""))
                await caller.answer()
                caller.writer.close()
                await until(lambda: server.connections == 0)
                assert desk.left == 0

        run(play())

    def test_drops_what_was_queued(self, run: Run) -> None:
        async def play() -> None:
            desk = Desk()
            async with serving(desk) as server, calling(server) as caller:
                await caller.send(get("/1") + get("/2"))
                await desk.next(1)
                caller.writer.close()
                await until(lambda: server.connections == 0)
                assert len(desk.requests) == 1

        run(play())


class TestBackpressure:
    def test_a_caller_who_does_not_read_pauses_the_handler(self, run: Run) -> None:
        async def play() -> None:
            desk = Desk()
            told: list[str] = []
            async with serving(desk) as server, calling(server) as caller:
                await caller.send(get())
                responder = await desk.next(1)
                responder.on_pause = lambda: told.append("pause")
                responder.on_resume = lambda: told.append("resume")
                responder.begin(200, ())
                sent = 0
                while not told:
                    responder.send(bytes(100_000))
                    sent += 100_000
                    await asyncio.sleep(0)
                responder.finish()
                await caller.read_head()
                received = 0
                while piece := await caller.chunk():
                    received += len(piece)
                assert received == sent
                assert told[0] == "pause"

        run(play())

    def test_and_resumes_it_when_the_caller_has_caught_up(self, run: Run) -> None:
        async def play() -> None:
            desk = Desk()
            told: list[str] = []
            async with serving(desk) as server, calling(server) as caller:
                await caller.send(get())
                responder = await desk.next(1)
                responder.on_pause = lambda: told.append("pause")
                responder.on_resume = lambda: told.append("resume")
                responder.begin(200, ())
                while not told:
                    responder.send(bytes(100_000))
                    await asyncio.sleep(0)
                while told == ["pause"]:
                    await caller.reader.read(1_000_000)
                assert told == ["pause", "resume"]

        run(play())

    def test_a_caller_who_never_reads_its_answer_is_cut_in_the_end(self, run: Run) -> None:
        async def play() -> None:
            desk = Desk()
            async with serving(desk, LIMITS) as server, calling(server) as caller:
                await caller.send(get())
                (await desk.next(1)).reply(Reply(200, (), bytes(30_000_000)))
                now = asyncio.get_running_loop().time()
                await until(lambda: server.running == 0)
                await asyncio.sleep(0)
                server.sweep(now + 80)
                assert server.connections == 1
                server.sweep(now + 160)
                await until(lambda: server.connections == 0)

        run(play())

    def test_a_caller_who_takes_nothing_of_a_running_stream_is_gone(self, run: Run) -> None:
        async def play() -> None:
            desk, left = Desk(), []
            async with serving(desk, LIMITS) as server, calling(server) as caller:
                await caller.send(get())
                responder = await desk.next(1)
                responder.on_left = lambda: left.append(True)
                responder.begin(200, ())
                responder.send(bytes(30_000_000))
                now = asyncio.get_running_loop().time()
                await turns()
                server.sweep(now + 170)
                assert server.connections == 1
                # The first time some of it has just gone into the system's own buffers.
                server.sweep(now + 190)
                server.sweep(now + 380)
                await until(lambda: server.connections == 0)
                assert left == [True]

        run(play())

    def test_a_caller_who_reads_its_answer_slowly_is_not_cut(self, run: Run) -> None:
        async def play() -> None:
            desk = Desk()
            async with serving(desk, LIMITS) as server, calling(server) as caller:
                now = asyncio.get_running_loop().time()
                for number in (1, 2):
                    await caller.send(get())
                    (await desk.next(number)).reply(Reply(200, (), bytes(30_000_000)))
                    await caller.read_head()
                    (connection,) = connections(server)
                    await turns()
                    unread = 30_000_000
                    for _ in range(2):
                        now += 100
                        server.sweep(now)
                        before = connection.out.unsent_bytes
                        while connection.out.unsent_bytes == before:
                            unread -= len(await caller.reader.read(1_000_000))
                    await caller.reader.readexactly(unread)
                    assert server.connections == 1

        run(play())


class TestHandlerThatRaises:
    def test_gets_its_caller_an_answer_and_a_line_in_the_report(self, run: Run) -> None:
        def broken(request: Request, responder: Responder) -> None:
            del responder
            if request.path == "/bad":
                raise ZeroDivisionError
            raise AssertionError

        async def play() -> None:
            reports: list[str] = []
            async with serving(broken, report=reports.append) as server, calling(server) as caller:
                await caller.send(get("/bad") + get("/bad"))
                for _ in range(2):
                    answer = await caller.answer()
                    assert (answer.status, answer.body[:20]) == (500, b"/bad|internal_error|")
                assert len(reports) == 2
                assert "ZeroDivisionError" in reports[0]
                assert server.running == 0

        run(play())

    def test_cuts_a_response_that_it_had_begun(self, run: Run) -> None:
        def broken(request: Request, responder: Responder) -> None:
            del request
            responder.begin(200, ())
            raise ZeroDivisionError

        async def play() -> None:
            async with serving(broken) as server, calling(server) as caller:
                await caller.send(get())
                assert b"0\r\n\r\n" not in await caller.rest()
                assert server.running == 0

        run(play())
