"""Many streams at once: opens them, keeps what comes, and checks afterwards that each is whole.

While streams run, the client only counts and keeps bytes; everything dear is done when the measurement is over.
"""

import asyncio
from typing import cast

import httptools
import msgspec

from bench.spoken.shape import Caller

OPENING_AT_ONCE = 50
OPENING_PAUSE_SECONDS = 0.02
TROUBLES_SHOWN = 5


class StreamsOutcome(msgspec.Struct, frozen=True):
    """How many streams were whole, how many were open at once, and what was wrong with the first few others."""

    whole: int
    broken: int
    at_once: int
    troubles: tuple[str, ...]


class _Tally:
    """What all streams of one load share."""

    def __init__(self) -> None:
        self.content = 0
        self.begun = 0
        self.open = 0
        self.at_once = 0
        self.all_begun = asyncio.Event()
        self.all_ended = asyncio.Event()
        self.expected = 0

    def began(self) -> None:
        self.begun += 1
        self.at_once = max(self.at_once, self.open)
        if self.begun == self.expected:
            self.all_begun.set()

    def ended(self) -> None:
        self.open -= 1
        if self.open == 0 and self.begun == self.expected:
            self.all_ended.set()


class _Stream(asyncio.Protocol):
    """One caller with one stream on a connection of its own."""

    def __init__(self, request: bytes, content_mark: bytes, tally: _Tally) -> None:
        self.received: list[bytes] = []
        self._request = request
        self._content_mark = content_mark
        self._tally = tally
        self._begun = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._tally.open += 1
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self.received.append(data)
        count = data.count(self._content_mark)
        self._tally.content += count
        if count and not self._begun:
            self._begun = True
            self._tally.began()
        # The last chunk of a chunked body, wherever the network cut it: the check afterwards is the strict one.
        if data.endswith(b"\r\n0\r\n\r\n") or data == b"0\r\n\r\n":
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._tally.ended()


class StreamLoad:
    """A number of streams through one port."""

    def __init__(self, port: int, request: bytes, streams: int, words: int, caller: Caller) -> None:
        """Each stream is asked for with `request` and has to bring `words` pieces of text in the caller's dialect."""
        self._port = port
        self._request = request
        self._count = streams
        self._words = words
        self._caller = caller
        self._streams: list[_Stream] = []
        self._refused = 0
        self._tally = _Tally()

    @property
    def content(self) -> int:
        """Pieces of content that have come so far, in all streams together."""
        return self._tally.content

    async def open(self, patience_seconds: float) -> None:
        """Open all streams, a few at a time, and wait until each has brought content (or patience ends)."""
        loop = asyncio.get_running_loop()
        self._tally.expected = self._count
        for number in range(self._count):
            stream = _Stream(self._request, self._caller.content_mark, self._tally)
            try:
                await loop.create_connection(lambda stream=stream: stream, "127.0.0.1", self._port)  # type: ignore[misc]
            except OSError:
                self._refused += 1
                self._tally.expected -= 1
            else:
                self._streams.append(stream)
            if number % OPENING_AT_ONCE == OPENING_AT_ONCE - 1:
                await asyncio.sleep(OPENING_PAUSE_SECONDS)
        await _within(patience_seconds, self._tally.all_begun)

    def abandon(self) -> None:
        """Cut whatever is still open."""
        for stream in self._streams:
            stream.transport.abort()

    async def finish(self, patience_seconds: float) -> StreamsOutcome:
        """Wait for the ends, then look closely at every stream."""
        await _within(patience_seconds, self._tally.all_ended)
        self.abandon()
        troubles = ["the connection was refused"] * self._refused
        for stream in self._streams:
            trouble = _trouble(b"".join(stream.received), self._words, self._caller)
            if trouble is not None:
                troubles.append(trouble)
        shown = tuple(sorted(set(troubles))[:TROUBLES_SHOWN])
        return StreamsOutcome(self._count - len(troubles), len(troubles), self._tally.at_once, shown)


class _Body:
    """Collects the body of one response."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.complete = False

    def on_body(self, data: bytes) -> None:
        self.parts.append(data)

    def on_message_complete(self) -> None:
        self.complete = True


def _trouble(response: bytes, words: int, caller: Caller) -> str | None:
    """Why these bytes are not one whole, successful response with the whole stream, or `None` if they are."""
    body = _Body()
    parser = httptools.HttpResponseParser(body)
    try:
        parser.feed_data(response)
    except httptools.HttpParserError as error:
        return f"not HTTP: {error}"
    if not response:
        return "nothing came"
    if parser.get_status_code() != 200:  # noqa: PLR2004 - HTTP's word for success
        return f"status {parser.get_status_code()}: {b''.join(body.parts)[:200].decode(errors='replace')}"
    return caller.trouble_of(b"".join(body.parts), words) or (None if body.complete else "the body was cut")


async def _within(seconds: float, event: asyncio.Event) -> None:
    """Wait for the event, but no longer; what is missing then shows in the check."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
