import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mainstay.gateway.http import connector
from mainstay.gateway.http.connector import Connector, first_connected
from mainstay.gateway.http.limits import ClientLimits
from mainstay.gateway.http.origin import Origin
from mainstay.gateway.http.proxies import Proxies
from mainstay.gateway.http.resolver import Address
from tests.gateway.http.conftest import Run, Script, ScriptedUpstream, Visit, until, upstream

CERTIFICATE = Path(__file__).parent / "localhost.pem"
DIRECT = Proxies({})


def loopback(port: int) -> Address:
    return Address(socket.AF_INET, ("127.0.0.1", port))


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def trusting_context() -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(CERTIFICATE))
    context.set_alpn_protocols(["http/1.1"])
    return context


class Met(asyncio.Protocol):
    """Notes the connection that it is given."""

    def __init__(self) -> None:
        self.transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport


@asynccontextmanager
async def tls_upstream(names: list[str | None]) -> AsyncIterator[int]:
    """An upstream that speaks TLS and notes by which name it was asked for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    context.set_alpn_protocols(["http/1.1"])
    context.sni_callback = lambda _socket, name, _context: names.append(name)

    async def visited(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    listener = await asyncio.start_server(visited, "127.0.0.1", 0, ssl=context)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()


async def idle(visit: Visit) -> None:
    await visit.gone()


class TestFirstConnected:
    def test_a_refused_address_passes_the_turn_on_at_once(self, run: Run) -> None:
        async def play() -> None:
            async with upstream(idle) as up:
                connected = await first_connected([loopback(closed_port()), loopback(up.port)], 1_000.0)
                assert connected.getpeername()[1] == up.port
                connected.close()

        run(play())

    def test_a_silent_address_passes_the_turn_on_after_a_while(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        silent = loopback(1)

        async def play() -> None:
            given_up: list[Address] = []

            async def connected(address: Address) -> socket.socket:
                if address == silent:
                    try:
                        await asyncio.Event().wait()
                    finally:
                        given_up.append(address)
                return await connect(address)

            connect = connector._connected
            monkeypatch.setattr(connector, "_connected", connected)
            async with upstream(idle) as up:
                winner = await first_connected([silent, loopback(up.port)], 0.001)
                assert winner.getpeername()[1] == up.port
                await until(lambda: given_up == [silent])
                winner.close()
            monkeypatch.undo()

        run(play())

    def test_when_all_refuse_it_is_an_error(self, run: Run) -> None:
        async def play() -> None:
            with pytest.raises(OSError, match=r"refused|Connect call failed"):
                await first_connected([loopback(closed_port()), loopback(closed_port())], 0.01)
            with pytest.raises(OSError, match="no addresses"):
                await first_connected([], 0.01)

        run(play())

    def test_of_two_that_connect_one_is_closed(self, run: Run) -> None:
        async def play() -> None:
            closed: list[int] = []

            async def watch(visit: Visit) -> None:
                await visit.gone()
                closed.append(visit.number)

            async with upstream(watch) as up:
                winner = await first_connected([loopback(up.port)] * 2, 0.0)
                await until(lambda: len(closed) == up.visits - 1)
                winner.close()
                await until(lambda: len(closed) == up.visits)

        run(play())


class TestTls:
    def test_a_trusted_upstream_is_asked_by_name_for_http_1_1(self, run: Run) -> None:
        async def play() -> None:
            names: list[str | None] = []
            async with tls_upstream(names) as port:
                met = Met()
                one = Connector(ClientLimits(), DIRECT, trusting_context())
                await one.connect(Origin("https", "localhost", port), lambda: met)
                assert met.transport is not None
                assert met.transport.get_extra_info("ssl_object").selected_alpn_protocol() == "http/1.1"
                assert names == ["localhost"]
                met.transport.close()
                await until(lambda: True)

        run(play())

    def test_an_upstream_that_nobody_vouches_for_is_an_error(self, run: Run) -> None:
        async def play() -> None:
            async with tls_upstream([]) as port:
                one = Connector(ClientLimits(), DIRECT, None)
                with pytest.raises(ssl.SSLError):
                    await one.connect(Origin("https", "localhost", port), Met)

        run(play())

    def test_an_upstream_that_does_not_speak_it_is_an_error(self, run: Run) -> None:
        async def play() -> None:
            async def plain(visit: Visit) -> None:
                await visit.reader.read(1)
                await visit.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")

            async with upstream(plain) as up:
                one = Connector(ClientLimits(), DIRECT, trusting_context())
                with pytest.raises(OSError, match=r"."):
                    await one.connect(Origin("https", "127.0.0.1", up.port), Met)

        run(play())

    def test_giving_up_within_the_handshake_closes_the_connection(self, run: Run) -> None:
        async def play() -> None:
            gone: list[int] = []

            async def silent(visit: Visit) -> None:
                await visit.gone()
                gone.append(visit.number)

            async with upstream(silent) as up:
                one = Connector(ClientLimits(), DIRECT, trusting_context())
                connecting = asyncio.create_task(one.connect(Origin("https", "127.0.0.1", up.port), Met))
                await until(lambda: up.visits == 1)
                connecting.cancel()
                await until(lambda: gone == [1])

        run(play())


class TestTunnel:
    ORIGIN = Origin("https", "api.example.com", 443)

    def connect(self, up: ScriptedUpstream) -> asyncio.Task[None]:
        proxies = Proxies({"https": f"http://user:pass@127.0.0.1:{up.port}"})
        one = Connector(ClientLimits(), proxies, trusting_context())
        return asyncio.create_task(one.connect(self.ORIGIN, Met))

    def test_the_proxy_is_asked_for_it_with_our_name_and_then_hears_tls(self, run: Run) -> None:
        async def play() -> None:
            heard: list[bytes] = []

            async def proxy(visit: Visit) -> None:
                heard.append(await visit.reader.readuntil(b"\r\n\r\n"))
                await visit.say(b"HTTP/1.1 200 Connection established\r\nVia: us\r\n\r\n")
                heard.append(await visit.reader.readexactly(3))

            async with upstream(proxy) as up:
                with pytest.raises(ConnectionError):
                    await self.connect(up)
                assert heard[0].split(b"\r\n")[:3] == [
                    b"CONNECT api.example.com:443 HTTP/1.1",
                    b"host: api.example.com:443",
                    b"proxy-authorization: Basic dXNlcjpwYXNz",
                ]
                assert heard[1][:1] == b"\x16"

        run(play())

    @pytest.mark.parametrize(
        "answer",
        [
            b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            b"SSH-2.0-OpenSSH\r\n\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n\r\nmore than asked for",
            b"x" * 20_000,
            b"",
        ],
    )
    def test_a_proxy_that_refuses_is_an_error(self, run: Run, answer: bytes) -> None:
        def script() -> Script:
            async def proxy(visit: Visit) -> None:
                await visit.reader.readuntil(b"\r\n\r\n")
                await visit.say(answer)

            return proxy

        async def play() -> None:
            async with upstream(script()) as up:
                with pytest.raises(ConnectionError, match="the proxy"):
                    await self.connect(up)

        run(play())
