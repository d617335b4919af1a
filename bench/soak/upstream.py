"""The moody upstream: paced streams of which every so many go wrong. `python -m bench.soak.upstream PORT`."""

import asyncio
import sys
from collections.abc import Iterator
from functools import partial
from itertools import cycle

import uvloop

from bench.dialogue import OVERLOAD
from bench.spoken.registry import Pace
from bench.upstream import Connection, Pacer, serve

ILL_EVERY = 10
"""One stream in so many goes wrong: fewer than would open a breaker for good."""
_HEAD = "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n{more}\r\n{body}"


def _refusal(status: str, more: str = "") -> bytes:
    return _HEAD.format(status=status, length=len(OVERLOAD), more=more, body=OVERLOAD).encode()


REFUSALS = {
    "overloaded": _refusal("529 Overloaded"),
    "server error": _refusal("500 Internal Server Error"),
    "throttled": _refusal("429 Too Many Requests", "retry-after: 1\r\n"),
    "nonsense": b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 5\r\n\r\nhello",
    "no HTTP": b"\x00\x01\x02 what is this\r\n\r\n",
}
CUT, STALLED, SILENT, GONE = "cut", "stalled", "silent", "gone"
MOODS = (*REFUSALS, CUT, STALLED, SILENT, GONE)


class MoodyConnection(Connection):
    """A connection whose streams share their moods with those of all others."""

    def __init__(self, pacers: dict[int, Pacer], connections: set[Connection], moods: Iterator[str]) -> None:
        """`moods` says how each stream goes; an empty word is a good mood."""
        super().__init__(pacers, connections)
        self._moods = moods

    def _begin(self, dialect: str, pace: Pace) -> None:
        mood = next(self._moods)
        if mood in REFUSALS:
            self._transport.write(REFUSALS[mood])
        elif mood == GONE:
            self._transport.abort()
        elif mood != SILENT:
            super()._begin(dialect, pace)
            if mood in {CUT, STALLED}:
                self._stop_halfway(is_cut=mood == CUT, seconds=pace.words / pace.rate / 2)

    def _stop_halfway(self, *, is_cut: bool, seconds: float) -> None:
        """Hang up in the middle, or say nothing more and leave the connection open."""
        act = self._transport.abort if is_cut else self._left.clear
        asyncio.get_running_loop().call_later(seconds, act)


def moods() -> Iterator[str]:
    """One bad mood after the other, with good ones between them."""
    bad = cycle(MOODS)
    while True:
        yield from ("",) * (ILL_EVERY - 1)
        yield next(bad)


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), partial(MoodyConnection, moods=moods())))
