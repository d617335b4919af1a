"""Makes connections: resolve, connect to the first address that answers, pass a proxy, add TLS."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence

from mainstay.gateway.http.limits import ClientLimits
from mainstay.gateway.http.origin import Origin
from mainstay.gateway.http.proxies import Proxies, Proxy
from mainstay.gateway.http.resolver import Address, Resolver
from mainstay.gateway.http.tls import upstream_context

_PROXY_ANSWER_BYTES = 16_384
_END_OF_HEAD = b"\r\n\r\n"


class Connector:
    """Connects protocols to origins. Cancelling a connect closes every socket it had opened."""

    def __init__(self, limits: ClientLimits, proxies: Proxies, ssl_context: ssl.SSLContext | None) -> None:
        """Without `ssl_context`, the default one is made when first needed."""
        self._limits = limits
        self._proxies = proxies
        self._ssl_context = ssl_context
        self._resolver = Resolver(limits)

    async def connect(self, origin: Origin, factory: Callable[[], asyncio.Protocol]) -> None:
        """Connect what `factory` makes to `origin`.

        Raises:
            OSError: no connection (name, network, proxy or TLS).
        """
        loop = asyncio.get_running_loop()
        proxy = self._proxies.proxy_for(origin)
        host, port = (origin.host, origin.port) if proxy is None else (proxy.host, proxy.port)
        addresses = await self._resolver.addresses(host, port)
        connected = await first_connected(addresses, self._limits.next_address_seconds)
        secure = origin.scheme == "https"
        try:
            if proxy is not None and secure:
                await _open_tunnel(connected, origin, proxy)
            context = self._context() if secure else None
        except BaseException:
            connected.close()
            raise
        server_name = origin.host if secure else None
        await loop.create_connection(factory, sock=connected, ssl=context, server_hostname=server_name)

    def close(self) -> None:
        """Stop waiting for names to be resolved."""
        self._resolver.close()

    def _context(self) -> ssl.SSLContext:
        if self._ssl_context is None:
            self._ssl_context = upstream_context()
        return self._ssl_context


async def first_connected(addresses: Sequence[Address], next_address_seconds: float) -> socket.socket:
    """A socket connected to the address that answered first; the next one is tried when the one before it has failed
    or has not answered for `next_address_seconds` (RFC 8305, section 5).

    Raises:
        OSError: none could be connected to; the last one's reason.
    """
    if len(addresses) == 1:
        return await _connected(addresses[0])
    waiting = list(addresses)
    running: set[asyncio.Task[socket.socket]] = set()
    failure = OSError("the name has no addresses")
    try:
        while waiting or running:
            if waiting:
                running.add(asyncio.get_running_loop().create_task(_connected(waiting.pop(0))))
            patience_seconds = next_address_seconds if waiting else None
            done, _ = await asyncio.wait(running, timeout=patience_seconds, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                running.discard(task)
                reason = task.exception()
                if reason is None:
                    running |= done - {task}
                    return task.result()
                if isinstance(reason, OSError):
                    failure = reason
    finally:
        for task in running:
            task.cancel()
            task.add_done_callback(_close_result)
    raise failure


async def _connected(address: Address) -> socket.socket:
    connecting = socket.socket(address.family, socket.SOCK_STREAM)
    try:
        connecting.settimeout(0.0)
        connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connecting.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        await asyncio.get_running_loop().sock_connect(connecting, address.address)
    except BaseException:
        connecting.close()
        raise
    return connecting


def _close_result(task: asyncio.Task[socket.socket]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().close()


async def _open_tunnel(connected: socket.socket, origin: Origin, proxy: Proxy) -> None:
    """Ask the proxy for a tunnel (RFC 9110, section 9.3.6)."""
    loop = asyncio.get_running_loop()
    authorization = f"proxy-authorization: {proxy.authorization}\r\n" if proxy.authorization else ""
    place = origin.host_and_port
    await loop.sock_sendall(connected, f"CONNECT {place} HTTP/1.1\r\nhost: {place}\r\n{authorization}\r\n".encode())
    answer = b""
    while _END_OF_HEAD not in answer:
        part = await loop.sock_recv(connected, _PROXY_ANSWER_BYTES)
        answer += part
        if not part or len(answer) > _PROXY_ANSWER_BYTES:
            raise ConnectionError("the proxy did not answer in HTTP")
    first_line = answer.partition(b"\r\n")[0].decode("latin-1")
    version, _, status = first_line.partition(" ")
    if not version.startswith("HTTP/1.") or not status.startswith("2") or not answer.endswith(_END_OF_HEAD):
        raise ConnectionError(f"the proxy refused the tunnel: {first_line!r}")
