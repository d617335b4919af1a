"""One draft's file as the thread sees it: what is in it, where, and how the next frames are sealed."""

from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from mainstay.gateway.drafts.entries import DELIVERED, Entry
from mainstay.gateway.drafts.seal import FRAMES_AT, STATE_OPEN, Sealer, new_header

SIGN_BYTES: Final = 64 * 1024
"""About so far apart in the delivered stream are the frames whose place in the file is remembered."""


class Sign(msgspec.Struct, frozen=True):
    """A frame of delivered bytes: its offset in the file, its number, and the position of its first byte."""

    offset: int
    number: int
    position: int


class DraftFile:
    """Written and read by the thread alone, but for `failed`, `stream_bytes` and what never changes."""

    __slots__ = (
        "_sealer",
        "_sign_positions",
        "_signs",
        "durable",
        "exchange_id",
        "failed",
        "frames",
        "path",
        "size",
        "stream_bytes",
        "torn",
    )

    def __init__(self, exchange_id: str, path: Path, *, durable: bool) -> None:
        """A file that does not exist yet."""
        self.exchange_id = exchange_id
        self.path = path
        self.durable = durable
        self.size = 0
        """Bytes of header and whole frames; zero before the first."""
        self.frames = 0
        self.stream_bytes = 0
        """Delivered bytes in it."""
        self.torn = False
        """Whether something unusable stands behind `size`."""
        self.failed = False
        """Nothing is written to it any more: the disk refused, or it was removed."""
        self._sealer: Sealer | None = None
        self._signs: list[Sign] = []
        self._sign_positions: list[int] = []

    @classmethod
    def found(cls, exchange_id: str, path: Path, sealer: Sealer, *, durable: bool) -> "DraftFile":
        """One that exists, with no frame read yet."""
        file = cls(exchange_id, path, durable=durable)
        file._sealer = sealer
        file.size = FRAMES_AT
        return file

    @property
    def is_new(self) -> bool:
        """Whether there is no file yet."""
        return not self.size

    @property
    def sealer(self) -> Sealer:
        """Opens and seals frames. There is none before the first is written."""
        if self._sealer is None:
            raise RuntimeError("nothing was written to this draft")
        return self._sealer

    def sealed(self, key: bytes, entries: Sequence[Entry]) -> tuple[bytes, ...]:
        """The frames of these entries, the first behind the header of a new file. Whoever gets them has to write them
        or give the file up: a frame number is sealed once."""
        header = b""
        if self._sealer is None:
            header = new_header(key, durable=self.durable)
            self._sealer = Sealer(key, header, self.exchange_id)
            header += STATE_OPEN
        seal = self._sealer.seal
        sealed = [seal(kind, number, content) for number, (kind, content) in enumerate(entries, self.frames)]
        sealed[0] = header + sealed[0]
        return tuple(sealed)

    def wrote(self, entries: Sequence[Entry], sealed: Sequence[bytes]) -> None:
        """These entries are in the file now, as these frames."""
        for (kind, content), frame in zip(entries, sealed, strict=True):
            begin = self.size or FRAMES_AT
            self.size += len(frame)
            self.noted(kind, len(content), begin)

    def noted(self, kind: int, content_bytes: int, offset: int) -> None:
        """The next frame of the file is of this kind and begins there."""
        if kind == DELIVERED:
            if not self._signs or self.stream_bytes - self._signs[-1].position >= SIGN_BYTES:
                self._signs.append(Sign(offset, self.frames, self.stream_bytes))
                self._sign_positions.append(self.stream_bytes)
            self.stream_bytes += content_bytes
        self.frames += 1

    def sign_before(self, position: int) -> tuple[Sign, int]:
        """The last remembered frame at or before a position of the delivered stream, and where the next remembered one
        (or nothing) begins in the file."""
        number = bisect_right(self._sign_positions, position) - 1
        following = number + 1
        return self._signs[number], self._signs[following].offset if following < len(self._signs) else self.size
