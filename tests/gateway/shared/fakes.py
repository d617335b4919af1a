"""A server of the test's own imagination, seen by its connections alone."""

import asyncio

from mainstay.gateway.shared.port import Answer, Value


class FakeServer:
    """Echoes what it is sent; hangs, refuses and ends as it is told to."""

    def __init__(self) -> None:
        self.connections: list[FakeConnection] = []
        self.connecting = asyncio.Event()
        self.connecting.set()
        self.answering = asyncio.Event()
        self.answering.set()
        self.refusal: Exception | None = None
        self.error: Exception | None = None

    def connect(self) -> "FakeConnection":
        connection = FakeConnection(self)
        self.connections.append(connection)
        return connection

    @property
    def standing(self) -> int:
        return sum(one.is_connected for one in self.connections)


class FakeConnection:
    """See `connection.Connection`."""

    def __init__(self, server: FakeServer) -> None:
        self.is_connected = False
        self.has_more = False
        self._server = server
        self._last: Answer = None

    async def connect(self) -> None:
        await self._server.connecting.wait()
        if self._server.refusal is not None:
            raise self._server.refusal
        self.is_connected = True

    async def can_read(self) -> bool:
        return self.has_more

    async def send_command(self, *command: Value) -> None:
        self._last = [one if isinstance(one, bytes) else str(one).encode() for one in command]

    async def read_response(self) -> Answer:
        answer = self._last
        await self._server.answering.wait()
        if self._server.error is not None:
            raise self._server.error
        return answer

    async def disconnect(self, *, nowait: bool) -> None:
        assert nowait, "closing waits for nobody"
        self.is_connected = False


async def settle() -> None:
    """Let everything happen that can happen now."""
    for _ in range(20):
        await asyncio.sleep(0)
