"""Who reports, as a keyed hash: the same person twice is seen, and nobody can be named by it."""

import hashlib
import hmac
import ipaddress
import os
from pathlib import Path
from typing import Final

from mainstay.control.people.private_files import locked, read_private, write_private

KEY_BYTES: Final = 32
HASH_CHARACTERS: Final = 16


class Persons:
    """Makes hashes with the key in `state/keys/trouble.key`, which is made with the first one."""

    def __init__(self, state: Path) -> None:
        self.path = state / "keys" / "trouble.key"
        self._key: bytes | None = None

    def hashed(self, kind: str, who: str) -> str:
        """The hash of an account, a session or an address (`kind` says which). Raises `OSError`, also for a key file
        that is damaged."""
        if self._key is None:
            self._key = self._load()
        text = f"{kind}\n{who}".encode("utf-8", "surrogatepass")
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()[:HASH_CHARACTERS]

    def _load(self) -> bytes:
        with locked(self.path):
            try:
                key = read_private(self.path)
            except FileNotFoundError:
                key = os.urandom(KEY_BYTES)
                write_private(self.path, key)
        if len(key) != KEY_BYTES:
            raise OSError(f"{self.path}: is damaged; remove it, and a new one is made")
        return key


def network_of(address: str) -> str:
    """The part of an address that stands for one person: IPv6 gives each of them 64 bits to play with."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.IPv6Network((found, 64), strict=False).network_address)
    return str(found)
