"""The HTTP/1.1 server: listens, keeps time for its connections, drains."""

import asyncio
import socket
from collections.abc import Callable

from mainstay.gateway.http.connection import Connection
from mainstay.gateway.http.limits import ServerLimits
from mainstay.gateway.http.request import Refuse
from mainstay.gateway.http.service import Handler, Service

_BACKLOG = 2_048


class Server:
    """Serves one address with one handler, on the event loop that runs `start`."""

    def __init__(
        self,
        handler: Handler,
        refuse: Refuse,
        report: Callable[[str], None],
        limits: ServerLimits | None = None,
    ) -> None:
        """`refuse` writes the answers to requests that never reach `handler`; `report` takes lines for the operator."""
        self._handler = handler
        self._refuse = refuse
        self._report = report
        self._limits = limits or ServerLimits()
        self._service: Service | None = None
        self._listener: asyncio.Server | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def start(
        self, host: str = "127.0.0.1", port: int = 0, *, sock: socket.socket | None = None, reuse_port: bool = False
    ) -> None:
        """Listen on `host` and `port` (0: any free one), or on the bound socket `sock`.

        Raises:
            OSError: the address cannot be had.
        """
        loop = asyncio.get_running_loop()
        service = Service(loop, self._handler, self._refuse, self._report, self._limits)

        def connection() -> Connection:
            return Connection(service)

        if sock is not None and sock.family == socket.AF_UNIX:
            self._listener = await loop.create_unix_server(connection, sock=sock, backlog=_BACKLOG)
        elif sock is not None:
            self._listener = await loop.create_server(connection, sock=sock, backlog=_BACKLOG)
        else:
            self._listener = await loop.create_server(
                connection, host, port, backlog=_BACKLOG, reuse_port=reuse_port or None
            )
        self._service = service
        self._schedule_sweep(service)

    @property
    def port(self) -> int:
        """The port listened on; 0 when not listening, or on a Unix socket."""
        listening = self._listener.sockets if self._listener is not None else ()
        address = listening[0].getsockname() if listening else ()
        return int(address[1]) if isinstance(address, tuple) and len(address) > 1 else 0

    @property
    def running(self) -> int:
        """Requests being answered now."""
        return self._service.running if self._service is not None else 0

    @property
    def connections(self) -> int:
        """Connections open now."""
        return len(self._service.connections) if self._service is not None else 0

    def sweep(self, now: float) -> None:
        """Let each connection whose deadline has passed act on it. The server's own timer does this every second."""
        if self._service is None:
            return
        for connection in [open_ for open_ in self._service.connections if open_.deadline <= now]:
            connection.expire(now)

    async def drain(self, seconds: float) -> None:
        """Stop: accept no more, close idle connections, give requests in progress `seconds`, then cut the rest."""
        service, listener = self._service, self._listener
        if service is None or listener is None:
            return
        service.draining = True
        listener.close()
        for connection in tuple(service.connections):
            connection.close_if_idle()
        if service.connections:
            await _first_of(service.emptied, seconds)
        for connection in tuple(service.connections):
            connection.out.abort()
        if service.connections:
            await service.emptied.wait()
        if self._timer is not None:
            self._timer.cancel()
        self._listener = None

    def _schedule_sweep(self, service: Service) -> None:
        self._timer = service.loop.call_later(self._limits.sweep_seconds, self._sweep_again, service)

    def _sweep_again(self, service: Service) -> None:
        self._schedule_sweep(service)
        self.sweep(service.loop.time())


async def _first_of(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
