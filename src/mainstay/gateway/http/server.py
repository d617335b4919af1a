"""The HTTP/1.1 server: listens, keeps time for its connections, drains."""

import asyncio
import socket
from collections.abc import Callable, Sequence

from mainstay.gateway.http.connection import Connection
from mainstay.gateway.http.limits import ServerLimits
from mainstay.gateway.http.listening import Acceptor, listen
from mainstay.gateway.http.request import Refuse
from mainstay.gateway.http.service import Handler, Service
from mainstay.gateway.http.shares import Shares


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
        self._acceptor: Acceptor | None = None
        self._timer: asyncio.TimerHandle | None = None

    def start(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        listening: Sequence[socket.socket] = (),
        shares: Shares | None = None,
    ) -> None:
        """Serve `host` and `port` (0: any free one), or sockets that listen already (they are ours from now on), which
        may be shared with other processes.

        Raises:
            OSError: the address cannot be had.
        """
        loop = asyncio.get_running_loop()
        service = Service(loop, self._handler, self._refuse, self._report, self._limits)

        def connection() -> Connection:
            return Connection(service)

        self._acceptor = Acceptor(
            loop,
            listening or listen(host, port),
            connection,
            self._report,
            connections=lambda: len(service.connections),
            shares=shares,
        )
        self._acceptor.start()
        service.fewer = None if shares is None else self._acceptor.count
        self._service = service
        self._schedule_sweep(service)

    @property
    def port(self) -> int:
        """The port listened on; 0 when not listening, or on a Unix socket."""
        return self._acceptor.port if self._acceptor is not None else 0

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

    async def stop_listening(self) -> None:
        """Accept no more. Each connection ends with the response in progress, or with its next one."""
        service, acceptor = self._service, self._acceptor
        if service is not None and acceptor is not None:
            service.draining = True
            await acceptor.close()

    def close_idle(self) -> None:
        """Close the connections that nobody has a request on."""
        for connection in tuple(self._service.connections) if self._service is not None else ():
            connection.close_if_idle()

    async def emptied(self, seconds: float, hurry: asyncio.Event | None = None) -> bool:
        """Wait until no connection is open, for so long, or until `hurry` is set; tell whether that came true. Only
        after `stop_listening`."""
        service = self._service
        if service is None or not service.connections:
            return True
        waits = [asyncio.ensure_future(one.wait()) for one in (service.emptied, hurry) if one is not None]
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        return not service.connections

    async def close(self) -> None:
        """Cut every connection that is still open. Only after `stop_listening`."""
        service = self._service
        if service is None:
            return
        for connection in tuple(service.connections):
            connection.out.abort()
        if service.connections:
            await service.emptied.wait()
        if self._timer is not None:
            self._timer.cancel()

    async def drain(self, seconds: float) -> None:
        """Stop: accept no more, close idle connections, give requests in progress `seconds`, then cut the rest."""
        await self.stop_listening()
        self.close_idle()
        await self.emptied(seconds)
        await self.close()

    def _schedule_sweep(self, service: Service) -> None:
        self._timer = service.loop.call_later(self._limits.sweep_seconds, self._sweep_again, service)

    def _sweep_again(self, service: Service) -> None:
        self._schedule_sweep(service)
        self.sweep(service.loop.time())
        if self._acceptor is not None:
            self._acceptor.count()
