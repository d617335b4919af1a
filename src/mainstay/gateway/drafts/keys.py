"""Keys that seal what is kept: 32 random bytes in a file that only we may read, or made from a secret of replicas."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mainstay.gateway.drafts.disk import Disk

KEY_FILE: Final = "drafts.key"
KEY_BYTES: Final = 32


def read_or_make_key(folder: Path, name: str = KEY_FILE) -> bytes:
    """The key in this folder; made, with the folder, where it is missing. Raises `OSError`, also for a file that is no
    key: making another one would throw away all that was sealed without being asked."""
    path = folder / name
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        _make_key(path)
        # Several workers begin at once, and one of them has made it.
        key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise OSError(f"{path}: not a key of {KEY_BYTES} bytes; restore it, or remove it to begin with a new one")
    return key


def key_from_secret(secret: str) -> bytes:
    """The key that a secret text stands for (HKDF, RFC 5869): replicas with the same text can read each other's
    drafts."""
    derivation = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b"mainstay drafts")
    return derivation.derive(secret.encode("utf-8", "surrogatepass"))


def _make_key(path: Path) -> None:
    """A new key, whole under its name or not there at all, also after a power failure; not where there is one."""
    disk = Disk()
    draft = path.with_name(f".{os.urandom(KEY_BYTES // 4).hex()}.new")
    try:
        disk.create(draft, os.urandom(KEY_BYTES))
        disk.sync(draft)
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        disk.remove(draft)
    disk.sync(path.parent)
