"""A bounded pool of connections that is safe to give up on at any moment.

Connections are opened beside the calls, by tasks of the pool: a call that ends at its limit does not undo the work, so
that a server whose greeting takes longer than a call still gets its connections. A connection is given back only after
a whole answer; in every other case it is dropped, for what comes next on it would answer another call.
"""

import asyncio
from collections import deque
from collections.abc import Coroutine

from mainstay.gateway.shared.connection import CONNECT_SECONDS_MAX, Connect, Connection

CONNECTIONS_MAX = 16
WAITING_MAX = 1_000


class PoolExhaustedError(Exception):
    """Too many calls wait for a connection already."""


class Pool:
    """Used by one event loop."""

    def __init__(self, connect: Connect) -> None:
        """Nothing is opened yet."""
        self._connect = connect
        self._idle: list[Connection] = []
        self._waiting: deque[asyncio.Future[Connection]] = deque()
        self._open = 0
        """Connections that stand, and those being opened."""
        self._standing = 0
        self._opening = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def is_busy(self) -> bool:
        """Whether connections stand, all in use: then waiting says nothing about the server."""
        return self._standing > 0 and not self._idle

    async def take(self) -> Connection:
        """A connection that stands. Raises what opening it raised, or `PoolExhaustedError`."""
        while self._idle:
            connection = self._idle.pop()
            if await _is_fresh(connection):
                return connection
            await self.drop(connection)
        if len(self._waiting) >= WAITING_MAX or self._closed:
            raise PoolExhaustedError(f"{len(self._waiting)} calls wait for a connection")
        future: asyncio.Future[Connection] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._open_more()
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None:
                self.give(future.result())
            raise
        finally:
            if future in self._waiting:
                self._waiting.remove(future)

    def give(self, connection: Connection) -> None:
        """Take a connection back after a whole answer."""
        if self._closed:
            self._begin(self.drop(connection))
            return
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(connection)
                return
        self._idle.append(connection)

    async def drop(self, connection: Connection) -> None:
        """Close a connection that is of no use any more. Never waits for the server."""
        self._open -= 1
        self._standing -= 1
        self._open_more()
        await connection.disconnect(nowait=True)

    async def close(self) -> None:
        """Close all that is idle; what is in use is closed when it is given back."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        while self._idle:
            await self.drop(self._idle.pop())

    def _open_more(self) -> None:
        if len(self._waiting) > self._opening and self._open < CONNECTIONS_MAX and not self._closed:
            self._open += 1
            self._opening += 1
            self._begin(self._open_one())

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _open_one(self) -> None:
        connection = self._connect()
        try:
            async with asyncio.timeout(CONNECT_SECONDS_MAX):
                await connection.connect()
        except BaseException as error:
            self._open -= 1
            self._opening -= 1
            await connection.disconnect(nowait=True)
            if not isinstance(error, Exception):
                raise
            self._fail(error)
        else:
            self._standing += 1
            self._opening -= 1
            self.give(connection)

    def _fail(self, error: Exception) -> None:
        """Tell all who wait: the next connection would meet the same trouble, and they have no time for it. While
        other connections are in use, theirs may come back in time."""
        while self._waiting and not self._open:
            future = self._waiting.popleft()
            if not future.done():
                future.set_exception(error)


async def _is_fresh(connection: Connection) -> bool:
    """Whether an idle connection still stands and nobody has spoken on it."""
    try:
        return connection.is_connected and not await connection.can_read()
    except Exception:  # noqa: BLE001 - a connection that cannot even say so is of no use
        return False
