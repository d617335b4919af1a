"""Steps: what a fake provider does on a connection, in order. Frozen values; a driver performs them.

A script of steps always ends with one of `End`, `Cut`, `Reset`, `Hang` or `RefuseConnection`, and these stand
nowhere else. Bodies are framed as the `Head` says: by `content-length`, else in chunks.
"""

import msgspec

from mainstay.model.http import Headers


class Head(msgspec.Struct, frozen=True):
    """The status line and the header fields, framing included. Sent in small pieces spread over `seconds`."""

    status: int
    headers: Headers
    seconds: float = 0.0


class Body(msgspec.Struct, frozen=True):
    """Bytes of the body, sent at once (as one chunk, where the body is chunked)."""

    data: bytes


class Pause(msgspec.Struct, frozen=True):
    """Nothing for this long."""

    seconds: float


class End(msgspec.Struct, frozen=True):
    """The framing is completed (the last chunk); the connection may serve another request."""


class Cut(msgspec.Struct, frozen=True):
    """The connection is closed in order (FIN) without completing the framing."""


class Reset(msgspec.Struct, frozen=True):
    """The connection is torn down (RST)."""


class Hang(msgspec.Struct, frozen=True):
    """Nothing more, ever, until the other side leaves. `connecting` is true when even the connection should not come
    about: virtual time can play that; a real connection that is already accepted stays silent."""

    connecting: bool = False


class RefuseConnection(msgspec.Struct, frozen=True):
    """No connection. A real connection that is already accepted is torn down at once, before a byte."""


Ending = End | Cut | Reset | Hang | RefuseConnection
Step = Head | Body | Pause | Ending
