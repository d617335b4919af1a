"""Content codings (RFC 9110, section 8.4.1): gzip and deflate, unpacked step by step and within a bound."""

import zlib
from enum import Enum
from typing import Protocol

GZIP_CODINGS = frozenset({"gzip", "x-gzip"})
KNOWN_CODINGS = GZIP_CODINGS | {"deflate"}

_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_ZLIB_HEADER_BYTES = 2
_ZLIB_METHOD = 8
_MEMBERS = 16
"""Gzip files may be concatenated; each further member costs a copy of the rest, hence a bound."""


class CodingFault(Enum):
    """Why a body could not be unpacked."""

    BROKEN = "broken"
    TOO_LARGE = "too-large"


class _Stream(Protocol):
    """What `zlib.decompressobj` gives."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


class Decoder:
    """Unpacks one body. It may grow to `slack_bytes` plus `ratio` times the bytes fed so far."""

    __slots__ = ("_coding", "_fed", "_given", "_members", "_prefix", "_ratio", "_slack_bytes", "_stream")

    def __init__(self, coding: str, *, slack_bytes: int, ratio: int) -> None:
        """`coding` is one of `KNOWN_CODINGS`."""
        self._coding = coding
        self._slack_bytes = slack_bytes
        self._ratio = ratio
        self._fed = 0
        self._given = 0
        self._members = 0
        self._prefix = b""
        self._stream: _Stream | None = None

    @property
    def complete(self) -> bool:
        """Whether the packed body ended where it said it would (an empty body counts)."""
        return not self._fed or (self._stream is not None and self._stream.eof)

    def feed(self, data: bytes) -> bytes | CodingFault:
        """Take packed bytes, give the unpacked ones. After a fault the decoder is of no further use."""
        self._fed += len(data)
        allowed = self._slack_bytes + self._ratio * self._fed
        pieces = []
        data = self._prefix + data
        while data:
            stream = self._stream_for(data)
            if stream is None:
                return b"" if self._stream is None else CodingFault.BROKEN
            try:
                piece = stream.decompress(data, allowed - self._given + 1)
            except zlib.error:
                return CodingFault.BROKEN
            self._given += len(piece)
            if self._given > allowed:
                return CodingFault.TOO_LARGE
            pieces.append(piece)
            data = stream.unused_data if stream.eof else stream.unconsumed_tail
        return b"".join(pieces)

    def _stream_for(self, data: bytes) -> _Stream | None:
        """The stream that takes `data`; `None` when more bytes are needed to choose it, or none may follow."""
        if self._stream is not None and not self._stream.eof:
            return self._stream
        if self._coding in GZIP_CODINGS:
            return self._next_member()
        if self._stream is not None:
            return None
        return self._deflate_stream(data)

    def _next_member(self) -> _Stream | None:
        self._members += 1
        if self._members > _MEMBERS:
            return None
        self._stream = zlib.decompressobj(_GZIP_WINDOW)
        return self._stream

    def _deflate_stream(self, data: bytes) -> _Stream | None:
        """`deflate` means zlib, but some senders leave the two-byte zlib header out."""
        if len(data) < _ZLIB_HEADER_BYTES:
            self._prefix = data
            return None
        self._prefix = b""
        has_header = data[0] & 0x0F == _ZLIB_METHOD and int.from_bytes(data[:2], "big") % 31 == 0
        self._stream = zlib.decompressobj(zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS)
        return self._stream
