"""Small files that are there whole or not at all, also after a power failure."""

import os
from pathlib import Path

from mainstay.ledger.errors import StoreError


def write_durably(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Put a file with this content in place of an older one. Its folder must exist. Raises `StoreError`.

    Of one path, only one process at a time may do this.
    """
    draft = path.with_name(f"{path.name}.new")
    try:
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}") from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power failure. Raises `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
