import asyncio
import socket

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mainstay.control.serve import HEADER_MILLISECONDS, STOP_SECONDS, AddressInUseError, serve

HOST = "127.0.0.1"
PATIENCE_SECONDS = 20.0
"""How long a test waits for the server before it fails; never how long it takes."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect as soon as the server listens."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                return await asyncio.open_connection(HOST, port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.001)


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> bytes:
    writer.write(f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    return head + await reader.readexactly(length)


async def version(_request: Request) -> Response:
    return JSONResponse({"version": "1.2.3"})


APP = Starlette(routes=[Route("/version", version)])


def begin(port: int, stop: asyncio.Event) -> asyncio.Task[None]:
    return asyncio.create_task(serve(HOST, port, APP, stop))


def test_it_serves_and_stops_although_a_caller_stays_connected() -> None:
    async def scene() -> None:
        stop, port = asyncio.Event(), free_port()
        serving = begin(port, stop)
        reader, writer = await connect(port)
        answer = await ask(reader, writer, "/version")
        assert answer.startswith(b"HTTP/1.1 200")
        assert answer.endswith(b'{"version":"1.2.3"}')
        assert b"404" in await ask(reader, writer, "/nothing")
        stop.set()
        await asyncio.wait_for(serving, PATIENCE_SECONDS)
        assert await reader.read() == b""
        writer.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(HOST, port)

    asyncio.run(scene())


def test_it_can_serve_again_on_the_same_port() -> None:
    async def scene() -> None:
        port = free_port()
        for _ in range(2):
            stop = asyncio.Event()
            serving = begin(port, stop)
            reader, writer = await connect(port)
            assert b"200" in await ask(reader, writer, "/version")
            stop.set()
            await asyncio.wait_for(serving, PATIENCE_SECONDS)
            writer.close()

    asyncio.run(scene())


def test_cancelling_stops_it_too() -> None:
    async def scene() -> None:
        port = free_port()
        serving = begin(port, asyncio.Event())
        _, writer = await connect(port)
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
        writer.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(HOST, port)

    asyncio.run(scene())


def test_a_port_that_is_taken_is_refused_and_named() -> None:
    async def scene() -> None:
        stop, port = asyncio.Event(), free_port()
        serving = begin(port, stop)
        _, writer = await connect(port)
        with pytest.raises(AddressInUseError, match=f"{HOST}:{port} is in use"):
            await asyncio.wait_for(begin(port, asyncio.Event()), PATIENCE_SECONDS)
        stop.set()
        await asyncio.wait_for(serving, PATIENCE_SECONDS)
        writer.close()

    asyncio.run(scene())


def test_an_address_that_is_not_ours_is_an_error() -> None:
    with pytest.raises(OSError, match="assign"):
        asyncio.run(serve("192.0.2.1", 8485, APP, asyncio.Event()))


def test_a_header_that_never_ends_cannot_hold_up_a_stop() -> None:
    assert HEADER_MILLISECONDS / 1_000 < STOP_SECONDS
