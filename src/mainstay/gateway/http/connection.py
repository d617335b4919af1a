"""One caller's connection: an `asyncio.Protocol`. Callback-driven; no task and no future per request.

Requests that arrive while one is being answered wait in the reader's queue, in order. Time is kept by the server's
sweep: the connection only notes the instant (`deadline`) at which something has lasted too long.
"""

import asyncio
import math
import traceback
from typing import cast

from mainstay.gateway.http.message_head import response_head
from mainstay.gateway.http.outbox import Outgoing
from mainstay.gateway.http.request_reader import BODY, DEAF, HEAD, IDLE, Arrival, Refusal, RequestReader
from mainstay.gateway.http.responder import Responder
from mainstay.gateway.http.service import Service

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Connection(asyncio.Protocol):
    """Hands requests to the service's handler, one at a time, and keeps every limit on the caller."""

    __slots__ = (
        "_current",
        "_discarded_bytes",
        "_pumping",
        "_reader",
        "_reading_paused",
        "_service",
        "_stalled_bytes",
        "_stalled_from",
        "_unsent_bytes",
        "deadline",
        "out",
        "transport",
        "writing_paused",
    )

    def __init__(self, service: Service) -> None:
        """`service` is shared by all connections of a server."""
        self._service = service
        self._reader: RequestReader
        self._current: Responder | None = None
        self._pumping = False
        self._reading_paused = False
        self._discarded_bytes = 0
        self._unsent_bytes = math.inf
        self.transport: asyncio.Transport
        self.out: Outgoing
        self.writing_paused = False
        self.deadline = math.inf
        self._stalled_from = math.inf
        self._stalled_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Join the service; be refused when it is full, cut off when even refusing has become too much."""
        # A cast, because uvloop's transports are no subclasses of asyncio's.
        self.transport = cast("asyncio.Transport", transport)
        self.out = Outgoing(self._service.outbox, self.transport)
        self._reader = RequestReader(self._service.limits, _address(transport), self._service.familiar_heads)
        self._wait_seconds(self._service.limits.keep_alive_seconds)
        if not self._service.joined(self):
            self._refuse_as_too_many()

    def data_received(self, data: bytes) -> None:
        """Parse; then start what became ready."""
        reader = self._reader
        if reader.phase is DEAF:
            self._discard(len(data))
            return
        reader.feed(data, self._service.loop.time())
        self.deadline = min(reader.deadline, self._stalled_from)
        if self._current is None:
            self._pump()
        if reader.arrivals:
            self._pause_reading_if_full()

    def eof_received(self) -> None:
        """The caller sends no more; who half-closes before the response is complete has left."""
        self._leave()
        self._wait_seconds(self._service.limits.lingering_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, whoever ended it."""
        del exc
        self.deadline = math.inf
        self._service.forget(self)
        self._leave()

    def pause_writing(self) -> None:
        """The caller reads more slowly than we write."""
        self.writing_paused = True
        self._allow_stall(self._service.loop.time())
        if self._current is not None and self._current.on_pause is not None:
            self._current.on_pause()

    def resume_writing(self) -> None:
        """The caller has caught up."""
        self.writing_paused = False
        if self.deadline == self._stalled_from < math.inf:
            self.deadline = self._reader.deadline
        self._stalled_from = math.inf
        if self._current is not None and self._current.on_resume is not None:
            self._current.on_resume()

    @property
    def ending(self) -> bool:
        """Whether the connection ends after the response in progress."""
        return self._service.draining

    def expire(self, now: float) -> None:
        """Act on the deadline: refuse a dribbling request, close an idle or lingering connection."""
        if self._current is not None and now >= self._stalled_from:
            self._judge_stall(now)
        elif self._reader.phase is HEAD or self._reader.phase is BODY:
            self._reader.expire()
            self.deadline = math.inf
            self._pump()
        else:
            self._close_unless_sending(now)

    def close_if_idle(self) -> None:
        """Close the connection unless a request is on it, or was a moment ago while the server drained."""
        service = self._service
        is_parting = self.deadline <= service.loop.time() + service.limits.parting_seconds
        if self._reader.phase is IDLE and self._current is None and not is_parting:
            self._end()

    def responded(self, *, keep_alive: bool) -> None:
        """Go on after a response: with the next request, with waiting, or not at all. A stream that began before the
        server drained had promised to keep the connection. Closed at once, it could cross with the next request, which
        its caller could not tell from a failure."""
        self._current = None
        self._unsent_bytes = math.inf
        service, reader = self._service, self._reader
        service.running -= 1
        if not keep_alive:
            self._end()
        elif reader.phase is IDLE and not (
            reader.arrivals or reader.refusal or self._reading_paused or service.draining or self._pumping
        ):
            # Nothing waits, which is usual: rest until the caller asks again.
            self._wait_seconds(service.limits.keep_alive_seconds)
        else:
            self._pump()

    def _pump(self) -> None:
        """Start the next request if none is in progress, else do what was waiting for that.

        A handler may reply at once, which comes back here; the flag makes that a loop instead of a recursion.
        """
        if self._pumping:
            return
        reader = self._reader
        self._pumping = True
        while reader.arrivals and self._current is None:
            self._start(reader.arrivals.popleft())
        self._pumping = False
        if self._current is not None:
            return
        if reader.refusal is not None:
            self._send_refusal(reader.refusal)
        elif reader.continue_owed:
            reader.continue_owed = False
            self.out.write(_CONTINUE)
        elif reader.phase is IDLE:
            limits = self._service.limits
            self._wait_seconds(limits.parting_seconds if self._service.draining else limits.keep_alive_seconds)
        if self._reading_paused:
            self._resume_reading()

    def _start(self, arrival: Arrival) -> None:
        request = arrival.request
        service = self._service
        responder = Responder(
            self, keep_alive=arrival.keep_alive, http_1_0=arrival.http_1_0, head_only=request.method == "HEAD"
        )
        self._current = responder
        service.running += 1
        try:
            service.handler(request, responder)
        except Exception:  # noqa: BLE001 - whatever a handler raises, its caller is answered and the others go on
            service.report(f"handler failed: {request.method} {request.path}\n{traceback.format_exc()}")
            if responder.begun:
                responder.abort()
            else:
                message = "the gateway failed to handle this request"
                responder.reply(service.refuse(request.path, 500, "internal_error", message))

    def _pause_reading_if_full(self) -> None:
        reader = self._reader
        limits = self._service.limits
        waiting_bytes = sum(len(arrival.request.body) for arrival in reader.arrivals)
        if len(reader.arrivals) >= limits.queued_requests or waiting_bytes >= limits.body_bytes:
            self._reading_paused = True
            self.transport.pause_reading()
            self.deadline = math.inf

    def _resume_reading(self) -> None:
        self._reading_paused = False
        if not self.transport.is_closing():
            self.transport.resume_reading()
        reader = self._reader
        if reader.phase is HEAD or reader.phase is BODY:
            reader.extend(self._service.loop.time())
            self.deadline = min(reader.deadline, self._stalled_from)

    def _discard(self, received: int) -> None:
        self._discarded_bytes += received
        if self._discarded_bytes > self._service.limits.lingering_bytes:
            self.out.abort()

    def _leave(self) -> None:
        """The caller has left: nothing more is answered."""
        self._forget_requests()
        responder, self._current = self._current, None
        if responder is not None:
            self._service.running -= 1
            responder.left()

    def _end(self) -> None:
        """Close after what was written has been sent; the sweep sees to it that this does not take for ever."""
        self._forget_requests()
        self._wait_seconds(self._service.limits.lingering_seconds)
        self.out.close()

    def _forget_requests(self) -> None:
        self._reader.close()
        self._reader.arrivals.clear()
        self._reader.refusal = None

    def _allow_stall(self, now: float) -> None:
        """From now on the caller has so long to take something of what waits for it."""
        self._stalled_bytes = self.out.unsent_bytes
        self._stalled_from = now + self._service.limits.stall_seconds
        self.deadline = min(self.deadline, self._stalled_from)

    def _judge_stall(self, now: float) -> None:
        """A caller who has taken nothing for so long is gone; a slow one is not."""
        if self.out.unsent_bytes >= self._stalled_bytes:
            self.out.abort()
        else:
            self.deadline = math.inf
            self._allow_stall(now)

    def _close_unless_sending(self, now: float) -> None:
        """Close; but as long as the caller takes in what was written, let that go on."""
        unsent_bytes = self.out.unsent_bytes
        if unsent_bytes >= self._unsent_bytes:
            self.out.abort()
        elif unsent_bytes:
            self._unsent_bytes = unsent_bytes
            self.deadline = now + self._service.limits.keep_alive_seconds
        else:
            self._end()

    def _wait_seconds(self, seconds: float) -> None:
        self.deadline = self._service.loop.time() + seconds

    def _refuse_as_too_many(self) -> None:
        service = self._service
        if len(service.connections) > 2 * service.limits.connections:
            self.out.abort()
            return
        self._reader.refuse(503, "too_many_connections", "too many connections are open; try again shortly")
        self._pump()

    def _send_refusal(self, refusal: Refusal) -> None:
        """Answer, half-close and linger: a caller still sending could otherwise lose the answer to a reset."""
        self._reader.refusal = None
        reply = self._service.refuse(refusal.path, refusal.status, refusal.code, refusal.message)
        framing = f"content-length: {len(reply.body)}\r\nconnection: close\r\n"
        body = b"" if refusal.head_only else reply.body
        self.out.write(response_head(reply.status, reply.headers, framing) + body)
        self.out.half_close()
        self._wait_seconds(self._service.limits.lingering_seconds)


def _address(transport: asyncio.BaseTransport) -> str:
    peer = transport.get_extra_info("peername")
    return str(peer[0]) if isinstance(peer, tuple) and peer else ""
