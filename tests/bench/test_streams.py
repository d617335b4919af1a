import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from bench.dialogue import request_body, request_bytes
from bench.spoken.anthropic import CALLER
from bench.streams import StreamLoad, StreamsOutcome
from bench.upstream import Connection, Pacer

WORDS = 4
RATE = 200
STREAMS = 5
PATIENCE_SECONDS = 20.0


class _Cutter(Connection):
    """An upstream that hangs up in the middle of each stream."""

    def step(self) -> bool:
        more = super().step()
        if len(self._left) == WORDS // 2:
            self._transport.close()
        return more


def outcome_of(upstream: Callable[[dict[int, Pacer]], Connection]) -> StreamsOutcome:
    async def load() -> StreamsOutcome:
        pacers: dict[int, Pacer] = {}
        server = await asyncio.get_running_loop().create_server(lambda: upstream(pacers), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        request = request_bytes(port, request_body("m", 10, (WORDS, RATE)))
        streams = StreamLoad(port, request, STREAMS, WORDS, CALLER)
        await streams.open(PATIENCE_SECONDS)
        outcome = await streams.finish(PATIENCE_SECONDS)
        server.close()
        return outcome

    return run(load())


def run(work: Coroutine[Any, Any, StreamsOutcome]) -> StreamsOutcome:
    with asyncio.Runner() as runner:
        return runner.run(work)


def test_whole_streams_are_counted_as_whole() -> None:
    outcome = outcome_of(Connection)
    assert (outcome.whole, outcome.broken, outcome.at_once) == (STREAMS, 0, STREAMS)


def test_abandoned_streams_are_broken() -> None:
    async def load() -> StreamsOutcome:
        pacers: dict[int, Pacer] = {}
        server = await asyncio.get_running_loop().create_server(lambda: Connection(pacers), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        streams = StreamLoad(port, request_bytes(port, request_body("m", 10, (500, 1))), STREAMS, 500, CALLER)
        await streams.open(PATIENCE_SECONDS)
        streams.abandon()
        outcome = await streams.finish(PATIENCE_SECONDS)
        server.close()
        return outcome

    assert run(load()).broken == STREAMS


def test_a_stream_that_is_cut_is_counted_as_broken() -> None:
    outcome = outcome_of(_Cutter)
    assert (outcome.whole, outcome.broken) == (0, STREAMS)
    assert "instead of message_stop" in outcome.troubles[0]
