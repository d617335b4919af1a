"""Listening sockets that several processes may share, and how each of them takes its part of the connections.

All workers wait at the same sockets. A connection belongs to nobody until a worker accepts it, so one that is paused or
dead owns none that it never saw (with `SO_REUSEPORT` it would own its share of them). Each accepts one connection per
turn of its event loop: whoever is busy takes fewer.
"""

import asyncio
import errno
import socket
import time
from collections.abc import Callable, Sequence
from typing import Final

from mainstay.gateway.http.shares import Shares

BACKLOG: Final = 2_048
EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
EXHAUSTED_SECONDS: Final = 1.0
"""Rest when the system has no descriptor or memory left for another connection."""
STAND_BACK_SECONDS: Final = 0.002
STAND_BACKS_MAX: Final = 3
"""In a row. Then nobody else seems to want the connection."""


def listen(host: str, port: int) -> list[socket.socket]:
    """Listen on every address of `host`; port 0 takes any free one.

    Raises:
        OSError: an address cannot be had; says which, and why.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    listening: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in dict.fromkeys(found):
            listening.append(_listening(family, kind, protocol, address))
    except OSError:
        for one in listening:
            one.close()
        raise
    return listening


def _listening(family: int, kind: int, protocol: int, address: tuple[object, ...]) -> socket.socket:
    one = socket.socket(family, kind, protocol)
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind(address)
        one.listen(BACKLOG)
    except OSError as error:
        one.close()
        reason = (error.strerror or str(error)).lower()
        raise OSError(error.errno, f"cannot listen on {address[0]} port {address[1]}: {reason}") from error
    return one


class Acceptor:
    """Takes connections from listening sockets until it is closed."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        listening: Sequence[socket.socket],
        made: Callable[[], asyncio.Protocol],
        report: Callable[[str], None],
        *,
        connections: Callable[[], int] = lambda: 0,
        shares: Shares | None = None,
    ) -> None:
        """`made` gives the protocol of a new connection; `report` takes one line for the operator; `connections` says
        how many are open, for `shares` with other processes."""
        self._loop = loop
        self._listening = tuple(listening)
        for one in self._listening:
            one.settimeout(0.0)
        self._made = made
        self._report = report
        self._connections = connections
        self._shares = shares
        self._stood_back = 0
        self._greeting: set[asyncio.Task[None]] = set()
        self._resting: asyncio.TimerHandle | None = None

    @property
    def port(self) -> int:
        """The port of the first socket; 0 for a Unix socket, and once closed."""
        address = self._listening[0].getsockname() if self._listening else ()
        return int(address[1]) if isinstance(address, tuple) and len(address) > 1 else 0

    def start(self) -> None:
        """Begin to accept."""
        self._resting = None
        for one in self._listening:
            self._loop.add_reader(one, self._come, one)

    def count(self) -> None:
        """Tell the other processes how many connections are open here."""
        if self._shares is not None:
            self._shares.write(self._connections() + len(self._greeting), time.monotonic())

    async def close(self) -> None:
        """Take what has connected already, then accept no more. The sockets are closed; other processes keep theirs."""
        if self._resting is not None:
            self._resting.cancel()
        listening, self._listening = self._listening, ()
        for one in listening:
            self._loop.remove_reader(one)
            for _ in range(BACKLOG):
                if not self._accept(one):
                    break
            one.close()
        if self._greeting:
            await asyncio.wait(self._greeting)

    def _come(self, listening: socket.socket) -> None:
        """Somebody wants to connect. A sibling with fewer connections may have it, if it takes it in a moment."""
        if self._shares is not None and self._stood_back < STAND_BACKS_MAX:
            self.count()
            if self._shares.has_enough(time.monotonic()):
                self._stood_back += 1
                self._rest(STAND_BACK_SECONDS)
                return
        self._stood_back = 0
        self._accept(listening)

    def _accept(self, listening: socket.socket) -> bool:
        try:
            connected, _ = listening.accept()
        except OSError as error:
            # Another worker may have been faster, or the caller has gone already.
            if error.errno in EXHAUSTED and self._resting is None:
                self._report(f"cannot accept connections for a moment: {error.strerror}; raise the limit of open files")
                self._rest(EXHAUSTED_SECONDS)
            return False
        connected.settimeout(0.0)
        if connected.family != socket.AF_UNIX:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        greeting = self._loop.create_task(self._greet(connected))
        self._greeting.add(greeting)
        greeting.add_done_callback(self._greeting.discard)
        return True

    async def _greet(self, connected: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._made, connected)
        except OSError:
            connected.close()

    def _rest(self, seconds: float) -> None:
        for one in self._listening:
            self._loop.remove_reader(one)
        if self._listening:
            self._resting = self._loop.call_later(seconds, self.start)
