"""The lease of the control plane on one machine: a lock on a file of the state folder.

The operating system frees the lock when its holder dies, however. A holder that is paused keeps it: on one machine
nobody else can know that it will not go on in the next moment.
"""

import fcntl
import os
from pathlib import Path
from typing import Final

import msgspec

from mainstay.ledger.errors import StoreError
from mainstay.ledger.store.lease_row import Sight

FILE: Final = "control.lock"
FILE_BYTES_MAX: Final = 4_096


class _Claim(msgspec.Struct, frozen=True):
    holder: str = ""
    epoch: int = 0


class LeaseFile:
    """A claim on the lease of one state folder."""

    def __init__(self, state: Path, holder: str) -> None:
        """`holder` names us to operators."""
        self._path = state / "run" / FILE
        self._holder = holder
        self._descriptor: int | None = None

    def claim(self) -> int | None:
        """Take the lease if it is free; give its epoch, or `None`. Raises `StoreError`."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                epoch = self._read().epoch + 1
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, msgspec.json.encode(_Claim(self._holder, epoch)), 0)
            except BlockingIOError:
                os.close(descriptor)
                return None
            except BaseException:
                os.close(descriptor)
                raise
        except OSError as error:
            raise StoreError(f"{self._path}: {error.strerror or error}") from error
        self._descriptor = descriptor
        return epoch

    def renew(self, epoch: int) -> bool:
        """Whether the lease of this epoch is ours still: not if the file was removed or replaced under us."""
        if self._descriptor is None:
            return False
        try:
            ours, there = os.fstat(self._descriptor), self._path.stat()
        except OSError:
            return False
        return (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino) and self._read().epoch == epoch

    def look(self) -> Sight:
        """Who holds it. It does not beat."""
        claim = self._read()
        return Sight(claim.holder, claim.epoch, 0)

    def depose(self) -> None:
        """Do nothing: the lock of a process that lives cannot be taken from it."""

    def close(self) -> None:
        """Give up the lease, if it is ours. Raises nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _read(self) -> _Claim:
        try:
            with self._path.open("rb") as file:
                return msgspec.json.decode(file.read(FILE_BYTES_MAX), type=_Claim)
        except (OSError, ValueError):
            return _Claim()
