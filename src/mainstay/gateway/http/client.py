"""The upstream client: opens requests, keeps connections."""

import asyncio
import ssl
from collections.abc import Callable

import msgspec

from mainstay.gateway.http.attempt import UpstreamAttempt
from mainstay.gateway.http.connector import Connector
from mainstay.gateway.http.known_lines import KnownLines
from mainstay.gateway.http.limits import ClientLimits
from mainstay.gateway.http.message_head import request_head, with_length
from mainstay.gateway.http.origin import Origin, read_url
from mainstay.gateway.http.outbox import Outbox
from mainstay.gateway.http.pool import Pool
from mainstay.gateway.http.proxies import Proxies
from mainstay.gateway.http.upstream_connection import UpstreamConnection
from mainstay.model.commands import Open
from mainstay.model.events import Breakage, Event
from mainstay.model.http import Headers

_REMEMBERED_URLS = 1_024
_WITH_BODY = frozenset({"POST", "PUT"})


class _Destination(msgspec.Struct, eq=False):
    """What all requests to one URL have in common. `fields` are finished header lines. The head that was made last is
    kept beside the headers that it was made of: nearly always the next request has the very same ones."""

    origin: Origin
    pool: Pool[UpstreamConnection]
    request_target: str
    fields: str
    last_headers: Headers | None = None
    last_head: bytes = b""


class UpstreamClient:
    """Opens requests to upstreams over HTTP/1.1, with one pool of idle connections per origin. One event loop."""

    def __init__(
        self,
        limits: ClientLimits | None = None,
        ssl_context: ssl.SSLContext | None = None,
        *,
        proxies: Proxies | None = None,
    ) -> None:
        """Made within the event loop that it serves. Without `proxies`, those that the environment names are used;
        `Proxies({})` means none.

        Raises:
            ValueError: the environment names a proxy that cannot be used.
            RuntimeError: no event loop runs.
        """
        self._loop = asyncio.get_running_loop()
        self._outbox = Outbox(self._loop)
        self._limits = limits or ClientLimits()
        self._proxies = proxies if proxies is not None else Proxies.from_environment()
        self._known_lines = KnownLines()
        self._connector = Connector(self._limits, self._proxies, ssl_context)
        self._pools: dict[Origin, Pool[UpstreamConnection]] = {}
        self._destinations: dict[str, _Destination | str] = {}
        self._connections: set[UpstreamConnection] = set()
        self._connecting: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def open(self, command: Open, deliver: Callable[[Event], None]) -> UpstreamAttempt:
        """Start a request. Its events go to `deliver`, never before this returns."""
        destination = self._destinations.get(command.url) or self._learn(command.url)
        if isinstance(destination, str) or self._closed:
            detail = destination if isinstance(destination, str) else "the client is closed"
            attempt = UpstreamAttempt(command, deliver, b"")
            self._loop.call_soon(attempt.fail, self._loop.time(), Breakage.REFUSED, detail)
            return attempt
        attempt = UpstreamAttempt(command, deliver, _head(command, destination))
        connection = destination.pool.take(self._loop.time())
        if connection is not None:
            connection.start(attempt, reused=True)
        else:
            self._connect(attempt)
        return attempt

    async def close(self) -> None:
        """Close every connection. Attempts that still run end without another event."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        self._connector.close()
        connecting = tuple(self._connecting)
        for task in connecting:
            task.cancel()
        for connection in tuple(self._connections):
            connection.drop()
        await asyncio.gather(*connecting, return_exceptions=True)

    def sweep(self, now: float) -> None:
        """Close connections that were idle too long. The client's own timer does this while any are idle."""
        for pool in self._pools.values():
            pool.sweep(now)

    @property
    def idle(self) -> int:
        """Connections at rest."""
        return sum(len(pool) for pool in self._pools.values())

    @property
    def connections(self) -> int:
        """Connections open or being opened, those at rest included."""
        return len(self._connections)

    def released(self, connection: UpstreamConnection, at: float) -> None:
        """A connection is free for another request since the instant `at`."""
        connection.pool.give(connection, at)
        if self._timer is None:
            self._timer = self._loop.call_later(self._limits.sweep_seconds, self._sweep_again)

    def ended(self, connection: UpstreamConnection) -> None:
        """A connection has ended."""
        self._connections.discard(connection)
        connection.pool.forget(connection)

    def unanswered(self, attempt: UpstreamAttempt) -> None:
        """Send a request again, for it met a connection that the upstream had closed. Only on a fresh one, so once."""
        self._connect(attempt)

    def _connect(self, attempt: UpstreamAttempt) -> None:
        task = self._loop.create_task(self._connect_and_start(attempt))
        attempt.connecting = task
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _connect_and_start(self, attempt: UpstreamAttempt) -> None:
        destination = self._destinations.get(attempt.command.url) or self._learn(attempt.command.url)
        assert isinstance(destination, _Destination)  # noqa: S101 - `open` has refused any other
        connection = UpstreamConnection(self, destination.pool, self._outbox, self._limits, self._known_lines)
        self._connections.add(connection)
        budget = asyncio.timeout(attempt.command.connect_seconds)
        try:
            async with budget:
                await self._connector.connect(destination.origin, lambda: connection)
        except (OSError, ValueError) as error:
            self._forget(connection)
            how = Breakage.CONNECT_TIMEOUT if budget.expired() else Breakage.REFUSED
            attempt.fail(self._loop.time(), how, str(error) or type(error).__name__)
        except BaseException:
            self._forget(connection)
            raise
        else:
            attempt.connecting = None
            connection.start(attempt, reused=False)

    def _forget(self, connection: UpstreamConnection) -> None:
        """A connection that did not come to be; or did, just when it was no longer wanted."""
        connection.drop()
        self._connections.discard(connection)

    def _learn(self, url: str) -> _Destination | str:
        if len(self._destinations) >= _REMEMBERED_URLS:
            self._destinations.clear()
        destination = self._destinations[url] = self._read_destination(url)
        return destination

    def _read_destination(self, url: str) -> _Destination | str:
        target = read_url(url)
        if isinstance(target, str):
            return target
        origin = target.origin
        pool = self._pools.get(origin)
        if pool is None:
            pool = self._pools[origin] = Pool(self._limits.idle_connections, self._limits.idle_seconds)
        fields = f"host: {origin.authority}\r\naccept-encoding: identity\r\n"
        proxy = self._proxies.proxy_for(origin)
        if proxy is None or origin.scheme == "https":
            return _Destination(origin, pool, target.path, fields)
        if proxy.authorization:
            fields += f"proxy-authorization: {proxy.authorization}\r\n"
        return _Destination(origin, pool, f"http://{origin.authority}{target.path}", fields)

    def _sweep_again(self) -> None:
        self._timer = None
        self.sweep(self._loop.time())
        if self.idle:
            self._timer = self._loop.call_later(self._limits.sweep_seconds, self._sweep_again)


def _head(command: Open, destination: _Destination) -> bytes:
    method, headers = command.method, command.headers
    if method == "POST" and headers is destination.last_headers:
        return with_length(destination.last_head, len(command.body))
    start = f"{method} {destination.request_target} HTTP/1.1\r\n"
    head = request_head(start, headers, destination.fields)
    if method == "POST":
        destination.last_headers, destination.last_head = headers, head
    return with_length(head, len(command.body)) if method in _WITH_BODY else head
