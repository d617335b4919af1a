"""HTTP/1.1 on the wire: reads requests, writes response heads and chunks. No sockets."""

import itertools
from http import HTTPStatus

import httptools

from mainstay.lab.provider.request import ProviderRequest
from mainstay.lab.provider.steps import Head
from mainstay.model.http import Headers

HEADER_BYTES_MAX = 256 * 1024
BODY_BYTES_MAX = 64 * 1024 * 1024


class BadRequestError(Exception):
    """What came is not HTTP, or larger than we take. The connection cannot be used any more."""


class Incoming:
    """One request as it came in, and whether the connection may stay open after it."""

    def __init__(self, request: ProviderRequest, *, keep_alive: bool) -> None:
        self.request = request
        self.keep_alive = keep_alive


class RequestReader:
    """Takes bytes, gives whole requests. `wants_continue` is true while a client waits for `100 Continue`."""

    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._complete: list[Incoming] = []
        self.wants_continue = False
        self.on_message_begin()

    def feed(self, data: bytes, at: float) -> list[Incoming]:
        """Take bytes that came at this instant (seconds since 1970). Raises `BadRequestError`."""
        self._at = at
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            raise BadRequestError("upgrade is not supported") from None
        except httptools.HttpParserError as error:
            raise BadRequestError(str(error)) from error
        if self._header_bytes > HEADER_BYTES_MAX or self._body_bytes > BODY_BYTES_MAX:
            raise BadRequestError("too large")
        complete, self._complete = self._complete, []
        return complete

    def on_message_begin(self) -> None:
        """A request begins (called by the parser)."""
        self._url = b""
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []
        self._header_bytes = self._body_bytes = 0

    def on_url(self, url: bytes) -> None:
        """A piece of the request target (called by the parser)."""
        self._url += url
        self._header_bytes += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header field (called by the parser)."""
        self._headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))
        self._header_bytes += len(name) + len(value)

    def on_headers_complete(self) -> None:
        """The header is complete (called by the parser)."""
        self.wants_continue = ("expect", "100-continue") in ((name, value.lower()) for name, value in self._headers)

    def on_body(self, body: bytes) -> None:
        """A piece of the body (called by the parser)."""
        self._body_bytes += len(body)
        if self._body_bytes <= BODY_BYTES_MAX:
            self._body.append(body)

    def on_message_complete(self) -> None:
        """The request is complete (called by the parser)."""
        self.wants_continue = False
        path, _, query = self._url.decode("latin-1").partition("?")
        request = ProviderRequest(
            method=self._parser.get_method().decode("latin-1"),
            path=path,
            query=query,
            headers=tuple(self._headers),
            body=b"".join(self._body),
            at=self._at,
        )
        self._complete.append(Incoming(request, keep_alive=self._parser.should_keep_alive()))


def head_bytes(head: Head, *more: tuple[str, str]) -> bytes:
    """The status line and the header fields."""
    lines = [f"HTTP/1.1 {head.status} {_phrase(head.status)}"]
    lines += [f"{name}: {value}" for name, value in (*head.headers, *more)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", errors="replace")


def is_chunked(headers: Headers) -> bool:
    """Whether a body with these header fields is framed in chunks."""
    return ("transfer-encoding", "chunked") in headers


def chunk(data: bytes) -> bytes:
    """One chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"


def in_pieces(data: bytes, count: int) -> list[bytes]:
    """The data in at most this many pieces of nearly the same size."""
    borders = sorted({len(data) * index // count for index in range(count + 1)})
    return [data[left:right] for left, right in itertools.pairwise(borders)]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
