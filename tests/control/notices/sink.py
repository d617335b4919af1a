"""A server that webhooks are posted to, as bad as a test wants it to be."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import ClassVar

HUGE_BYTES = 50_000_000
PIECE = b"x" * 65_536


class Sink(ThreadingHTTPServer):
    """Takes posts; `mode` says how it answers: a status, `redirect`, `huge`, `hang`, `trickle` or `gone`."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.mode: int | str = 200
        self.posts: list[tuple[str, Mapping[str, str], bytes]] = []
        self.let_go = Event()

    @property
    def url(self) -> str:
        scheme = "https" if isinstance(self.socket, ssl.SSLSocket) else "http"
        return f"{scheme}://127.0.0.1:{self.server_port}/hook/secret-path"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that leaves is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: Sink
    protocol_version = "HTTP/1.1"
    answers: ClassVar[dict[str, str]] = {}

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        fields = {name.lower(): value for name, value in self.headers.items()}
        self.server.posts.append((self.path, fields, body))
        self.close_connection = True
        match self.server.mode:
            case int() as status:
                self._answer(status, b"thanks")
            case "redirect":
                self.send_response(302)
                self.send_header("location", f"{self.server.url}/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()
            case "huge":
                self._answer(200, b"", HUGE_BYTES)
                with suppress(OSError):
                    for _ in range(HUGE_BYTES // len(PIECE) + 1):
                        self.wfile.write(PIECE)
            case "trickle":
                with suppress(OSError):
                    while not self.server.let_go.wait(0.02):
                        self.wfile.write(b"HTTP/1.1 200 OK\r\n"[:1])
                        self.wfile.flush()
            case "hang":
                self.server.let_go.wait(60)

    def _answer(self, status: int, body: bytes, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        """Quiet."""


@contextmanager
def running_sink() -> Iterator[Sink]:
    """A sink that runs until the end of the block."""
    with Sink() as sink:
        thread = Thread(target=sink.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield sink
        finally:
            sink.let_go.set()
            sink.shutdown()
            thread.join(5)
