"""Writes the heads of HTTP/1.1 messages. What stands in a header value can never end its line."""

import re
from functools import lru_cache
from http import HTTPStatus

from mainstay.model.http import Headers

_LOWEST_STATUS = 200
_HIGHEST_STATUS = 999
_STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus if status >= _LOWEST_STATUS
}

_OWNED_FIELDS = frozenset(
    {"connection", "content-length", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)
"""Fields that say how this one connection is used; only this folder writes them."""

_OWNED_REQUEST_FIELDS = _OWNED_FIELDS | {"accept-encoding", "expect", "host"}

_REMEMBERED_HEADS = 256
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def status_line(status: int) -> str:
    """The first line of a response. A number that no response may carry becomes 502."""
    known = _STATUS_LINES.get(status)
    if known is not None:
        return known
    if _LOWEST_STATUS <= status <= _HIGHEST_STATUS:
        return f"HTTP/1.1 {status} \r\n"
    return _STATUS_LINES[HTTPStatus.BAD_GATEWAY]


def response_head(status: int, headers: Headers, framing: str) -> bytes:
    """Status line, fields and the empty line. `framing` holds the finished lines that say where the body ends."""
    lines = [f"{name}: {value}\r\n" for name, value in headers if name not in _OWNED_FIELDS]
    return _head(status_line(status), lines, framing)


@lru_cache(maxsize=_REMEMBERED_HEADS)
def request_head(request_line: str, headers: Headers, framing: str) -> bytes:
    """Request line (finished, safe), fields and the empty line. `framing` holds the finished lines with `host` and
    the like; a body's length is for `with_length` to add, so that a caller's next request has the same head."""
    lines = [f"{name}: {value}\r\n" for name, value in headers if name not in _OWNED_REQUEST_FIELDS]
    return _head(request_line, lines, framing)


def with_length(head: bytes, length: int) -> bytes:
    """The head of a message with a body of so many bytes."""
    return b"%bcontent-length: %d\r\n\r\n" % (head[:-2], length)


def _head(first_line: str, lines: list[str], framing: str) -> bytes:
    fields = "".join(lines)
    count = len(lines)
    if fields.count("\n") != count or fields.count("\r") != count or "\0" in fields:
        fields = _sanitised(lines)
    # Only field values can hold anything beyond latin-1, which no header can carry.
    return f"{first_line}{fields}{framing}\r\n".encode("latin-1", "replace")


def _sanitised(lines: list[str]) -> str:
    """The lines with control characters made blanks, without those whose name is none."""
    kept = []
    for line in lines:
        name, _, value = line[:-2].partition(": ")
        if _TOKEN.fullmatch(name):
            kept.append(f"{name}: {_CONTROL.sub(' ', value)}\r\n")
    return "".join(kept)
