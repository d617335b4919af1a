import asyncio
import socket
from pathlib import Path

import pytest

from mainstay.gateway.http.limits import ServerLimits
from mainstay.gateway.http.listening import listen
from mainstay.gateway.http.server import Server
from mainstay.model.http import Reply
from tests.gateway.http.conftest import Desk, Run, calling, echo, get, refuse, serving, until


def server(limits: ServerLimits | None = None) -> Server:
    return Server(echo, refuse, print, limits)


def test_it_listens_on_a_port_of_its_own_choice(run: Run) -> None:
    async def play() -> None:
        one = server()
        assert one.port == 0
        one.start("127.0.0.1", 0)
        assert one.port > 0
        async with calling(one) as caller:
            await caller.send(get())
            assert (await caller.answer()).status == 200
        await one.drain(0)
        assert one.port == 0

    run(play())


def test_it_listens_on_a_socket_that_it_is_given(run: Run) -> None:
    async def play() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            one = server()
            one.start(listening=[listening])
            assert one.port == listening.getsockname()[1]
            async with calling(one) as caller:
                await caller.send(get())
                assert (await caller.answer()).status == 200
            await one.drain(0)

    run(play())


def test_it_listens_on_a_unix_socket(run: Run, tmp_path: Path) -> None:
    async def play() -> None:
        path = str(tmp_path / "s")
        desk = Desk()
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path)
            listening.listen()
            one = Server(desk, refuse, print)
            one.start(listening=[listening])
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(get())
            (await desk.next(1)).reply(Reply(200, (), b"ok"))
            assert (await reader.readuntil(b"ok")).endswith(b"ok")
            assert (one.port, desk.requests[0].peer) == (0, "")
            writer.close()
            await one.drain(0)

    run(play())


def test_two_workers_can_share_a_socket_and_one_of_them_may_go(run: Run) -> None:
    async def play() -> None:
        first, second = server(), server()
        (listening,) = listen("127.0.0.1", 0)
        with listening:
            first.start(listening=[listening.dup()])
            second.start(listening=[listening.dup()])
        assert first.port == second.port > 0
        await first.drain(0)
        async with calling(second) as caller:
            await caller.send(get())
            assert (await caller.answer()).status == 200
        await second.drain(0)

    run(play())


def test_a_taken_port_is_an_error(run: Run) -> None:
    async def play() -> None:
        async with serving(echo) as first:
            with pytest.raises(OSError, match="in use"):
                server().start(port=first.port)

    run(play())


def test_its_own_sweep_closes_idle_connections(run: Run) -> None:
    async def play() -> None:
        one = server(ServerLimits(keep_alive_seconds=0.0, sweep_seconds=0.001))
        one.start()
        async with calling(one) as caller:
            assert await caller.rest() == b""
        await one.drain(0)

    run(play())


def test_it_counts_the_requests_in_progress(run: Run) -> None:
    async def play() -> None:
        desk = Desk()
        async with serving(desk) as one, calling(one) as first, calling(one) as second:
            assert one.running == 0
            await first.send(get())
            await second.send(get())
            await desk.next(2)
            assert (one.running, one.connections) == (2, 2)
            for responder in desk.responders:
                responder.reply(Reply(200, (), b""))
            assert one.running == 0

    run(play())


def test_callers_are_sent_small_packets_without_delay(run: Run) -> None:
    async def play() -> None:
        async with serving(echo) as one, calling(one):
            await until(lambda: one.connections == 1)
            service = one._service
            assert service is not None
            (connection,) = service.connections
            connected = connection.out._transport.get_extra_info("socket")
            assert connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    run(play())


class TestDrain:
    def test_closes_idle_connections_and_takes_no_more(self, run: Run) -> None:
        async def play() -> None:
            one = server()
            one.start()
            port = one.port
            async with calling(one) as caller:
                await caller.send(get())
                await caller.answer()
                await one.drain(60)
                assert await caller.rest() == b""
            with pytest.raises(OSError, match=r"refused|Connect call failed"):
                await asyncio.open_connection("127.0.0.1", port)

        run(play())

    def test_lets_requests_in_progress_finish_and_then_closes(self, run: Run) -> None:
        async def play() -> None:
            desk = Desk()
            one = Server(desk, refuse, print)
            one.start()
            async with calling(one) as caller:
                await caller.send(get())
                responder = await desk.next(1)
                draining = asyncio.create_task(one.drain(60))
                await asyncio.sleep(0)
                responder.begin(200, ())
                responder.send(b"x")
                responder.finish()
                head = await caller.read_head()
                assert head.headers["connection"] == "close"
                assert await caller.rest() == b"1\r\nx\r\n0\r\n\r\n"
                await draining
                assert desk.left == 0

        run(play())

    def test_serves_what_crosses_with_the_end_of_a_stream_that_began_before(self, run: Run) -> None:
        async def play() -> None:
            desk = Desk()
            one = Server(desk, refuse, print)
            one.start()
            async with calling(one) as caller:
                await caller.send(get())
                stream = await desk.next(1)
                stream.begin(200, ())
                draining = asyncio.create_task(one.drain(60))
                await asyncio.sleep(0)
                stream.send(b"x")
                stream.finish()
                assert "connection" not in (await caller.read_head()).headers
                one.close_idle()
                await caller.send(get())
                (await desk.next(2)).reply(Reply(200, (), b""))
                assert b"connection: close" in await caller.rest()
                await draining

        run(play())

    def test_waits_for_that_a_moment_only(self, run: Run) -> None:
        async def play() -> None:
            desk = Desk()
            one = Server(desk, refuse, print, ServerLimits(parting_seconds=5, sweep_seconds=60))
            one.start()
            async with calling(one) as caller:
                await caller.send(get())
                stream = await desk.next(1)
                stream.begin(200, ())
                draining = asyncio.create_task(one.drain(60))
                await asyncio.sleep(0)
                stream.finish()
                await caller.read_head()
                assert await caller.chunk() == b""
                now = asyncio.get_running_loop().time()
                one.sweep(now + 4)
                assert one.connections == 1
                one.sweep(now + 6)
                assert await caller.rest() == b""
                await draining

        run(play())

    def test_cuts_what_takes_too_long(self, run: Run) -> None:
        async def play() -> None:
            desk = Desk()
            one = Server(desk, refuse, print)
            one.start()
            async with calling(one) as caller:
                await caller.send(get())
                await desk.next(1)
                await one.drain(0)
                assert (desk.left, one.running, one.connections) == (1, 0, 0)
                assert await caller.rest() == b""

        run(play())

    def test_of_a_server_that_never_started_does_nothing(self, run: Run) -> None:
        run(server().drain(0))
