"""The listening socket: open, closed (connections are refused) or silent (connections never come about)."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from enum import Enum

LOOPBACK = "127.0.0.1"
_BACKLOG = 2048
_FILLERS = 2
_ACCEPTS_PER_TURN = 64


class DoorState(Enum):
    """How the port answers."""

    OPEN = "open"
    CLOSED = "closed"
    """The port is kept, but nobody listens: connections are refused."""
    SILENT = "silent"
    """The queue of connections is full and never emptied: connecting times out."""


class Door:
    """Owns one port on loopback. Must be made and used inside a running loop. Raises `OSError` if the port is taken."""

    def __init__(self, port: int, accept: Callable[[socket.socket], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._accept = accept
        self._socket = _bound(port)
        self._fillers: list[socket.socket] = []
        self.port: int = self._socket.getsockname()[1]
        self.state = DoorState.CLOSED

    def set(self, state: DoorState) -> None:
        """Change how the port answers; connections that stand are not touched."""
        if state is self.state:
            return
        if self.state is not DoorState.CLOSED:
            self._stop_listening()
        if state is DoorState.OPEN:
            self._socket.listen(_BACKLOG)
            self._loop.add_reader(self._socket.fileno(), self._accept_all)
        elif state is DoorState.SILENT:
            self._fill_queue()
        self.state = state

    def close(self) -> None:
        """Give the port back."""
        self._loop.remove_reader(self._socket.fileno())
        self._drop_fillers()
        self._socket.close()

    def _stop_listening(self) -> None:
        self.close()
        self._socket = _bound(self.port)

    def _fill_queue(self) -> None:
        self._socket.listen(0)
        for _ in range(_FILLERS):
            filler = socket.socket()
            filler.settimeout(0.0)
            with contextlib.suppress(BlockingIOError):
                filler.connect((LOOPBACK, self.port))
            self._fillers.append(filler)

    def _drop_fillers(self) -> None:
        for filler in self._fillers:
            filler.close()
        self._fillers.clear()

    def _accept_all(self) -> None:
        for _ in range(_ACCEPTS_PER_TURN):
            try:
                connection, _ = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            connection.settimeout(0.0)
            # asyncio sets it for sockets of its own making only; without it every second small write waits for an
            # acknowledgement that the other side delays by 40 ms.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._accept(connection)


def _bound(port: int) -> socket.socket:
    bound = socket.socket()
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.settimeout(0.0)
        bound.bind((LOOPBACK, port))
    except OSError:
        bound.close()
        raise
    return bound
