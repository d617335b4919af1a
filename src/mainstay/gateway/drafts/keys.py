"""The key that seals drafts: 32 random bytes in a file that only we may read."""

import os
from pathlib import Path
from typing import Final

KEY_FILE: Final = "drafts.key"
KEY_BYTES: Final = 32


def read_or_make_key(folder: Path) -> bytes:
    """The key in this folder; made, with the folder, where it is missing. Raises `OSError`, also for a file that is no
    key: making another one would throw away every draft without being asked."""
    path = folder / KEY_FILE
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        return _make_key(path)
    if len(key) != KEY_BYTES:
        raise OSError(f"{path}: not a key of {KEY_BYTES} bytes; restore it, or remove it to begin with a new one")
    return key


def _make_key(path: Path) -> bytes:
    """A new key, whole under its name or not there at all, also after a power failure."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = os.urandom(KEY_BYTES)
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, key)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    draft.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return key
