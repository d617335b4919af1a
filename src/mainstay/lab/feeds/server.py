"""A status page on a real socket of loopback, which behaves well or badly on demand."""

import hashlib
import zlib
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Final, Self

import msgspec

from mainstay.lab.feeds.story import Story

MEGABYTE: Final = b" " * 1_000_000
FLOOD_MEGABYTES: Final = 50
HANG_SECONDS_MAX: Final = 30.0
REQUESTS_MAX: Final = 10_000
SCRIPT: Final = "<script>alert(1)</script><img src=x onerror=alert(2)>"

BEHAVIOURS: Final = (
    "well",
    "down",
    "throttled",
    "slow",
    "hanging",
    "flood",
    "bomb",
    "garbage",
    "scripts",
    "lying",
    "elsewhere",
)
"""`slow` sends a byte now and then, `hanging` nothing; `flood` sends 50 MB, `bomb` as much packed into a few KB;
`scripts` puts markup into every text; `lying` says that all is well beside open incidents, with instants in the future;
`elsewhere` redirects to `FeedServer.target`."""


class FeedRequest(msgspec.Struct, frozen=True):
    """A request that came. Names of headers are lower case."""

    path: str
    headers: dict[str, str]


class FeedServer:
    """`with FeedServer(story) as server:` serves `server.url` until the block ends."""

    def __init__(self, story: Story, *, retry_after: str = "") -> None:
        """`retry_after` goes with refusals."""
        self.story = story
        self.behaviour = "well"
        """One of `BEHAVIOURS`; may be changed at any time."""
        self.target = ""
        self.retry_after = retry_after
        self._requests: list[FeedRequest] = []
        self._lock = Lock()
        self._stop = Event()
        self._server = _Server(("127.0.0.1", 0), _handler_of(self))
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), name="fake-status-page", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """The address of the site."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def requests(self) -> tuple[FeedRequest, ...]:
        """Those that came, oldest first."""
        with self._lock:
            return tuple(self._requests)

    def note(self, request: FeedRequest) -> None:
        """Remember a request."""
        with self._lock:
            if len(self._requests) < REQUESTS_MAX:
                self._requests.append(request)

    def wait(self, seconds: float) -> bool:
        """Wait, or until it is time to end; tell whether it is."""
        return self._stop.wait(seconds)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Readers leave in the middle: that is what they are tested for."""


def _handler_of(page: FeedServer) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        pages = page

    return Handler


class _Handler(BaseHTTPRequestHandler):
    pages: FeedServer

    def do_GET(self) -> None:
        page = self.pages
        page.note(FeedRequest(self.path, {name.lower(): value for name, value in self.headers.items()}))
        behave: dict[str, Callable[[], None]] = {
            "down": lambda: self._refuse(503),
            "throttled": lambda: self._refuse(429),
            "slow": self._drip,
            "hanging": self._hang,
            "flood": self._flood,
            "bomb": self._bomb,
            "garbage": lambda: self._answer(b'{"page": {"name": [', "application/json"),
            "elsewhere": self._redirect,
        }
        with suppress(OSError):
            behave.get(page.behaviour, self._serve)()

    def log_message(self, *_words: object) -> None:
        """Nobody needs to hear of it."""

    def _serve(self) -> None:
        story = self.pages.story
        documents = {
            "/api/v2/summary.json": story.summary,
            "/api/v2/incidents.json": story.incidents,
            "/history.atom": story.atom,
        }
        make = documents.get(self.path.partition("?")[0])
        if make is None:
            self._refuse(404)
            return
        body = make()
        if self.pages.behaviour == "scripts":
            body = _with_scripts(body)
        elif self.pages.behaviour == "lying":
            body = _lied(body)
        media = "application/json" if self.path.endswith(".json") else "application/atom+xml"
        self._answer(body, media)

    def _answer(self, body: bytes, media: str) -> None:
        mark = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if self.headers.get("if-none-match") == mark:
            self.send_response(304)
            self.send_header("etag", mark)
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("content-type", media)
        self.send_header("etag", mark)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _refuse(self, status: int) -> None:
        self.send_response(status)
        if self.pages.retry_after:
            self.send_header("retry-after", self.pages.retry_after)
        self.send_header("content-length", "0")
        self.end_headers()

    def _redirect(self) -> None:
        self.send_response(302)
        self.send_header("location", self.pages.target)
        self.send_header("content-length", "0")
        self.end_headers()

    def _drip(self) -> None:
        self._begin()
        for _ in range(int(HANG_SECONDS_MAX / 0.05)):
            self.wfile.write(b" ")
            if self.pages.wait(0.05):
                return

    def _hang(self) -> None:
        self.pages.wait(HANG_SECONDS_MAX)

    def _flood(self) -> None:
        self._begin()
        for _ in range(FLOOD_MEGABYTES):
            self.wfile.write(MEGABYTE)

    def _bomb(self) -> None:
        packer = zlib.compressobj(wbits=31)
        packed = b"".join(packer.compress(MEGABYTE) for _ in range(FLOOD_MEGABYTES)) + packer.flush()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-encoding", "gzip")
        self.send_header("content-length", str(len(packed)))
        self.end_headers()
        self.wfile.write(packed)

    def _begin(self) -> None:
        """An answer without a length: it ends with the connection."""
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()


def _with_scripts(body: bytes) -> bytes:
    """The document with markup in every name and text."""
    tree = msgspec.json.decode(body)
    return msgspec.json.encode(_scripted(tree))


def _scripted(node: object, key: str = "") -> object:
    if isinstance(node, dict):
        return {name: _scripted(value, name) for name, value in node.items()}
    if isinstance(node, list):
        return [_scripted(one) for one in node]
    return f"{SCRIPT}{node}" if key in {"name", "body", "description"} and isinstance(node, str) else node


def _lied(body: bytes) -> bytes:
    """The document with all components well, and instants of the year 2099."""
    tree = msgspec.json.decode(body)
    for one in tree.get("components", []):
        one["status"] = "operational"
    for incident in tree.get("incidents", []):
        for update in incident["incident_updates"]:
            update["display_at"] = "2099-01-01T00:00:00Z"
    return msgspec.json.encode(tree)
