"""AWS event streams (`application/vnd.amazon.eventstream`): binary messages, cut out of bytes and written.

A message is a prelude (its length, the length of its headers, a CRC of both), headers, a payload and a CRC of all that
came before. Source: the event stream encoding as botocore reads it (`botocore/eventstream.py`), against which the tests
check both directions.
"""

import struct
import zlib
from functools import lru_cache

import msgspec

CONTENT_TYPE = "application/vnd.amazon.eventstream"
MESSAGE_BYTES_MAX = 16 * 1024 * 1024
HEADER_BYTES_MAX = 128 * 1024

EVENT, EXCEPTION, ERROR = "event", "exception", "error"
"""What `:message-type` says: an event of the service, a modelled exception, or an error of another kind."""

HeaderValue = bool | int | bytes | str
"""Bytes, shorts, integers, longs and timestamps (milliseconds since 1970) are integers; a UUID is its 16 bytes."""

_PRELUDE = struct.Struct("!III")
_CRC = struct.Struct("!I")
_LENGTH = struct.Struct("!H")
_PRELUDE_BYTES, _CRC_BYTES = 12, 4
_OVERHEAD = _PRELUDE_BYTES + _CRC_BYTES
_REMEMBERED = 128
_REMEMBERED_BYTES_MAX = 512
_BYTE_ARRAY, _STRING, _UUID = 6, 7, 9
_UUID_BYTES = 16
_INTEGERS = {2: struct.Struct("!b"), 3: struct.Struct("!h"), 4: struct.Struct("!i"), 5: struct.Struct("!q")}
_INTEGERS[8] = _INTEGERS[5]


class Heading(msgspec.Struct, frozen=True):
    """The headers of a message. `kind` is its `:message-type`; `type` names the event, the exception or the error."""

    kind: str
    type: str
    headers: dict[str, HeaderValue]


class Message(msgspec.Struct, gc=False):
    """One whole message."""

    heading: Heading
    payload: bytes


class EventStreamSplitter:
    """Takes bytes, gives whole messages; any split of the bytes gives the same ones.

    Bounded by `MESSAGE_BYTES_MAX`. Where the framing is wrong, `broken` says how, and no more messages are given.
    """

    __slots__ = ("_needed", "_pending", "broken")

    def __init__(self) -> None:
        """Start before the first byte."""
        self._pending = bytearray()
        self._needed = _PRELUDE_BYTES
        self.broken = ""

    def feed(self, data: bytes) -> list[Message]:
        """Take the next bytes; give the messages that they complete, in order."""
        if self.broken:
            return []
        pending = self._pending
        if pending:
            pending += data
            if len(pending) < self._needed:
                return []
            data = bytes(pending)
            pending.clear()
        messages: list[Message] = []
        start, size = 0, len(data)
        while size - start >= _PRELUDE_BYTES:
            total, header_bytes, crc = _PRELUDE.unpack_from(data, start)
            fault = _fault_of_prelude(data[start : start + 8], total, header_bytes, crc)
            if fault:
                self.broken = fault
                return messages
            if size - start < total:
                break
            message = _message(data[start : start + total], header_bytes)
            if message is None:
                self.broken = "a message of the event stream is damaged"
                return messages
            messages.append(message)
            start += total
        self._keep(data[start:])
        return messages

    def _keep(self, tail: bytes) -> None:
        self._pending += tail
        # Whoever keeps most of a large message looks at it again only once it is whole.
        self._needed = _PRELUDE.unpack_from(tail)[0] if len(tail) >= _PRELUDE_BYTES else _PRELUDE_BYTES


def encode(headers: dict[str, str], payload: bytes) -> bytes:
    """One message with these headers, all of them strings. Raises `ValueError` where a name is longer than 255 bytes
    or a value longer than 32,767."""
    block = b"".join(_header(name.encode(), value.encode()) for name, value in headers.items())
    lengths = struct.pack("!II", len(block) + len(payload) + _OVERHEAD, len(block))
    message = b"".join((lengths, _CRC.pack(zlib.crc32(lengths)), block, payload))
    return message + _CRC.pack(zlib.crc32(message))


