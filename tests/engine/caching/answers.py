"""Kept answers for tests."""

from mainstay.engine.caching.answer import CachedAnswer

STORED_AT = 1_000.0
LINES = (b"text:hello\n", b"finish:\n", b"end:\n")


def kept(*parts: bytes, stream: bool = False, stored_at: float = STORED_AT, seconds: float = 0.0) -> CachedAnswer:
    """An answer of the model `m` at `alpha`."""
    headers = (("content-type", "text/plain"),)
    return CachedAnswer("ex_0", stored_at, "local", "toy", 200, headers, stream, parts or LINES, "alpha", "m", seconds)
