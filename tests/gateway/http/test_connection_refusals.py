"""What a caller sees whose request is refused, or is not whole yet."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from mainstay.gateway.http.limits import ServerLimits
from mainstay.model.http import Reply
from tests.gateway.http.conftest import Desk, Run, calling, connections, echo, get, post, serving, until

NO_SWEEP = 3_600.0
LIMITS = ServerLimits(header_seconds=10, body_seconds=60, keep_alive_seconds=75, sweep_seconds=NO_SWEEP)


class TestRefusal:
    @pytest.mark.parametrize(
        ("data", "status", "code"),
        [
            (b"NONSENSE\r\n\r\n", 400, "|malformed_request|"),
            (b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "/a|malf"),
            (get("/a", b"X: " + b"a" * 70_000 + b"\r\n"), 431, "/a|header_too_large|"),
            (get("/a", b"X: y\r\n" * 201), 431, "/a|header_too_large|"),
            (b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 33554433\r\n\r\n", 413, "/a|request_too_large|"),
        ],
    )
    def test_is_told_in_the_dialect_of_the_path_and_closes(self, run: Run, data: bytes, status: int, code: str) -> None:
        async def play() -> None:
            async with serving(echo) as server, calling(server) as caller:
                await caller.send(data)
                answer = await caller.answer()
                assert (answer.status, answer.headers["connection"]) == (status, "close")
                assert answer.body.decode().startswith(code)
                assert await caller.rest() == b""

        run(play())

    @pytest.mark.parametrize("chunked", [False, True])
    def test_of_a_40_mb_body_can_be_read_by_who_sends_it_all_first(self, run: Run, chunked: bool) -> None:  # noqa: FBT001
        body = bytes(40_000_000)
        head = b"POST / HTTP/1.1\r\nHost: x\r\n"
        whole = head + (
            b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
            if chunked
            else b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        )

        async def play() -> None:
            async with serving(echo) as server, calling(server) as caller:
                await caller.send(whole)
                assert (await caller.answer()).status == 413

        run(play())

    def test_lingers_for_a_bounded_time(self, run: Run) -> None:
        async def play() -> None:
            async with serving(echo, LIMITS) as server, calling(server) as caller:
                await caller.send(b"NONSENSE\r\n\r\n")
                await caller.answer()
                await caller.send(b"more")
                assert server.connections == 1
                server.sweep(asyncio.get_running_loop().time() + 2.1)
                await until(lambda: server.connections == 0)

        run(play())

    def test_lingers_for_a_bounded_number_of_bytes(self, run: Run) -> None:
        async def play() -> None:
            limits = ServerLimits(lingering_bytes=1_000, sweep_seconds=NO_SWEEP)
            async with serving(echo, limits) as server, calling(server) as caller:
                await caller.send(b"NONSENSE\r\n\r\n")
                await caller.answer()
                await caller.send(bytes(2_000))
                await until(lambda: server.connections == 0)

        run(play())

    def test_of_a_head_request_has_no_body(self, run: Run) -> None:
        async def play() -> None:
            async with serving(echo) as server, calling(server) as caller:
                await caller.send(b"HEAD / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n")
                head = await caller.rest()
                assert head.startswith(b"HTTP/1.1 413 ")
                assert head.endswith(b"\r\n\r\n")

        run(play())

    def test_meets_who_comes_when_the_house_is_full(self, run: Run) -> None:
        async def play() -> None:
            limits = ServerLimits(connections=2, sweep_seconds=NO_SWEEP)
            async with serving(echo, limits) as server, AsyncExitStack() as callers:
                inside = [await callers.enter_async_context(calling(server)) for _ in range(2)]
                await until(lambda: server.connections == 2)
                third = await callers.enter_async_context(calling(server))
                assert (await third.answer()).status == 503
                fourth = await callers.enter_async_context(calling(server))
                assert (await fourth.answer()).status == 503
                fifth = await callers.enter_async_context(calling(server))
                assert await fifth.rest() == b""
                await inside[0].send(get())
                assert (await inside[0].answer()).status == 200

        run(play())


class TestDribble:
    def test_a_header_is_refused_after_its_seconds(self, run: Run) -> None:
        async def play() -> None:
            async with serving(echo, LIMITS) as server, calling(server) as caller:
                now = asyncio.get_running_loop().time()
                await caller.send(b"GET / HTTP/1.1\r\nHo")
                await until(lambda: any(one.deadline < now + 70 for one in connections(server)))
                server.sweep(now + 9)
                assert server.connections == 1
                server.sweep(now + 40)
                answer = await caller.answer()
                assert (answer.status, answer.headers["connection"]) == (408, "close")

        run(play())

    def test_a_body_is_refused_after_its_seconds(self, run: Run) -> None:
        async def play() -> None:
            async with serving(echo, LIMITS) as server, calling(server) as caller:
                now = asyncio.get_running_loop().time()
                await caller.send(post(bytes(100))[:-50])
                await until(lambda: any(one.deadline < now + 70 for one in connections(server)))
                server.sweep(now + 59)
                assert server.connections == 1
                server.sweep(now + 70)
                assert (await caller.answer()).status == 408

        run(play())


class TestExpect:
    HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"

    def test_is_answered_before_the_body(self, run: Run) -> None:
        async def play() -> None:
            async with serving(echo) as server, calling(server) as caller:
                await caller.send(self.HEAD)
                assert (await caller.read_head()).status == 100
                await caller.send(b"hello")
                assert (await caller.answer()).body == b"POST / hello"

        run(play())

    def test_waits_for_the_response_in_progress(self, run: Run) -> None:
        async def play() -> None:
            desk = Desk()
            async with serving(desk) as server, calling(server) as caller:
                await caller.send(get() + self.HEAD)
                (await desk.next(1)).reply(Reply(200, (), b"1"))
                assert (await caller.answer()).body == b"1"
                assert (await caller.read_head()).status == 100

        run(play())

    def test_of_too_large_a_body_is_refused_instead(self, run: Run) -> None:
        async def play() -> None:
            async with serving(echo) as server, calling(server) as caller:
                await caller.send(self.HEAD.replace(b"5", b"99999999"))
                assert (await caller.answer()).status == 413

        run(play())
