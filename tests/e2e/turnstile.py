"""A provider whose answers go out when a test lets them: it notes who came in which order, and how many at once."""

import socket
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

import msgspec

ANSWER = "Bridges hum because the wind makes their cables sing, all night and every night."
OUTPUT_TOKENS = 40
INPUT_TOKENS = 12
PATIENCE_SECONDS = 60.0
RATES = "anthropic-ratelimit-"


class Came(msgspec.Struct):
    """A request. `prompt` is the last message of the caller; `at` and `held_seconds` are of the monotonic clock."""

    prompt: str
    at: float


class _Message(msgspec.Struct):
    content: str | list[dict[str, str]]

    @property
    def text(self) -> str:
        """What it says."""
        return self.content if isinstance(self.content, str) else "".join(one["text"] for one in self.content)


class _Request(msgspec.Struct):
    model: str
    messages: list[_Message]
    stream: bool = False


class Turnstile:
    """Speaks Anthropic, plain and streamed. Open at first; the `with` block ends with its end."""

    def __init__(self) -> None:
        self.came: list[Came] = []
        """Everybody, in the order in which they came."""
        self.running = 0
        self.most_at_once = 0
        self.headers: dict[str, str] = {}
        """Fields that each answer has."""
        self._permits: int | None = None
        self._changed = threading.Condition()
        self._server = _Server(("127.0.0.1", 0), self._serve)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Base URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def prompts(self) -> list[str]:
        """What was asked, in order."""
        with self._changed:
            return [one.prompt for one in self.came]

    def hold(self) -> None:
        """Let no answer out from now on."""
        with self._changed:
            self._permits = 0

    def let(self, count: int = 1) -> None:
        """Let so many answers out, of those who wait or will."""
        with self._changed:
            self._permits = None if self._permits is None else self._permits + count
            self._changed.notify_all()

    def open(self) -> None:
        """Let everything out."""
        with self._changed:
            self._permits = None
            self._changed.notify_all()

    def forget(self) -> None:
        """Forget who came, and how many there were at once."""
        with self._changed:
            self.came.clear()
            self.most_at_once = self.running

    def held_seconds(self, count: int) -> float:
        """For how long the last of the first `count` who came has been held; 0 while they are fewer."""
        with self._changed:
            return time.monotonic() - self.came[count - 1].at if len(self.came) >= count else 0.0

    def tell(self, what: str, limit: int, remaining: str, reset: str) -> None:
        """Say with each answer what is left of a limit of ours."""
        self.headers |= {
            f"{RATES}{what}-limit": str(limit),
            f"{RATES}{what}-remaining": remaining,
            f"{RATES}{what}-reset": reset,
        }

    def _serve(self, body: bytes) -> tuple[Mapping[str, str], bytes]:
        request = msgspec.json.decode(body, type=_Request)
        with self._changed:
            self.came.append(Came(request.messages[-1].text, time.monotonic()))
            self.running += 1
            self.most_at_once = max(self.most_at_once, self.running)
            try:
                self._changed.wait_for(lambda: self._permits is None or self._permits > 0, PATIENCE_SECONDS)
                self._permits = None if self._permits is None else self._permits - 1
            finally:
                self.running -= 1
        kind = "text/event-stream" if request.stream else "application/json"
        answer = _stream(request.model) if request.stream else msgspec.json.encode(_message(request.model, ANSWER))
        return {"content-type": kind, **self.headers}, answer

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.open()
        self._server.shutdown()
        self._server.leave_all()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    """Knows its connections, so that it can leave them."""

    request_queue_size = 128

    def __init__(self, address: tuple[str, int], serve: Callable[[bytes], tuple[Mapping[str, str], bytes]]) -> None:
        self.serve = serve
        self._lines: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def get_request(self) -> tuple[socket.socket, object]:
        """Note each connection."""
        line, address = super().get_request()
        self._lines.add(line)
        return line, address

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """A connection has ended."""
        assert isinstance(request, socket.socket)
        self._lines.discard(request)
        super().shutdown_request(request)

    def leave_all(self) -> None:
        """End those that are kept."""
        for line in tuple(self._lines):
            line.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever left in the middle is none of ours."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: _Server

    def do_POST(self) -> None:
        """Answer when it is let out."""
        headers, answer = self.server.serve(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name in the base class)
        """Nobody reads it."""


def _message(model: str, text: str) -> dict[str, object]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [{"type": "text", "text": text}] if text else [],
        "stop_reason": "end_turn" if text else None,
        "stop_sequence": None,
        "usage": {"input_tokens": INPUT_TOKENS, "output_tokens": OUTPUT_TOKENS if text else 1},
    }


def _stream(model: str) -> bytes:
    delta = {"type": "text_delta", "text": ANSWER}
    usage = {"output_tokens": OUTPUT_TOKENS}
    ending = {"stop_reason": "end_turn", "stop_sequence": None}
    events: list[dict[str, object]] = [
        {"type": "message_start", "message": _message(model, "")},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": ending, "usage": usage},
        {"type": "message_stop"},
    ]
    return b"".join(
        b"event: %b\ndata: %b\n\n" % (str(one["type"]).encode(), msgspec.json.encode(one)) for one in events
    )
