import asyncio

import pytest

from bench.soak.callers import Callers, Requests, _ending

REQUESTS = Requests(*[b"GET / HTTP/1.1\r\n\r\n"] * 7)
OK = b"HTTP/1.1 200 OK\r\n\r\n"


@pytest.mark.parametrize(
    ("response", "ending"),
    [
        (OK + b"event: message_stop\n\n", "answered"),
        (OK + b"event: error\n\n", "honest error"),
        (OK + b"event: content_block_delta\n\n", "cut"),
        (b"HTTP/1.1 529 Overloaded\r\n\r\n", "status 529"),
        (b"", "nothing"),
    ],
)
def test_a_stream_ends_well_only_with_its_own_end(response: bytes, ending: str) -> None:
    assert _ending(response, is_stream=True) == ending


def test_every_exchange_has_an_ending() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(OK + b"event: message_stop\n\n")
        writer.close()

    async def make() -> Callers:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        callers = Callers(server.sockets[0].getsockname()[1], REQUESTS, seed=1)
        await callers.make(40)
        server.close()
        return callers

    with asyncio.Runner() as runner:
        callers = runner.run(make())
    assert callers.endings.total() == 40
    assert callers.endings["stream: answered"] > 0
