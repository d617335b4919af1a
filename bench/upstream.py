"""The streaming upstream: a process of its own that paces streams of every dialect. `python -m bench.upstream PORT`.

How many words a stream has, and how many of them come per second, is said by the request's path (`spoken.registry`);
without that it is a Messages request that says it in `metadata.user_id`.
"""

import asyncio
import signal
import sys
import time
from collections import deque
from collections.abc import Callable
from functools import cache, lru_cache
from typing import cast

import httptools
import msgspec
import uvloop

from bench.dialogue import RESET
from bench.spoken.anthropic import DIALECT as ANTHROPIC
from bench.spoken.registry import VOICES, Pace, pace_of, voice_of

PHASES = 10
"""Streams of one rate are spread over so many instants of a period, so that events do not come in one burst."""
BACKLOG = 4_096


class _Metadata(msgspec.Struct):
    user_id: str


class _Ask(msgspec.Struct):
    metadata: _Metadata


_ASK = msgspec.json.Decoder(_Ask)
_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


@lru_cache(maxsize=64)
def _opening(dialect: str, second: int) -> bytes:
    """Header and preamble as they go to the socket, at once, in this second since 1970."""
    voice = VOICES[dialect]
    reset = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))
    lines = ["HTTP/1.1 200 OK", f"content-type: {voice.content_type}", "cache-control: no-cache"]
    lines += [f"{name}: {reset if value == RESET else value}" for name, value in voice.headers.items()]
    return "\r\n".join([*lines, "transfer-encoding: chunked", "", ""]).encode() + _chunk(voice.opening())


@cache
def _steps(dialect: str, words: int) -> tuple[bytes, ...]:
    """The pieces of a stream of so many words as they go to the socket, one per beat."""
    voice = VOICES[dialect]
    content = [_chunk(voice.content(number)) for number in range(words)]
    content[-1] += _chunk(voice.closing(words)) + b"0\r\n\r\n"
    return tuple(content)


class Pacer:
    """Writes the next piece of each of its streams, once per period."""

    def __init__(self, loop: asyncio.AbstractEventLoop, rate: int) -> None:
        """`rate` is in pieces per second and stream."""
        self._loop = loop
        self._beat_seconds = 1 / rate / PHASES
        self._slots: list[set[Connection]] = [set() for _ in range(PHASES)]
        self._beats = 0
        self._next_at = loop.time()
        self._running = False

    def add(self, connection: "Connection") -> None:
        """Begin a stream in the phase that is furthest away."""
        self._slots[(self._beats - 1) % PHASES].add(connection)
        if not self._running:
            self._running = True
            self._next_at = self._loop.time()
            self._loop.call_soon(self._beat)

    def _beat(self) -> None:
        slot = self._slots[self._beats % PHASES]
        for connection in tuple(slot):
            if not connection.step():
                slot.discard(connection)
        self._beats += 1
        self._next_at += self._beat_seconds
        if any(self._slots):
            self._loop.call_at(self._next_at, self._beat)
        else:
            self._running = False


class Connection(asyncio.Protocol):
    """One keep-alive connection of a proxy."""

    def __init__(self, pacers: dict[int, Pacer], connections: "set[Connection] | None" = None) -> None:
        """Share the pacers, and join the connections that are open."""
        self._pacers = pacers
        self._connections = set() if connections is None else connections
        self._parser = httptools.HttpRequestParser(self)
        self._path = b""
        self._body: list[bytes] = []
        self._left: deque[bytes] = deque()
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever left early gets nothing more."""
        del exc
        self._left.clear()
        self._connections.discard(self)

    def let_go(self) -> None:
        """End the connection if it rests."""
        if not self._left:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Parse."""
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        """Forget the request before."""
        self._path = b""

    def on_url(self, url: bytes) -> None:
        """Collect the request's path."""
        self._path += url

    def on_body(self, data: bytes) -> None:
        """Collect the request's body."""
        self._body.append(data)

    def on_message_complete(self) -> None:
        """Begin the stream that the request asks for."""
        path, body = self._path.decode(), b"".join(self._body)
        self._body.clear()
        pace, voice = pace_of(path), voice_of(path)
        if voice is None:
            self._transport.write(_NOT_FOUND)
        elif pace is None:
            self._begin(ANTHROPIC, Pace(*map(int, _ASK.decode(body).metadata.user_id.split())))
        else:
            self._begin(voice.dialect, pace)

    def _begin(self, dialect: str, pace: Pace) -> None:
        self._left.extend(_steps(dialect, pace.words))
        self._transport.write(_opening(dialect, int(time.time())))
        if pace.rate not in self._pacers:
            self._pacers[pace.rate] = Pacer(asyncio.get_running_loop(), pace.rate)
        self._pacers[pace.rate].add(self)

    def step(self) -> bool:
        """Write the next piece; false when that was the last one."""
        if self._left:
            self._transport.write(self._left.popleft())
        return bool(self._left)


Made = Callable[[dict[int, Pacer], set[Connection]], Connection]
"""Makes a connection of these pacers, which joins those that are open."""


async def serve(port: int, made: Made = Connection) -> None:
    """Serve until the process is ended. SIGHUP ends the connections that rest."""
    loop = asyncio.get_running_loop()
    pacers: dict[int, Pacer] = {}
    connections: set[Connection] = set()

    def let_go() -> None:
        for connection in tuple(connections):
            connection.let_go()

    loop.add_signal_handler(signal.SIGHUP, let_go)
    server = await loop.create_server(lambda: made(pacers, connections), "127.0.0.1", port, backlog=BACKLOG)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
