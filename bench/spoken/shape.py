"""What the harness knows of a dialect on either side, and how its events are put into bytes."""

import json
from collections.abc import Callable, Iterator, Mapping

import msgspec

INPUT_TOKENS = 260
"""Input tokens that every upstream claims to have read."""
CREATED = 1_760_000_000
"""When every answer claims to have been made, in seconds since 1970."""
_LETTERS = "aQ3xZ8mK1pR7tW5yB2nC9vD4fG6hJ0lS"


class Voice(msgspec.Struct, frozen=True):
    """An upstream's side. `base` stands behind the pace in the base URL; a request whose path ends with `suffix` is for
    this dialect. A stream is `opening`, then `content` for each word, then `closing` (given the number of words)."""

    dialect: str
    base: str
    suffix: str
    content_type: str
    headers: Mapping[str, str]
    opening: Callable[[], bytes]
    content: Callable[[int], bytes]
    closing: Callable[[int], bytes]


class Caller(msgspec.Struct, frozen=True):
    """A caller's side. `body` makes a streaming request for a model; `content_mark` stands exactly once in each piece
    of content; `trouble_of` says why a stream of so many words is not whole, or `None` if it is."""

    dialect: str
    path: str
    headers: Mapping[str, str]
    body: Callable[[str], bytes]
    content_mark: bytes
    trouble_of: Callable[[bytes, int], str | None]


def compact(value: object) -> str:
    """JSON without white space."""
    return json.dumps(value, separators=(",", ":"))


def data_lines(stream: bytes) -> Iterator[bytes]:
    """What stands behind `data: ` in each event; comments and names are passed over."""
    for line in stream.split(b"\n"):
        if line.startswith(b"data: "):
            yield line[6:]


def padding(number: int, text: str, width: int) -> str:
    """Letters that fill the text up to a width, as providers hide the length of words; at least one."""
    length = max(1, width - len(text))
    start = number % len(_LETTERS)
    return (_LETTERS[start:] + _LETTERS * (length // len(_LETTERS) + 1))[:length]
