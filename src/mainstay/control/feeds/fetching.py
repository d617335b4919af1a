"""One polite question to a status page: bounded in time, in size, and in where it may lead."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Literal, Protocol
from urllib.parse import urlsplit

import httpx
import msgspec

from mainstay import __version__
from mainstay.control.feeds.redirects import (
    REDIRECTS_MAX,
    Resolve,
    is_loopback,
    joined_url,
    redirect_problem,
    resolve_host,
)
from mainstay.ops.feeds.reading import BYTES_MAX
from mainstay.wire.retry_after import wait_seconds

ANSWER_SECONDS: Final = 10.0
"""From the question to the last byte, redirects included."""
CONNECTIONS_MAX: Final = 20

Trouble = Literal["down", "slow", "too-large", "unreadable", "refused", "throttled", "missing"]
"""Why there is no answer: `refused`, where a redirect leads where we do not go; `missing`, where nothing is there."""

_HEADERS: Final = {
    "accept": "application/json, application/atom+xml, application/rss+xml, */*;q=0.1",
    "accept-encoding": "gzip",
    "user-agent": f"mainstay/{__version__} (status page reader)",
}
_BOTH_FORMS: Final = 47
"""For zlib: gzip and deflate, told apart by their headers."""


class Marks(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a server gave us to ask with the next time, so that it need not answer twice."""

    etag: str = ""
    last_modified: str = ""


class Answer(msgspec.Struct, frozen=True):
    """An answer, whole. `body` is `None` where nothing has changed."""

    body: bytes | None
    marks: Marks


class FeedTroubleError(Exception):
    """There is no answer. `wait_seconds` is what the server asks us to wait, if it does."""

    def __init__(self, trouble: Trouble, text: str, wait: float | None = None) -> None:
        super().__init__(text)
        self.trouble: Trouble = trouble
        self.wait_seconds = wait


class Fetch(Protocol):
    """Asks for an address. Raises `FeedTroubleError`."""

    async def __call__(self, url: str, marks: Marks) -> Answer:
        """The answer."""


class Fetcher:
    """Asks for real. To this machine it goes straight, elsewhere by the proxies of the environment."""

    def __init__(
        self,
        near: httpx.AsyncClient,
        far: httpx.AsyncClient,
        resolve: Resolve = resolve_host,
        seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._near = near
        self._far = far
        self._resolve = resolve
        self._seconds = seconds

    async def __call__(self, url: str, marks: Marks) -> Answer:
        """See `Fetch`."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._follow(url, marks)
        except TimeoutError:
            raise FeedTroubleError("slow", f"no whole answer within {self._seconds:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise FeedTroubleError("down", f"no answer ({type(error).__name__})") from None

    async def _follow(self, origin: str, marks: Marks) -> Answer:
        url = origin
        for _ in range(REDIRECTS_MAX + 1):
            client = self._near if is_loopback(urlsplit(url).hostname or "") else self._far
            async with client.stream("GET", url, headers=_headers(marks)) as response:
                if response.has_redirect_location:
                    url = joined_url(url, response.headers["location"])
                else:
                    return await _read(response)
            if problem := await redirect_problem(origin, url, self._resolve):
                raise FeedTroubleError("refused", problem)
        raise FeedTroubleError("refused", f"it redirects more than {REDIRECTS_MAX} times")


@asynccontextmanager
async def open_fetcher(seconds: float = ANSWER_SECONDS) -> AsyncIterator[Fetcher]:
    """A fetcher with its clients."""
    # Each page is asked once a minute: a connection that is kept open for it serves nobody.
    limits = httpx.Limits(max_connections=CONNECTIONS_MAX, max_keepalive_connections=0)
    async with (
        httpx.AsyncClient(limits=limits, timeout=seconds, trust_env=False) as near,
        httpx.AsyncClient(limits=limits, timeout=seconds) as far,
    ):
        yield Fetcher(near, far, seconds=seconds)


def _headers(marks: Marks) -> dict[str, str]:
    headers = dict(_HEADERS)
    if marks.etag:
        headers["if-none-match"] = marks.etag
    if marks.last_modified:
        headers["if-modified-since"] = marks.last_modified
    return headers


async def _read(response: httpx.Response) -> Answer:
    marks = Marks(_mark(response, "etag"), _mark(response, "last-modified"))
    if response.status_code == httpx.codes.NOT_MODIFIED:
        return Answer(None, marks)
    if response.status_code != httpx.codes.OK:
        raise _refusal(response)
    length = response.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > BYTES_MAX:
        raise _too_large()
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip", "deflate", ""}:
        raise FeedTroubleError("unreadable", "compressed in a way that was not asked for")
    return Answer(await _body(response, is_packed=encoding in {"gzip", "deflate"}), marks)


async def _body(response: httpx.Response, *, is_packed: bool) -> bytes:
    """Unpacked by ourselves: a few bytes may unpack to gigabytes, and no more is unpacked than is taken."""
    unpack = zlib.decompressobj(_BOTH_FORMS) if is_packed else None
    body = bytearray()
    async for chunk in response.aiter_raw():
        try:
            body += unpack.decompress(chunk, BYTES_MAX + 1 - len(body)) if unpack else chunk
        except zlib.error:
            raise FeedTroubleError("unreadable", "not compressed as it says") from None
        if len(body) > BYTES_MAX:
            raise _too_large()
    return bytes(body)


def _too_large() -> FeedTroubleError:
    return FeedTroubleError("too-large", f"it answers with more than {BYTES_MAX:,} bytes")


def _refusal(response: httpx.Response) -> FeedTroubleError:
    status = response.status_code
    headers = tuple((name.lower(), value) for name, value in response.headers.items())
    wait = wait_seconds(status, headers, 0.0)
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return FeedTroubleError("throttled", "it asks us to come less often (429)", wait)
    if status in {httpx.codes.NOT_FOUND, httpx.codes.GONE}:
        return FeedTroubleError("missing", f"nothing is there ({status})", wait)
    return FeedTroubleError("down", f"it answers {status}", wait)


def _mark(response: httpx.Response, name: str) -> str:
    value: str = response.headers.get(name, "")
    return value if len(value) <= 500 and value.isascii() and value.isprintable() else ""  # noqa: PLR2004
