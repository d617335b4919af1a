"""The head of a journal: its newest checkpoint, in a file of its own, written anew after every commit.

The journal never is behind its head, for it is on disk first. A journal whose last records are gone is, and shows it.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from mainstay.ledger.chain import Anchor, Chain, origin
from mainstay.ledger.checkpoint import Checkpoint, PublicKeys, Signer, SigningKey, verified
from mainstay.ledger.errors import ForgedCheckpointError, StoreError

HEAD_BYTES: Final = 1_024
"""Always as long, so that it can be written over in place."""

READS: Final = 3
"""Whoever reads a head while it is written may see half of each; the next look finds it whole."""


def head_path(journal: Path) -> Path:
    """Where the head of a journal file lies, also of one that was set aside."""
    return journal.with_name(f"{journal.name.removesuffix('.sqlite')}.head")


class Witness:
    """Signs what a chain is, and keeps the newest statement as the head."""

    def __init__(self, key: SigningKey, head: Path, wall: Callable[[], float]) -> None:
        """`wall` gives seconds since 1970."""
        self.trouble: str | None = None
        """Why the head could not be written last time, in words for an operator."""
        self.wall = wall
        self._signer = Signer(key)
        self._head = head
        self._chain: Chain | None = None
        self._origin = ""

    def statement(self, chain: Chain, place: Anchor) -> str:
        """The signed statement that this place is in the chain."""
        at = round(self.wall(), 3)
        # The same value each time; to compare all that is in it would cost more than the rest of this.
        if chain is not self._chain:
            self._chain, self._origin = chain, origin(chain)
        digest = place.digest.hex()
        return self._signer.sign(Checkpoint(chain.id, place.sequence, digest, at, chain.gateway, self._origin))

    def keep(self, statement: str) -> None:
        """Write the head. Not flushed: it survives our death, and after a power failure an older one serves too.
        Never raises; a head that stays behind is trouble, not a loss."""
        try:
            write_head(self._head, statement)
            self.trouble = None
        except OSError as error:
            self.trouble = f"{self._head}: cannot be written: {error.strerror or error}"


def write_head(path: Path, statement: str) -> None:
    """Write a statement as the head, by one call, which nothing but a power failure can tear. Raises `OSError`."""
    # One page, written at once: a process that is killed leaves the old one or the new one.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        os.pwrite(descriptor, statement.encode().ljust(HEAD_BYTES - 1) + b"\n", 0)
    finally:
        os.close(descriptor)


def read_head(path: Path, keys: PublicKeys) -> Checkpoint | None:
    """What the head says; `None` if there is none.

    Raises `ForgedCheckpointError` or `UnknownKeyError` for one that cannot be trusted, `StoreError` for one that cannot
    be read.
    """
    for reads_left in reversed(range(READS)):
        data = read_head_bytes(path)
        if data is None:
            return None
        try:
            return verified(data.decode("ascii", "replace").strip(), keys)
        except ForgedCheckpointError:
            if not reads_left:
                raise
    return None


def read_head_bytes(path: Path) -> bytes | None:
    """The head as it lies there; `None` if there is none. Raises `StoreError`."""
    try:
        with path.open("rb") as file:
            return file.read(2 * HEAD_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}") from error
