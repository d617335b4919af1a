import asyncio

from bench.dialogue import request_body, request_bytes
from bench.upstream import Connection, Pacer

WORDS = 2
PATIENCE_SECONDS = 20.0


def test_who_lets_go_ends_the_connections_that_rest_and_no_other() -> None:
    async def scene() -> tuple[int, bytes, bytes]:
        pacers: dict[int, Pacer] = {}
        connections: set[Connection] = set()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Connection(pacers, connections), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        rested = await ask(port, rate=1_000)
        await rested[0].readuntil(b"\r\n0\r\n\r\n")
        streaming = await ask(port, rate=5)
        await streaming[0].readuntil(b"\r\n\r\n")
        for connection in tuple(connections):
            connection.let_go()
        of_rested = await asyncio.wait_for(rested[0].read(), PATIENCE_SECONDS)
        of_streaming = await asyncio.wait_for(streaming[0].readuntil(b"\r\n0\r\n\r\n"), PATIENCE_SECONDS)
        left = len(connections)
        for _, writer in (rested, streaming):
            writer.transport.abort()
        server.close()
        return left, of_rested, of_streaming

    async def ask(port: int, rate: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request_bytes(port, request_body("m", 10, (WORDS, rate))))
        return reader, writer

    with asyncio.Runner() as runner:
        left, of_rested, of_streaming = runner.run(scene())
    assert of_rested == b""
    assert b"message_stop" in of_streaming
    assert left == 1
