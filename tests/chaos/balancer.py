"""What stands between an SDK and two replicas: the healthy path of a caller, as a load balancer and a careful client
make it.

A request goes to its home. Where the connection is refused, or cut before an answer has begun, it goes to the other
replica. A stream that is cut behind its beginning is gone on with, by its id, wherever somebody can.
"""

from collections.abc import Callable, Iterator, Sequence
from threading import Event
from time import monotonic

import httpx2
import msgspec

EVENT_END = b"\n\n"
TRIES_MAX = 6
RESUME_SECONDS_MAX = 30.0
RESUME_PAUSE_SECONDS = 0.1
FOR_GOOD = ("400", "404", "410")
"""Answers that do not change by asking again."""
LOST = "cannot be gone on with"
EXCHANGE_HEADER = "x-mainstay-id"
KEY_HEADER = "x-mainstay-idempotency-key"

MovesOn = Callable[[int, bytes], bool]
"""Whether an answer with this status and body is a reason to ask the other replica."""


class Trail(msgspec.Struct):
    """What a request has been through. `exchanges` are the ids of all answers that began, each with the number of the
    replica that began it."""

    exchanges: list[tuple[str, int]] = []
    moved: int = 0
    resumed: int = 0


class Balancer(httpx2.BaseTransport):
    """One caller's transport."""

    def __init__(self, replicas: Sequence[httpx2.URL], home: int, moves_on: MovesOn) -> None:
        """`home` is the number of the replica that is asked first."""
        self.trail = Trail()
        self.key = ""
        """The idempotency key of the next request; none where it is empty."""
        self._replicas = replicas
        self._home = home
        self._moves_on = moves_on
        self._line = httpx2.HTTPTransport()
        self._pause = Event()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """See `httpx2.BaseTransport`."""
        self.trail = Trail()
        if self.key:
            request.headers[KEY_HEADER] = self.key
        for number in range(self._home, self._home + TRIES_MAX - 1):
            try:
                response = self._asked(request, number % len(self._replicas))
            except httpx2.TransportError:
                self.trail.moved += 1
                continue
            if response.is_success or not self._moves_on(response.status_code, response.content):
                return response
            self.trail.moved += 1
        return self._asked(request, self._home)

    def close(self) -> None:
        """Close every connection."""
        self._line.close()

    def _asked(self, request: httpx2.Request, number: int) -> httpx2.Response:
        replica = self._replicas[number]
        request.url = request.url.copy_with(host=replica.host, port=replica.port)
        response = self._line.handle_request(request)
        exchange = response.headers.get(EXCHANGE_HEADER, "")
        if exchange:
            self.trail.exchanges.append((exchange, number))
        stream = stream_of(response)
        if response.headers.get("content-type", "").startswith("text/event-stream"):
            response.stream = Resumed(stream, lambda after: self._rest(request, exchange, after, number))
            return response
        # A whole answer that is cut has not begun, for its caller.
        return httpx2.Response(response.status_code, headers=response.headers, content=whole(stream))

    def _rest(self, request: httpx2.Request, exchange: str, after: int, number: int) -> httpx2.SyncByteStream:
        """The rest of a stream. Raises `httpx2.TransportError` where nobody has it in time."""
        self.trail.resumed += 1
        fields = {name: request.headers[name] for name in ("authorization", "x-api-key") if name in request.headers}
        path = f"/v1/mainstay/exchanges/{exchange}/stream?after={after}".encode()
        deadline = monotonic() + RESUME_SECONDS_MAX
        said = [""] * len(self._replicas)
        # Where somebody is not there, somebody may still have it.
        while monotonic() < deadline and not all(one.startswith(FOR_GOOD) for one in said):
            number = (number + 1) % len(said)
            url = self._replicas[number].copy_with(raw_path=path)
            try:
                response = self._line.handle_request(httpx2.Request("GET", url, headers=fields))
                if response.is_success:
                    return stream_of(response)
                said[number] = f"{response.status_code} {whole(stream_of(response))!r}"
            except httpx2.TransportError as error:
                said[number] = f"{type(error).__name__}: {error}"
            self._pause.wait(RESUME_PAUSE_SECONDS)
        raise httpx2.ReadError(f"{exchange} was cut behind {after} events and {LOST}: {'; '.join(said)}")


class Resumed(httpx2.SyncByteStream):
    """A stream of whole events that outlives its connection."""

    def __init__(self, stream: httpx2.SyncByteStream, rest: Callable[[int], httpx2.SyncByteStream]) -> None:
        """`rest` gives the stream that goes on behind so many events."""
        self._stream = stream
        self._rest = rest

    def __iter__(self) -> Iterator[bytes]:
        events = 0
        while True:
            held = b""
            try:
                for piece in self._stream:
                    told, end, held = (held + piece).rpartition(EVENT_END)
                    if end:
                        events += data_events(told)
                        yield told + end
            except httpx2.TransportError:
                self._stream.close()
                self._stream = self._rest(events)
                continue
            yield held
            return

    def close(self) -> None:
        """Give the connection back."""
        self._stream.close()


def data_events(text: bytes) -> int:
    """How many of these events have data: comments do not count."""
    return sum(any(line.startswith(b"data:") for line in event.split(b"\n")) for event in text.split(EVENT_END))


def stream_of(response: httpx2.Response) -> httpx2.SyncByteStream:
    """What is still to be read."""
    assert isinstance(response.stream, httpx2.SyncByteStream)
    return response.stream


def whole(stream: httpx2.SyncByteStream) -> bytes:
    """All of it."""
    try:
        return b"".join(stream)
    finally:
        stream.close()
