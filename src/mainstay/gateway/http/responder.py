"""The handler's side of one response."""

from collections.abc import Callable
from enum import Enum
from http import HTTPStatus
from typing import Final, Protocol

from mainstay.gateway.http.message_head import response_head
from mainstay.gateway.http.outbox import Outgoing
from mainstay.model.http import Headers, Reply

_WITHOUT_BODY = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


class CallerConnection(Protocol):
    """What a responder needs of the connection that it writes to."""

    out: Outgoing
    writing_paused: bool

    @property
    def ending(self) -> bool:
        """Whether the connection ends after this response, whatever the caller wishes."""

    def responded(self, *, keep_alive: bool) -> None:
        """Learn that the response is complete (or given up, with `keep_alive=False`)."""


class _Framing(Enum):
    """How the caller finds the end of a begun body."""

    NOT_BEGUN = "not-begun"
    CHUNKED = "chunked"
    CLOSE = "close"
    NO_BODY = "no-body"


_NOT_BEGUN: Final = _Framing.NOT_BEGUN
_CHUNKED: Final = _Framing.CHUNKED
_CLOSE: Final = _Framing.CLOSE
_NO_BODY: Final = _Framing.NO_BODY
# Aliases, because looking a member up in its enum takes ten times as long, and each streamed chunk asks.


class Responder:
    """Writes one response. Every method is synchronous, and does nothing once the response is complete or the caller
    has left.

    The handler may set `on_left` (the caller closed or half-closed the connection before the response was complete;
    called once), `on_pause` and `on_resume` (the caller reads more slowly than we write).
    """

    __slots__ = (
        "_connection",
        "_framing",
        "_head_only",
        "_http_1_0",
        "_keep_alive",
        "on_left",
        "on_pause",
        "on_resume",
    )

    def __init__(self, connection: CallerConnection, *, keep_alive: bool, http_1_0: bool, head_only: bool) -> None:
        """`head_only` is true for HEAD requests, whose responses have no body."""
        self.on_left: Callable[[], None] | None = None
        self.on_pause: Callable[[], None] | None = None
        self.on_resume: Callable[[], None] | None = None
        self._connection: CallerConnection | None = connection
        self._keep_alive = keep_alive
        self._http_1_0 = http_1_0
        self._head_only = head_only
        self._framing = _NOT_BEGUN

    @property
    def begun(self) -> bool:
        """Whether part of the response has been written."""
        return self._framing is not _NOT_BEGUN

    def reply(self, reply: Reply) -> None:
        """Write a whole response.

        Raises:
            RuntimeError: the response was begun already.
        """
        connection = self._claim()
        if connection is None:
            return
        body = reply.body
        if reply.status in _WITHOUT_BODY:
            head, body = response_head(reply.status, reply.headers, self._connection_line(connection)), b""
        else:
            framing = f"content-length: {len(body)}\r\n{self._connection_line(connection)}"
            head = response_head(reply.status, reply.headers, framing)
        connection.out.write(head if self._head_only else head + body)
        self._complete(connection)

    def begin(self, status: int, headers: Headers) -> None:
        """Write the head of a streamed response.

        Raises:
            RuntimeError: the response was begun already.
        """
        connection = self._claim()
        if connection is None:
            return
        framing = ""
        if self._head_only or status in _WITHOUT_BODY:
            self._framing = _NO_BODY
        elif self._http_1_0:
            self._framing = _CLOSE
            self._keep_alive = False
        else:
            self._framing = _CHUNKED
            framing = "transfer-encoding: chunked\r\n"
        connection.out.write(response_head(status, headers, framing + self._connection_line(connection)))
        if connection.writing_paused and self.on_pause is not None:
            self.on_pause()

    def send(self, data: bytes) -> None:
        """Write a part of a begun response, in one piece.

        Raises:
            RuntimeError: the response was not begun.
        """
        connection = self._begun_connection()
        if connection is None or not data:
            return
        if self._framing is _CHUNKED:
            connection.out.write(b"%x\r\n%b\r\n" % (len(data), data))
        elif self._framing is _CLOSE:
            connection.out.write(data)

    def finish(self) -> None:
        """End a begun response cleanly.

        Raises:
            RuntimeError: the response was not begun.
        """
        connection = self._begun_connection()
        if connection is None:
            return
        if self._framing is _CHUNKED:
            connection.out.write(b"0\r\n\r\n")
        self._complete(connection)

    def fail(self, data: bytes) -> None:
        """Write the last words of a response that is not whole, and end it. They say so themselves.

        Raises:
            RuntimeError: the response was not begun.
        """
        self.send(data)
        self.finish()

    def abort(self) -> None:
        """End the connection so that the caller sees a transport error instead of a clean end (law 1).

        What was sent before still reaches a caller who can tell by the missing last chunk; one who takes the end of
        the connection for the end of the body (HTTP/1.0) gets a reset.
        """
        connection = self._connection
        if connection is None:
            return
        self._forget()
        if self._framing is _CLOSE:
            connection.out.reset()
        elif self._framing is _NOT_BEGUN:
            connection.out.abort()
        connection.responded(keep_alive=False)

    def left(self) -> None:
        """Learn that the caller has left. For the connection."""
        on_left = self.on_left
        self._forget()
        if on_left is not None:
            on_left()

    def _claim(self) -> CallerConnection | None:
        if self._framing is not _NOT_BEGUN and self._connection is not None:
            raise RuntimeError("the response was begun already")
        return self._connection

    def _begun_connection(self) -> CallerConnection | None:
        if self._framing is _NOT_BEGUN and self._connection is not None:
            raise RuntimeError("the response was not begun")
        return self._connection

    def _connection_line(self, connection: CallerConnection) -> str:
        if not self._keep_alive or connection.ending:
            self._keep_alive = False
            return "connection: close\r\n"
        return "connection: keep-alive\r\n" if self._http_1_0 else ""

    def _complete(self, connection: CallerConnection) -> None:
        self._forget()
        connection.responded(keep_alive=self._keep_alive)

    def _forget(self) -> None:
        """Let go of everybody; a circle of references would wait for the garbage collector."""
        self._connection = self.on_left = self.on_pause = self.on_resume = None
