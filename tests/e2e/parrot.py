"""An upstream that says back what it should keep to itself: the key and the prompt, in bodies, headers and events."""

import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import msgspec

from mainstay.model.http import Headers

WISH = "x-parrot"
"""The header by which a caller says what it wants to hear: a status, `stream` (an error event in the stream), `inner`
(a success that is an error) or `html`."""
KEY_HEADERS = ("x-api-key", "api-key", "x-goog-api-key")


class Parrot:
    """A `with` block."""

    def __init__(self) -> None:
        self.reached: list[tuple[str, str]] = []
        """The path of each request, and its wish."""

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self.reached))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, reached: list[tuple[str, str]], *given: Any) -> None:  # noqa: ANN401 - the server's
        self._reached = reached
        super().__init__(*given)

    def do_POST(self) -> None:
        prompt = self.rfile.read(int(self.headers["content-length"] or 0)).decode(errors="replace")
        bearer = (self.headers["authorization"] or "").removeprefix("Bearer ")
        key = next((self.headers[name] for name in KEY_HEADERS if self.headers[name]), bearer)
        wish = self.headers[WISH] or "500"
        self._reached.append((self.path, wish))
        said = f"Incorrect API key provided: {key}. You said: {prompt}"
        error = {"type": "error", "error": {"type": f"api_error_{key}", "code": f"code_{key}", "message": said}}
        body = msgspec.json.encode(error)
        kind = "application/json"
        status = int(wish) if wish.isdecimal() else 200
        match wish:
            case "stream":
                kind = "text/event-stream"
                body = b"event: error\ndata: " + body + b"\n\n"
            case "html":
                kind, status = "text/html", 502
                body = f"<html><h1>{said}</h1></html>".encode()
            case _:
                pass
        self._answer(
            status, (("content-type", kind), ("request-id", key), ("x-request-id", key), ("x-echo", key)), body
        )

    def do_GET(self) -> None:
        self._answer(404, (), b"{}")

    def _answer(self, status: int, headers: Headers, body: bytes) -> None:
        self.send_response(status, "Incorrect API key")
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""
