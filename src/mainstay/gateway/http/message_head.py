"""Writes the heads of HTTP/1.1 messages. What stands in a header value can never end its line."""

import re
from functools import lru_cache
from http import HTTPStatus
from operator import itemgetter

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
_NAME = itemgetter(0)
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
    return _head(status_line(status), _written(headers, _OWNED_FIELDS), framing)


@lru_cache(maxsize=_REMEMBERED_HEADS)
def request_head(request_line: str, headers: Headers, framing: str) -> bytes:
    """Request line (finished, safe), fields and the empty line. `framing` holds the finished lines with `host` and
    the like; a body's length is for `with_length` to add, so that a caller's next request has the same head."""
    return _head(request_line, _written(headers, _OWNED_REQUEST_FIELDS), framing)


def with_length(head: bytes, length: int) -> bytes:
    """The head of a message with a body of so many bytes."""
    return b"%bcontent-length: %d\r\n\r\n" % (head[:-2], length)


def _written(headers: Headers, owned: frozenset[str]) -> Headers:
    """The fields that are not ours to write. Nearly always all of them, which is found out without a line of Python for
    each."""
    return headers if owned.isdisjoint(map(_NAME, headers)) else tuple([one for one in headers if one[0] not in owned])


def _head(first_line: str, headers: Headers, framing: str) -> bytes:
    fields = "\r\n".join(map(": ".join, headers))
    breaks = len(headers) - 1
    if fields.count("\n") != breaks or fields.count("\r") != breaks or "\0" in fields:
        # Something that is no field stands here; or, harmlessly, there is none at all.
        fields = _sanitised(headers)
    # Only field values can hold anything beyond latin-1, which no header can carry.
    return (
        f"{first_line}{fields}\r\n{framing}\r\n".encode("latin-1", "replace")
        if fields
        else (f"{first_line}{framing}\r\n".encode("latin-1", "replace"))
    )


def _sanitised(headers: Headers) -> str:
    """The fields' lines with control characters made blanks, without those whose name is none."""
    kept = [f"{name}: {_CONTROL.sub(' ', value)}" for name, value in headers if _TOKEN.fullmatch(name)]
    return "\r\n".join(kept)
