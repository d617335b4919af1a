"""Commands: what an exchange asks of its driver. Small frozen values; the driver performs, the exchange decides.

Only `Listen` is answered with an event; every other command is answered with `None` at once.
"""

from collections.abc import Callable
from typing import Protocol

import msgspec

from mainstay.model.http import Headers, Reply
from mainstay.model.records import Record


class Open(msgspec.Struct, frozen=True):
    """Start attempt number `attempt` (1, 2, ...). The driver opens a connection within `connect_seconds`, sends the
    request and reports `Opened`, `Chunk`, `Ended` or `Broke` with that number."""

    attempt: int
    upstream: str
    url: str
    headers: Headers
    body: bytes
    connect_seconds: float
    method: str = "POST"


class Listen(msgspec.Struct, frozen=True):
    """Wait for the next event, or for the instant `until`, which answers with `Woke`."""

    until: float


class Place(Protocol):
    """A place in a queue."""

    bell: Callable[[], None]
    """Whoever calls the place rings it."""


class Queue(msgspec.Struct, frozen=True):
    """Give this place its bell. When it rings, the driver answers the running or the next `Listen` with `Called`, in a
    later turn of its loop, never at once."""

    place: Place


class Begin(msgspec.Struct, frozen=True):
    """Start a streamed response to the caller."""

    status: int
    headers: Headers


class Send(msgspec.Struct, frozen=True):
    """Send these bytes of a begun response to the caller, in one piece."""

    data: bytes


class Finish(msgspec.Struct, frozen=True):
    """End a begun response cleanly. Only after a terminal marker or an error event (law 1)."""


class Fail(msgspec.Struct, frozen=True):
    """Say these last words (an error event) and end a begun response: the honest end of one that is not whole."""

    data: bytes


class Answer(msgspec.Struct, frozen=True):
    """Give the caller a whole response that was not begun."""

    reply: Reply


class Cancel(msgspec.Struct, frozen=True):
    """Close the upstream connection of this attempt at once; no more of its events arrive."""

    attempt: int


class Write(msgspec.Struct, frozen=True):
    """Put a record into the journal."""

    record: Record


Command = Open | Listen | Queue | Begin | Send | Finish | Fail | Answer | Cancel | Write
