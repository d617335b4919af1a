"""Request heads that were read before: a caller sends the same one again and again, but for the length of the body.

A head is remembered once llhttp has read it and nothing was found against it. The same bytes can only mean the same
again, so they need no second reading; of `content-length` alone the digits may differ.
"""

import msgspec

from mainstay.model.http import Headers

HEADS_MAX = 256
HEAD_BYTES_MAX = 8_192
"""A longer head is not remembered, which bounds the memory to 2 MiB and what the heads say in our own words."""

_HEAD_END = b"\r\n\r\n"
_LENGTH_FIELDS = (b"\r\nContent-Length: ", b"\r\ncontent-length: ")
_LENGTH_DIGITS_MAX = 10


class Head(msgspec.Struct, frozen=True, gc=False):
    """What a request's head says. `headers` are without `content-length`, so that they are the same each time."""

    method: str
    path: str
    query: str
    headers: Headers
    keep_alive: bool
    http_1_0: bool


class Template(msgspec.Struct, frozen=True, gc=False):
    """The bytes of a head before and behind the digits of its length. Whoever sends it again and again over one
    connection is understood by two comparisons."""

    before: bytes
    after: bytes
    head: Head

    def match(self, packet: bytes) -> tuple[Head, int, int] | None:
        """As `FamiliarHeads.recall`, of this head alone."""
        start = len(self.before)
        if not packet.startswith(self.before):
            return None
        stop = packet.find(b"\r", start, start + _LENGTH_DIGITS_MAX + 1)
        digits = packet[start:stop]
        if stop < 0 or not digits.isdigit() or not packet.startswith(self.after, stop):
            return None
        return self.head, stop + len(self.after), int(digits)


class FamiliarHeads:
    """The heads that all connections of a server have seen. What has been there longest makes room for the new."""

    __slots__ = ("_heads",)

    def __init__(self) -> None:
        """Begin knowing none."""
        self._heads: dict[bytes, Template] = {}

    def recall(self, packet: bytes) -> tuple[Head, int, int] | None:
        """The familiar head that the packet begins with, where the body begins, and how many bytes it will have."""
        key, body_at, body_bytes = _split(packet)
        known = self._heads.get(key)
        return None if known is None else (known.head, body_at, body_bytes)

    def template(self, packet: bytes) -> Template | None:
        """By which a caller is known again who has begun with this familiar head; `None` where it says no length."""
        known = self._heads.get(_split(packet)[0])
        return known if known is not None and known.after else None

    def remember(self, packet: bytes, head: Head, field_count: int, body_bytes: int) -> None:
        """Keep what llhttp has made of the head that the packet begins with: so many fields, and such a length.

        Not if the head ends elsewhere for us than for llhttp: each of its lines must be a field of its own.
        """
        key, body_at, announced_bytes = _split(packet)
        lines = field_count + 2
        ends = [packet.count(end, 0, body_at) for end in (b"\r\n", b"\r", b"\n")]
        if not key or announced_bytes != body_bytes or ends != [lines, lines, lines]:
            return
        if len(self._heads) >= HEADS_MAX:
            del self._heads[next(iter(self._heads))]
        self._heads[key] = _template(packet[:body_at], head)


def _template(head_bytes: bytes, head: Head) -> Template:
    """A head without a length has nothing behind it."""
    for field in _LENGTH_FIELDS:
        at = head_bytes.find(field)
        if at > 0:
            start = at + len(field)
            return Template(head_bytes[:start], head_bytes[head_bytes.find(b"\r", start) :], head)
    return Template(head_bytes, b"", head)


def _split(packet: bytes) -> tuple[bytes, int, int]:
    """The head without the digits of its length, where the body begins, and that length. No head gives `b""`."""
    end = packet.find(_HEAD_END, 0, HEAD_BYTES_MAX)
    for field in _LENGTH_FIELDS:
        at = packet.find(field, 0, end)
        if end > 0 and at > 0:
            start = at + len(field)
            stop = packet.find(b"\r\n", start)
            digits = packet[start:stop]
            if not digits.isdigit() or len(digits) > _LENGTH_DIGITS_MAX:
                return b"", 0, 0
            return packet[:start] + packet[stop:end], end + len(_HEAD_END), int(digits)
    return packet[: max(end, 0)], end + len(_HEAD_END), 0
