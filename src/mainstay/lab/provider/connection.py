"""One connection of the fake provider: takes requests from a socket and performs the steps on it."""

import asyncio
import socket
import struct
import time
from email.utils import formatdate
from typing import Protocol, cast

from mainstay.lab.provider.http1 import (
    LAST_CHUNK,
    BadRequestError,
    Incoming,
    RequestReader,
    chunk,
    head_bytes,
    in_pieces,
    is_chunked,
)
from mainstay.lab.provider.request import ProviderRequest
from mainstay.lab.provider.seen import RequestSeen
from mainstay.lab.provider.steps import Body, Cut, End, Ending, Hang, Head, Pause, RefuseConnection, Reset, Step

PIPELINED_MAX = 64
"""More requests than this are not kept waiting on one connection."""
_DRIBBLE_PIECES = 20
_LINGER_NOT = struct.pack("ii", 1, 0)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Responder(Protocol):
    """Decides what is done with a request."""

    def respond(self, request: ProviderRequest) -> tuple[list[Step], RequestSeen | None]:
        """The steps, and the entry that is to be kept up to date while they are performed."""

    def settled(self) -> None:
        """Told whenever an answer has ended, one way or the other."""


class Connection(asyncio.Protocol):
    """Serves one connection, one request after the other. `closed` is done when the connection is gone."""

    def __init__(self, responder: Responder) -> None:
        self._loop = asyncio.get_running_loop()
        self._responder = responder
        self._reader = RequestReader()
        self._waiting: list[Incoming] = []
        self._task: asyncio.Task[None] | None = None
        self._seen: RequestSeen | None = None
        self._transport: asyncio.Transport | None = None
        self._may_write = asyncio.Event()
        self._may_write.set()
        self.closed: asyncio.Future[None] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport; every write is to reach the kernel before the next step."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=0)

    def data_received(self, data: bytes) -> None:
        """Take bytes of requests."""
        try:
            self._waiting += self._reader.feed(data, time.time())
        except BadRequestError:
            self._refuse()
            return
        if len(self._waiting) > PIPELINED_MAX:
            self._refuse()
            return
        if self._reader.wants_continue:
            self._reader.wants_continue = False
            self._write(_CONTINUE)
        if self._waiting and self._task is None:
            self._task = self._loop.create_task(self._serve())

    def _refuse(self) -> None:
        self._waiting.clear()
        self._write(_BAD_REQUEST)
        self.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - how it ended does not matter
        """Note that the client has left, if an answer was still being given."""
        if self._seen is not None and self._seen.is_running:
            self._seen.client_left_seconds = self._loop.time() - self._seen.started
            self._responder.settled()
        if self._task is not None:
            self._task.cancel()
        self._may_write.set()
        if not self.closed.done():
            self.closed.set_result(None)

    def pause_writing(self) -> None:
        """The kernel takes no more for now."""
        self._may_write.clear()

    def resume_writing(self) -> None:
        """The kernel takes more."""
        self._may_write.set()

    def close(self) -> None:
        """Close in order."""
        if self._transport is not None:
            self._transport.close()

    def reset(self) -> None:
        """Tear the connection down."""
        if self._transport is not None and not self.closed.done():
            connection = cast("socket.socket", self._transport.get_extra_info("socket"))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
            self._transport.abort()

    @property
    def is_busy(self) -> bool:
        """Whether an answer of the provider (not one of the `/lab` pages) is being given."""
        return self._seen is not None and self._seen.is_running

    @property
    def is_idle(self) -> bool:
        """Whether the connection is only kept for a later request."""
        return self._task is None

    async def _serve(self) -> None:
        try:
            while self._waiting:
                incoming = self._waiting.pop(0)
                steps, self._seen = self._responder.respond(incoming.request)
                await self._perform(steps, incoming)
        except Exception:
            self.reset()
            raise
        finally:
            self._task = None

    async def _perform(self, steps: list[Step], incoming: Incoming) -> None:
        chunked = False
        has_body = incoming.request.method != "HEAD"
        for step in steps:
            match step:
                case Head():
                    chunked = has_body and is_chunked(step.headers)
                    await self._send_head(step, keep_alive=incoming.keep_alive)
                case Body():
                    if has_body:
                        await self._send(chunk(step.data) if chunked else step.data)
                case Pause():
                    await asyncio.sleep(step.seconds)
                case _:
                    await self._finish(step, chunked=chunked, keep_alive=incoming.keep_alive)

    async def _finish(self, ending: Ending, *, chunked: bool, keep_alive: bool) -> None:
        if isinstance(ending, Hang):
            await self._loop.create_future()
        if isinstance(ending, End) and chunked:
            await self._send(LAST_CHUNK)
        if self._seen is not None:
            self._seen.finished_seconds = self._loop.time() - self._seen.started
            self._responder.settled()
        if isinstance(ending, Reset | RefuseConnection):
            self.reset()
        elif isinstance(ending, Cut) or not keep_alive:
            self.close()

    async def _send_head(self, head: Head, *, keep_alive: bool) -> None:
        data = head_bytes(
            head, ("date", formatdate(usegmt=True)), ("connection", "keep-alive" if keep_alive else "close")
        )
        if self._seen is not None:
            self._seen.status = head.status
        if head.seconds <= 0:
            await self._send(data)
            return
        for piece in in_pieces(data, _DRIBBLE_PIECES):
            await asyncio.sleep(head.seconds / _DRIBBLE_PIECES)
            await self._send(piece)

    async def _send(self, data: bytes) -> None:
        self._write(data)
        if self._seen is not None:
            self._seen.bytes_sent += len(data)
        await self._may_write.wait()

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)