def event(name: str, payload: bytes) -> bytes:
    """An event of the service with JSON for its payload."""
    return encode({":event-type": name, ":content-type": "application/json", ":message-type": EVENT}, payload)


def exception(name: str, payload: bytes) -> bytes:
    """A modelled exception with JSON for its payload."""
    return encode({":exception-type": name, ":content-type": "application/json", ":message-type": EXCEPTION}, payload)


def _fault_of_prelude(lengths: bytes, total: int, header_bytes: int, crc: int) -> str:
    if zlib.crc32(lengths) != crc:
        return "the prelude of a message of the event stream is damaged"
    if total > MESSAGE_BYTES_MAX or header_bytes > HEADER_BYTES_MAX:
        return "the event stream holds a message larger than the limit"
    return "" if total >= header_bytes + _OVERHEAD else "a message of the event stream contradicts its own length"


def _message(data: bytes, header_bytes: int) -> Message | None:
    end = len(data) - _CRC_BYTES
    if _CRC.unpack_from(data, end)[0] != zlib.crc32(data[:end]):
        return None
    border = _PRELUDE_BYTES + header_bytes
    block = data[_PRELUDE_BYTES:border]
    heading = _remembered_heading(block) if header_bytes <= _REMEMBERED_BYTES_MAX else _heading(block)
    return None if heading is None else Message(heading, data[border:end])


def _heading(block: bytes) -> Heading | None:
    """The headers in these bytes, or `None` where they make no sense."""
    headers: dict[str, HeaderValue] = {}
    place = 0
    try:
        while place < len(block):
            name, place = _bytes(block, place + 1, block[place])
            value, place = _value(block, place)
            if name.decode() in headers:
                return None
            headers[name.decode()] = value
    except (IndexError, ValueError, struct.error):
        return None
    kind = _text(headers, ":message-type") or EVENT
    name_of_type = {EXCEPTION: ":exception-type", ERROR: ":error-code"}.get(kind, ":event-type")
    return Heading(kind, _text(headers, name_of_type), headers)


# Nearly all messages of a stream have the same few headers.
_remembered_heading = lru_cache(maxsize=_REMEMBERED)(_heading)


def _value(block: bytes, place: int) -> tuple[HeaderValue, int]:
    """A value and the place behind it. Raises `IndexError`, `ValueError` or `struct.error` where there is none."""
    kind, place = block[place], place + 1
    if kind <= 1:
        return kind == 0, place
    if kind in _INTEGERS:
        integer = _INTEGERS[kind]
        number: int = integer.unpack_from(block, place)[0]
        return number, place + integer.size
    if kind == _UUID:
        return _bytes(block, place, _UUID_BYTES)
    if kind not in {_BYTE_ARRAY, _STRING}:
        raise ValueError(f"there is no header type {kind}")
    found, place = _bytes(block, place + _LENGTH.size, _LENGTH.unpack_from(block, place)[0])
    return (found.decode(), place) if kind == _STRING else (found, place)


def _bytes(block: bytes, place: int, size: int) -> tuple[bytes, int]:
    if place + size > len(block):
        raise ValueError("the headers end too early")
    return block[place : place + size], place + size


def _text(headers: dict[str, HeaderValue], name: str) -> str:
    value = headers.get(name)
    return value if isinstance(value, str) else ""


def _header(name: bytes, value: bytes) -> bytes:
    if len(name) > 0xFF or len(value) > 0x7FFF:  # noqa: PLR2004 (the widths of the length fields)
        raise ValueError("a header is longer than its length can say")
    return b"".join((bytes((len(name),)), name, bytes((_STRING,)), _LENGTH.pack(len(value)), value))
