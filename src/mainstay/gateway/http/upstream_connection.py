"""One connection to an upstream: an `asyncio.Protocol` that carries one request after the other. Callback-driven."""

import asyncio
from typing import Protocol, cast

from mainstay.gateway.http.attempt import UpstreamAttempt
from mainstay.gateway.http.known_lines import KnownLines
from mainstay.gateway.http.limits import ClientLimits
from mainstay.gateway.http.outbox import Outbox, Outgoing
from mainstay.gateway.http.pool import Pool
from mainstay.gateway.http.response_reader import ResponseReader
from mainstay.model.events import Chunk, Ended, Opened


class ConnectionOwner(Protocol):
    """Who makes and keeps connections."""

    def released(self, connection: "UpstreamConnection", at: float) -> None:
        """The connection is free for another request since the instant `at`."""

    def ended(self, connection: "UpstreamConnection") -> None:
        """The connection has ended."""

    def unanswered(self, attempt: UpstreamAttempt) -> None:
        """A reused connection ended before the first byte of a response: the upstream had closed it while it was
        idle, and never saw the request."""


class UpstreamConnection(asyncio.Protocol):
    """Sends an attempt's request and turns the response into the attempt's events."""

    __slots__ = (
        "_attempt",
        "_loop",
        "_opened",
        "_out",
        "_outbox",
        "_owner",
        "_reader",
        "_reused",
        "_transport",
        "pool",
    )

    def __init__(
        self,
        owner: ConnectionOwner,
        pool: "Pool[UpstreamConnection]",
        outbox: Outbox,
        limits: ClientLimits,
        known_lines: KnownLines | None = None,
    ) -> None:
        """Not connected yet; it will rest in `pool`. `known_lines` are shared by all connections."""
        self._owner = owner
        self._outbox = outbox
        self._loop = outbox.loop
        self._reader = ResponseReader(limits, known_lines)
        self._attempt: UpstreamAttempt | None = None
        self._opened = False
        self._reused = False
        self._transport: asyncio.Transport | None = None
        self._out: Outgoing | None = None
        self.pool = pool

    @property
    def closing(self) -> bool:
        """Whether no request can be sent any more."""
        return self._transport is None or self._transport.is_closing()

    def start(self, attempt: UpstreamAttempt, *, reused: bool) -> None:
        """Send the attempt's request. Only when connected."""
        self._attempt = attempt
        self._reused = reused
        self._opened = False
        if reused:
            self._reader.restart()
        else:
            attempt.connected_at = self._loop.time()
        attempt.line = self
        if self._out is not None:
            self._out.write(attempt.head + attempt.command.body)
        if attempt.paused:
            self.pause()

    def drop(self) -> None:
        """Close at once; tell the attempt nothing."""
        self._attempt = None
        if self._out is not None:
            self._out.abort()

    def pause(self) -> None:
        """Stop reading."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected. A cast, because uvloop's transports are no subclasses of asyncio's."""
        self._transport = cast("asyncio.Transport", transport)
        self._out = Outgoing(self._outbox, self._transport)

    def data_received(self, data: bytes) -> None:
        """Bytes of the response: at most one event of each kind per packet."""
        attempt = self._attempt
        if attempt is None:
            # Nobody asked: this connection cannot be trusted with another request.
            self.drop()
            return
        self._reader.feed(data)
        self._tell(attempt)

    def eof_received(self) -> None:
        """The upstream says no more; what we have not sent by now is of no use to it."""
        if self._out is not None and self._out.unsent_bytes:
            self._out.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, whoever ended it."""
        attempt = self._attempt
        self._owner.ended(self)
        if attempt is None:
            return
        if self._reused and not self._reader.touched:
            self._attempt = attempt.line = None
            self._owner.unanswered(attempt)
            return
        self._reader.end(clean=exc is None, detail=str(exc or ""))
        self._tell(attempt)

    def _tell(self, attempt: UpstreamAttempt) -> None:
        """Deliver what the reader knows by now: at most two events per packet. A delivery may cancel the attempt."""
        reader = self._reader
        number = attempt.command.attempt
        at = self._loop.time()
        body = reader.take_body()
        last: Opened | None = None
        if self._opened:
            if body:
                attempt.deliver(Chunk(number, at, body))
        elif reader.has_head:
            self._opened = True
            last = Opened(number, at, reader.status, reader.headers, body, reader.complete, attempt.connected_at)
            if not last.ended:
                attempt.deliver(last)
        if attempt.over:
            return
        if reader.complete:
            self._complete(attempt, last or Ended(number, at))
        elif reader.breakage is not None:
            self.drop()
            attempt.fail(at, reader.breakage, reader.detail)

    def _complete(self, attempt: UpstreamAttempt, last: Opened | Ended) -> None:
        """Free the connection before the attempt's last event, whose receiver may open the next request."""
        self._attempt = None
        if self._out is None or not self._reader.reusable or self._out.unsent_bytes:
            self.drop()
        else:
            if attempt.paused:
                self.resume()
            self._owner.released(self, last.at)
        attempt.end(last)
