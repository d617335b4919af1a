"""Sealing: a draft's file is a header and a row of frames, each AES-256-GCM (NIST SP 800-38D).

Header: magic, key id, salt, flags; then one byte of state, which alone may change and which nothing relies on but
tidiness. Each file has a key of its own, made from ours and its header. A frame is its length, its kind, its nonce, a
checksum of these (a wrong length must not look like an end that was torn off) and the sealed content. The exchange's
id, the frame's number and its kind are sealed along, so that frames cannot be altered, swapped, moved to another file
or cut out of the middle unnoticed. A nonce is eight random bytes of whoever writes and the number: a process that goes
on where another was killed in the middle of a frame never repeats one.
"""

import os
import struct
from collections.abc import Iterator
from hashlib import blake2b
from typing import Final
from zlib import crc32

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC: Final = b"mstdraf1"
KEY_ID_BYTES: Final = 8
SALT_BYTES: Final = 16
HEADER_BYTES: Final = len(MAGIC) + KEY_ID_BYTES + SALT_BYTES + 1
STATE_AT: Final = HEADER_BYTES
FRAMES_AT: Final = HEADER_BYTES + 1
DURABLE: Final = 1

STATE_OPEN: Final = b"-"
STATE_ENDED: Final = b"e"
STATE_TAIL_LOST: Final = b"l"
"""Later bytes were not kept."""

WRITER_BYTES: Final = 8
_FRAME = struct.Struct(">IB12s")
_CHECKSUM = struct.Struct(">I")
_HEAD_BYTES = _FRAME.size + _CHECKSUM.size
_BOUND = struct.Struct(">IB")
_NUMBER = struct.Struct(">I")


class DamagedDraftError(Exception):
    """Bytes that we did not write like this."""


class Header(msgspec.Struct, frozen=True):
    """The beginning of a file. `raw` is all of it but the state."""

    raw: bytes
    state: bytes

    @property
    def key_id(self) -> bytes:
        """Which key sealed the file."""
        return self.raw[len(MAGIC) : len(MAGIC) + KEY_ID_BYTES]

    @property
    def is_durable(self) -> bool:
        """Whether the exchange must be picked up after a crash."""
        return bool(self.raw[-1] & DURABLE)


class Frame(msgspec.Struct, frozen=True):
    """One frame, not opened yet. `start` and `end` are offsets into the bytes that it was found in."""

    start: int
    end: int
    kind: int
    nonce: bytes
    sealed: bytes


def key_id(key: bytes) -> bytes:
    """A name for a key that gives nothing of it away."""
    return blake2b(b"key id", key=key, digest_size=KEY_ID_BYTES).digest()


def new_header(key: bytes, *, durable: bool) -> bytes:
    """The header of a new file."""
    return MAGIC + key_id(key) + os.urandom(SALT_BYTES) + bytes((DURABLE if durable else 0,))


def read_header(data: bytes) -> Header | None:
    """The header at the beginning of these bytes, `None` where there is none."""
    if len(data) < FRAMES_AT or not data.startswith(MAGIC):
        return None
    return Header(data[:HEADER_BYTES], data[STATE_AT:FRAMES_AT])


class Sealer:
    """Seals and opens the frames of one file."""

    __slots__ = ("_bound", "_cipher", "_writer")

    def __init__(self, key: bytes, header: bytes, exchange_id: str) -> None:
        """`key` is ours, `header` the file's without its state."""
        self._cipher = AESGCM(blake2b(header, key=key, digest_size=32, person=b"mainstay draft").digest())
        self._bound = exchange_id.encode()
        self._writer = os.urandom(WRITER_BYTES)

    def seal(self, kind: int, number: int, content: bytes) -> bytes:
        """A frame. No number may be sealed twice by the same sealer."""
        nonce = self._writer + _NUMBER.pack(number)
        sealed = self._cipher.encrypt(nonce, content, self._bound + _BOUND.pack(number, kind))
        head = _FRAME.pack(len(sealed), kind, nonce)
        return head + _CHECKSUM.pack(crc32(head)) + sealed

    def open(self, frame: Frame, number: int) -> bytes:
        """The content. Raises `DamagedDraftError` where this is not what was sealed as this number."""
        try:
            return self._cipher.decrypt(frame.nonce, frame.sealed, self._bound + _BOUND.pack(number, frame.kind))
        except InvalidTag:
            raise DamagedDraftError(f"frame {number} is not what was written") from None


def frames(data: bytes, start: int) -> Iterator[Frame]:
    """The whole frames from this offset on. A torn last one is left out: writing it was interrupted.

    Raises `DamagedDraftError` where something else stands than a frame.
    """
    while start + _HEAD_BYTES <= len(data):
        length, kind, nonce = _FRAME.unpack_from(data, start)
        if not length and not any(data[start:]):
            # A file system may have made the file longer before a power failure and never filled it.
            return
        begin = start + _HEAD_BYTES
        (checksum,) = _CHECKSUM.unpack_from(data, start + _FRAME.size)
        if checksum != crc32(data[start : start + _FRAME.size]):
            raise DamagedDraftError("no frame begins here")
        end = begin + length
        if end > len(data):
            return
        yield Frame(start, end, kind, nonce, data[begin:end])
        start = end
