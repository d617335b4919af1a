"""Events: what a driver tells an exchange. Each carries its instant `at`, in seconds of the driver's own clock."""

from enum import Enum

import msgspec

from mainstay.model.http import Headers


class Breakage(Enum):
    """How an attempt's connection failed, as seen by the driver, which knows the phase."""

    REFUSED = "refused"
    """No connection: refused, unreachable, DNS or TLS failure."""
    CONNECT_TIMEOUT = "connect-timeout"
    """No connection within `connect_seconds`."""
    CLOSED_EARLY = "closed-early"
    """The connection ended before a response header was complete."""
    CUT = "cut"
    """The body ended before its framing said so."""
    PROTOCOL = "protocol"
    """What came was not HTTP, or broke a limit of ours."""


class Opened(msgspec.Struct, frozen=True):
    """The response header is here, and the bytes of the body that came together with it.

    `ended` means that the body is complete with them (then no `Ended` follows). `connected_at` is the instant at which
    the connection stood; `None` for a connection that was used before.
    """

    attempt: int
    at: float
    status: int
    headers: Headers
    data: bytes = b""
    ended: bool = False
    connected_at: float | None = None


class Chunk(msgspec.Struct, frozen=True):
    """Bytes of the response body."""

    attempt: int
    at: float
    data: bytes


class Ended(msgspec.Struct, frozen=True):
    """The body is complete as far as HTTP can tell."""

    attempt: int
    at: float


class Broke(msgspec.Struct, frozen=True):
    """The attempt's connection failed."""

    attempt: int
    at: float
    how: Breakage
    detail: str = ""


class Woke(msgspec.Struct, frozen=True):
    """The instant that the last `Listen` named has come and nothing else happened."""

    at: float


class CallerLeft(msgspec.Struct, frozen=True):
    """The caller closed the connection."""

    at: float


class Drained(msgspec.Struct, frozen=True):
    """The gateway stops and can wait no longer: end honestly, at once."""

    at: float


class Outrun(msgspec.Struct, frozen=True):
    """Another attempt of the same exchange answered first. Told by the exchange itself, never by a driver."""

    at: float


class Called(msgspec.Struct, frozen=True):
    """The place in a queue that the last `Queue` named was called."""

    at: float


Event = Opened | Chunk | Ended | Broke | Woke | CallerLeft | Drained | Outrun | Called
