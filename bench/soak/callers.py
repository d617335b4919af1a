"""Callers of the soak: most want an answer, many leave early, some are slow, some ask for nonsense.

Each has a connection of its own, so that sockets come and go as often as exchanges do.
"""

import asyncio
import random
import socket
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

WORKERS: Final = 48
PATIENCE_SECONDS: Final = 30.0
RECEIVE_BYTES: Final = 4_096
PIECE_BYTES: Final = 65_536
SLOW_PAUSES: Final = 5
SLOW_PAUSE_SECONDS: Final = 0.2
LEAVING_SECONDS_MAX: Final = 0.1
_END = b"event: message_stop"
_ERROR = b"event: error"


class Requests(msgspec.Struct, frozen=True):
    """The bytes of each kind; all say `connection: close`. `cached` are given the same answer again and again."""

    stream: bytes
    plain: bytes
    failing_over: bytes
    cached: bytes
    large_stream: bytes
    stranger: bytes
    nonsense: bytes


Ending = str
Act = Callable[["Callers"], Awaitable[Ending]]


class Callers:
    """So many at once, until so many exchanges have been made. `endings` counts how they ended, by kind."""

    def __init__(self, port: int, requests: Requests, seed: int) -> None:
        """The same seed makes the same callers."""
        self.requests = requests
        self.endings: Counter[str] = Counter()
        self._port = port
        self._dice = random.Random(seed)  # noqa: S311 - traffic, no secret
        self._left = 0

    async def make(self, exchanges: int) -> None:
        """Make so many exchanges."""
        self._left = exchanges
        await asyncio.gather(*(self._work() for _ in range(WORKERS)))

    async def _work(self) -> None:
        while self._left > 0:
            self._left -= 1
            kind, act = self._dice.choices(_KINDS, _WEIGHTS)[0]
            try:
                ending = await asyncio.wait_for(act(self), PATIENCE_SECONDS)
            except TimeoutError:
                ending = "no end"
            except OSError as error:
                ending = type(error).__name__
            self.endings[f"{kind}: {ending}"] += 1

    async def answer(self, request: bytes, *, is_stream: bool) -> Ending:
        """Ask and wait for the end."""
        reader, writer = await self._ask(request)
        try:
            return _ending(await reader.read(-1), is_stream=is_stream)
        finally:
            writer.transport.abort()

    async def leave(self, request: bytes) -> Ending:
        """Ask and go away at any instant, also before the first byte of the answer."""
        _, writer = await self._ask(request)
        try:
            await asyncio.sleep(self._dice.random() * LEAVING_SECONDS_MAX)
        finally:
            writer.transport.abort()
        return "left"

    async def read_slowly(self, request: bytes) -> Ending:
        """Read a little, then nothing for a while, and again; then go away in the middle."""
        reader, writer = await self._ask(request, receive_bytes=RECEIVE_BYTES)
        try:
            for _ in range(SLOW_PAUSES):
                await reader.read(PIECE_BYTES)
                await asyncio.sleep(SLOW_PAUSE_SECONDS)
        finally:
            writer.transport.abort()
        return "left"

    async def _ask(self, request: bytes, receive_bytes: int = 0) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        connection = socket.socket()
        connection.settimeout(0)
        if receive_bytes:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        try:
            await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", self._port))
        except OSError:
            connection.close()
            raise
        reader, writer = await asyncio.open_connection(sock=connection)
        writer.write(request)
        return reader, writer


def _ending(response: bytes, *, is_stream: bool) -> Ending:
    """How a response ended: its status, or for a stream that began whether its end is honest."""
    status = response[9:12].decode(errors="replace")
    if status != "200":
        return f"status {status}" if response else "nothing"
    if not is_stream:
        return "answered"
    if _END in response:
        return "answered"
    return "honest error" if _ERROR in response else "cut"


GOOD_ENDINGS: Final = frozenset({"answered", "left", "honest error"})

_ACTS: dict[str, tuple[int, Act]] = {
    "stream": (42, lambda callers: callers.answer(callers.requests.stream, is_stream=True)),
    "plain": (28, lambda callers: callers.answer(callers.requests.plain, is_stream=False)),
    "leaving a stream": (14, lambda callers: callers.leave(callers.requests.stream)),
    "failover": (5, lambda callers: callers.answer(callers.requests.failing_over, is_stream=False)),
    "cached": (5, lambda callers: callers.answer(callers.requests.cached, is_stream=False)),
    "stranger": (2, lambda callers: callers.answer(callers.requests.stranger, is_stream=False)),
    "nonsense": (2, lambda callers: callers.answer(callers.requests.nonsense, is_stream=False)),
    "leaving half a request": (
        2,
        lambda callers: callers.leave(callers.requests.plain[: len(callers.requests.plain) // 2]),
    ),
}
_SLOW: Final = "slow reader"
_KINDS = [(kind, act) for kind, (_, act) in _ACTS.items()]
_WEIGHTS = [weight * 10 for weight, _ in _ACTS.values()]
_KINDS.append((_SLOW, lambda callers: callers.read_slowly(callers.requests.large_stream)))
_WEIGHTS.append(1)
