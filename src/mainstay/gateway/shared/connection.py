"""One connection to a Valkey or Redis, as the rest of this folder sees it.

RESP2, because every server and every proxy speaks it: maps are answered as flat lists, doubles as text. The library's
retries, health checks and greetings are off: whoever uses a connection here has a limit and a breaker of his own.
"""

from collections.abc import Callable
from typing import Protocol, TypedDict

from redis.asyncio.connection import (
    AbstractConnection,
    RedisSSLContext,
    SSLConnection,
    UnixDomainSocketConnection,
)
from redis.asyncio.connection import Connection as TcpConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from mainstay.gateway.shared.address import SharedAddress
from mainstay.gateway.shared.port import Answer, Value

CONNECT_SECONDS_MAX = 2.0
"""Of a connection that is opened beside the calls. Longer than a call may take: TLS to another zone needs its trips."""


class Connection(Protocol):
    """A connection that sends one command and reads one answer at a time."""

    @property
    def is_connected(self) -> bool:
        """Whether it stands, as far as is known."""

    async def connect(self) -> None:
        """Open it and say who we are."""

    async def can_read(self) -> bool:
        """Whether something unexpected has come, be it the end. Never waits."""

    async def send_command(self, *command: Value) -> None:
        """Send one command."""

    async def read_response(self) -> Answer:
        """Wait for the next answer; raises error answers."""

    async def disconnect(self, *, nowait: bool) -> None:
        """Close it."""


Connect = Callable[[], Connection]
"""Makes a connection, not yet open."""


def connector(address: SharedAddress) -> Connect:
    """A maker of connections to this server."""
    make = _maker(address)
    return lambda: _Adapter(make())


class _Adapter:
    """The library's connection with types."""

    def __init__(self, connection: AbstractConnection) -> None:
        self._connection = connection

    @property
    def is_connected(self) -> bool:
        return bool(self._connection.is_connected)

    async def connect(self) -> None:
        await self._connection.connect()  # type: ignore[no-untyped-call]

    async def can_read(self) -> bool:
        return await self._connection.can_read()

    async def send_command(self, *command: Value) -> None:
        await self._connection.send_command(*command, check_health=False)

    async def read_response(self) -> Answer:
        answer: Answer = await self._connection.read_response()
        return answer

    async def disconnect(self, *, nowait: bool) -> None:
        await self._connection.disconnect(nowait=nowait)


class _Common(TypedDict):
    """What is asked of every kind of connection."""

    username: str | None
    password: str | None
    db: int
    protocol: int
    driver_info: None
    retry: Retry
    socket_timeout: None
    socket_connect_timeout: float


def _maker(address: SharedAddress) -> Callable[[], AbstractConnection]:
    common = _Common(
        username=address.username or None,
        password=address.password or None,
        db=address.database,
        protocol=2,
        driver_info=None,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=None,
        socket_connect_timeout=CONNECT_SECONDS_MAX,
    )
    if address.path:
        return lambda: UnixDomainSocketConnection(path=address.path, **common)
    if not address.tls:
        return lambda: TcpConnection(host=address.host, port=address.port, **common)
    # Made once, because reading the authorities' certificates takes longer than a call may.
    context = RedisSSLContext(
        keyfile=address.key_file,
        certfile=address.certificate_file,
        cert_reqs=address.verification,
        ca_certs=address.ca_file,
        check_hostname=address.check_hostname,
    )

    def with_tls() -> AbstractConnection:
        connection = SSLConnection(host=address.host, port=address.port, **common)
        connection.ssl_context = context
        return connection

    return with_tls
