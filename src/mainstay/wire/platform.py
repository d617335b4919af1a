"""Platforms: the doors of a cloud around a dialect. URLs, credentials and envelopes; the meaning is the dialect's.

`direct` is the provider itself; `azure`, `bedrock` and `vertex` serve the same dialects behind doors of their own.
"""

from typing import Protocol

import msgspec

from mainstay.model.catalogue import Upstream
from mainstay.model.http import Headers, Outgoing


class Parcel(msgspec.Struct, frozen=True):
    """A finished request of a dialect before it meets a platform. `path` stands behind the base URL; `headers` have no
    credentials yet; `model` is the upstream's name of the model; `stream` as asked."""

    dialect: str
    path: str
    headers: Headers
    body: bytes
    model: str
    stream: bool


class StreamDecoder(Protocol):
    """Takes a platform's envelope off a stream: bytes in, the dialect's own bytes out. Any split gives the same."""

    def feed(self, data: bytes) -> bytes:
        """The dialect's bytes that these complete. Raises nothing: what is malformed becomes an event that the
        dialect's reader takes for an error."""


class PlatformDoor(Protocol):
    """One platform."""

    def outgoing(self, parcel: Parcel, upstream: Upstream, key: str, wall: float) -> Outgoing:
        """The request as this platform wants it. `key` is the living secret (an API key; an access token; for AWS
        `ID:SECRET` or `ID:SECRET:SESSION_TOKEN`, or a bearer key without colons), empty for none. `wall` (seconds
        since 1970) dates signatures."""

    def unwrapped(self, status: int, headers: Headers, body: bytes) -> tuple[int, bytes]:
        """Status and body of a whole response as the dialect itself would word them."""

    def decoder(self, headers: Headers) -> StreamDecoder | None:
        """What takes the envelope off a stream with these response headers; `None` where there is none."""
