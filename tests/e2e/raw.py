"""HTTP without an SDK: whole answers byte for byte, and bare sockets for callers who misbehave."""

import http.client
import socket
from collections.abc import Mapping
from contextlib import closing
from urllib.parse import urlsplit

import msgspec

TIMEOUT_SECONDS = 30.0
Body = dict[str, object]


class Heard(msgspec.Struct, frozen=True):
    """A whole response, its body without the framing."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """The first value of a field, or an empty text."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


def get(url: str, path: str, headers: Mapping[str, str] | None = None) -> Heard:
    """A GET. Raises `OSError`."""
    return send(url, path, b"", headers or {}, method="GET")


def post(url: str, path: str, body: Body, headers: Mapping[str, str] | None = None) -> Heard:
    """A POST of JSON. Raises `OSError` and, for an answer that breaks off, `http.client.HTTPException`."""
    fields = {"content-type": "application/json", **(headers or {})}
    return send(url, path, msgspec.json.encode(body), fields)


def send(url: str, path: str, data: bytes, headers: Mapping[str, str], method: str = "POST") -> Heard:
    """A request with exactly this body and these header fields (and those that HTTP needs)."""
    address = urlsplit(url)
    with closing(http.client.HTTPConnection(address.hostname or "", address.port, timeout=TIMEOUT_SECONDS)) as line:
        line.request(method, path, data or None, dict(headers))
        response = line.getresponse()
        fields = tuple((name.lower(), value) for name, value in response.getheaders())
        return Heard(response.status, fields, response.read())


def connect(url: str) -> socket.socket:
    """A bare connection."""
    address = urlsplit(url)
    return socket.create_connection((address.hostname, address.port), timeout=TIMEOUT_SECONDS)


def request_bytes(path: str, body: Body, headers: Mapping[str, str] | None = None) -> bytes:
    """A POST of JSON as it goes over the wire."""
    data = msgspec.json.encode(body)
    fields = {"host": "gateway", "content-type": "application/json", "content-length": str(len(data))}
    lines = [f"{name}: {value}" for name, value in (fields | dict(headers or {})).items()]
    head = "\r\n".join([f"POST {path} HTTP/1.1", *lines])
    return f"{head}\r\n\r\n".encode() + data


def read_until_closed(line: socket.socket) -> bytes:
    """Everything until the other side closes."""
    parts = []
    while part := line.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def read_until(line: socket.socket, mark: bytes) -> bytes:
    """Everything until `mark` has come. Raises `AssertionError` where the other side closes before."""
    data = b""
    while mark not in data:
        part = line.recv(65_536)
        assert part, f"closed before {mark!r} came: {data!r}"
        data += part
    return data


def bodies(data: bytes) -> list[bytes]:
    """The bodies of the responses that stand in these bytes one after another. Raises `ValueError` for half a one."""
    found = []
    while data:
        head, _, data = data.partition(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        if b"content-length" in fields:
            size = int(fields[b"content-length"])
            body, data = data[:size], data[size:]
        else:
            body, data = _dechunked(data)
        found.append(body)
    return found


def _dechunked(data: bytes) -> tuple[bytes, bytes]:
    parts: list[bytes] = []
    at = 0
    while True:
        line = data.index(b"\r\n", at)
        size = int(data[at:line], 16)
        at = line + 2 + size + 2
        if size == 0:
            return b"".join(parts), data[at:]
        parts.append(data[line + 2 : line + 2 + size])
