"""Claims: which exchange answers an idempotency key. One small file per key, shared by all workers of the machine.

A claim appears whole or not at all, and only one process can make it. It moves to another exchange when its first one
has failed, under a lock that is held for some microseconds and never waited for. Names and digests are hashes under the
key that seals drafts, so the files tell nothing of prompts.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Final

import msgspec

from mainstay.gateway.drafts.disk import FILE_MODE, Disk

CLAIMS_FOLDER: Final = "claims"
GUARD_FILE: Final = ".lock"
CLAIMS_IN_FOLDER_MAX: Final = 1_000
"""There are 256 folders. Of more claims the oldest go."""
CLAIM_BYTES_MAX: Final = 1_000
SWEPT_AT_ONCE: Final = 16
NAME_BYTES: Final = 16


class Claim(msgspec.Struct, frozen=True):
    """One exchange stands for a key. `digest` is that of the request's body, `owner` the process that began it
    (`Owner`), `at` the instant in seconds since 1970."""

    exchange_id: str
    digest: str
    owner: str
    at: float


_read: Final = msgspec.json.Decoder(Claim).decode


def keyed_hash(key: bytes, *parts: bytes) -> str:
    """A hash that says nothing without the key; where parts begin and end counts."""
    hashed = blake2b(key=key, digest_size=NAME_BYTES)
    for part in parts:
        hashed.update(len(part).to_bytes(8, "big"))
        hashed.update(part)
    return hashed.hexdigest()


def claim_text(claim: Claim) -> bytes:
    """A claim as bytes, always the same."""
    return msgspec.json.encode(claim)


def read_claim(data: bytes) -> Claim | None:
    """A claim from its bytes; `None` where these are none."""
    try:
        return _read(data)
    except (msgspec.MsgspecError, ValueError):
        return None


class ClaimFiles:
    """Used by one thread of each process."""

    def __init__(self, folder: Path, disk: Disk, keep_seconds: float) -> None:
        """Claims live for `keep_seconds`."""
        self._folder = folder
        self._disk = disk
        self._keep_seconds = keep_seconds
        self._counts: dict[str, int] = {}
        self._next_swept = 0

    def claim(self, name: str, claim: Claim) -> Claim | None:
        """Claim a key; `None` where that succeeded, else who has it. Raises `OSError`; of these `BlockingIOError` says
        that another process is at it."""
        path = self._path(name)
        known = self._known(path)
        if known is None:
            self._count(path.parent, claim.at)
            try:
                self._disk.create_whole(path, claim_text(claim))
            except FileExistsError:
                known = self._known(path)
            else:
                return None
        if known is not None and known.at >= claim.at - self._keep_seconds:
            return known
        return self.move(name, known, claim)

    def move(self, name: str, before: Claim | None, claim: Claim) -> Claim | None:
        """Let another exchange stand for a key; `None` where that succeeded, else who was faster. Raises as `claim`."""
        path = self._path(name)
        with self._guard():
            known = self._known(path)
            if known is not None and known != before:
                return known
            self._disk.replace_whole(path, claim_text(claim))
        return None

    def release(self, name: str, claim: Claim) -> None:
        """Nothing came of it. Raises as `claim`."""
        path = self._path(name)
        with self._guard():
            if self._known(path) == claim:
                self._disk.remove(path)

    def sweep(self, wall: float) -> None:
        """Remove what is too old or too much, in some of the folders. Raises `OSError`."""
        for number in range(self._next_swept, self._next_swept + SWEPT_AT_ONCE):
            self._sweep_folder(self._folder / f"{number % 256:02x}", wall)
        self._next_swept = (self._next_swept + SWEPT_AT_ONCE) % 256

    def _sweep_folder(self, folder: Path, wall: float) -> None:
        found = sorted(self._disk.ages(folder))
        late = len(found) - CLAIMS_IN_FOLDER_MAX * 9 // 10
        for number, (at, name) in enumerate(found):
            if at < wall - self._keep_seconds or number < late:
                self._disk.remove(folder / name)
                self._counts.pop(folder.name, None)
        self._counts[folder.name] = len(self._disk.names(folder))

    def _count(self, folder: Path, wall: float) -> None:
        """Clear a folder where it is full. Other processes put claims there too, but each of them counts."""
        if folder.name not in self._counts:
            self._counts[folder.name] = len(self._disk.names(folder))
        self._counts[folder.name] += 1
        if self._counts[folder.name] > CLAIMS_IN_FOLDER_MAX:
            self._sweep_folder(folder, wall)

    def _known(self, path: Path) -> Claim | None:
        try:
            return read_claim(self._disk.read(path, 0, CLAIM_BYTES_MAX))
        except FileNotFoundError:
            return None

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name

    @contextmanager
    def _guard(self) -> Iterator[None]:
        self._disk.make_folder(self._folder)
        descriptor = os.open(self._folder / GUARD_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        finally:
            os.close(descriptor)
