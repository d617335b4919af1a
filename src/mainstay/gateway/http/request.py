"""A caller's HTTP request, and the two functions that the server is given to deal with it."""

from collections.abc import Callable

import msgspec

from mainstay.model.http import Headers, Reply


class Request(msgspec.Struct, frozen=True, gc=False):
    """One whole request.

    `path` keeps its percent-escapes, `query` has no `?`. `at` is the instant of the first byte, in seconds of the
    event loop's clock. `peer` is the caller's address without its port (empty for a Unix socket).
    """

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes
    at: float
    peer: str


Refuse = Callable[[str, int, str, str], Reply]
"""Gives the answer to a request that the server refuses: `(path, status, code, message)`, in the dialect of the path
(which is empty where none could be read). Raises nothing."""


def split_target(target: bytes) -> tuple[str, str]:
    """Path and query of a request target: origin form, absolute form (its authority is ignored) or `*`."""
    text, _, _ = target.decode("latin-1").partition("#")
    path, _, query = text.partition("?")
    if not path.startswith("/") and "://" in path:
        _, _, rest = path.partition("://")
        _, slash, path = rest.partition("/")
        path = slash + path
    return path or "/", query
