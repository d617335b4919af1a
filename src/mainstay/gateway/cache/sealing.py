"""Names and seals of kept answers (AES-256-GCM, NIST SP 800-38D).

An entry's name is a keyed hash, so that nobody without the key can tell whether a request he guesses was made; the
name is sealed along with the content, so that entries cannot be exchanged for each other unnoticed.
"""

import os
from hashlib import blake2b
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mainstay.engine.caching.answer import CachedAnswer

MAGIC: Final = b"mstcach1"
NONCE_BYTES: Final = 12
NAME_BYTES: Final = 24
TAG_BYTES: Final = 8
_PERSON: Final = b"mainstay cache"
_ENCODE: Final = msgspec.msgpack.Encoder().encode
_DECODE: Final = msgspec.msgpack.Decoder(CachedAnswer).decode


class Sealing:
    """Names, seals and opens with one key. Usable from any thread."""

    def __init__(self, key: bytes) -> None:
        """`key` has 32 bytes and may serve other purposes too: what is used here is derived from it."""
        self._cipher = AESGCM(blake2b(b"seal", key=key, digest_size=32, person=_PERSON).digest())
        self._name_key = blake2b(b"name", key=key, digest_size=32, person=_PERSON).digest()

    def name(self, digest: bytes) -> bytes:
        """The name under which the answer to a request is kept; `digest` is that of `wire.canonical.cache_key`."""
        return blake2b(digest, key=self._name_key, digest_size=NAME_BYTES).digest()

    def tag(self, text: str) -> str:
        """A short name for a tenant or a model that tells nobody which it is."""
        data = text.encode("utf-8", "surrogatepass")
        return blake2b(data, key=self._name_key, digest_size=TAG_BYTES, person=b"tag").hexdigest()

    def seal(self, name: bytes, answer: CachedAnswer) -> bytes:
        """The bytes to keep."""
        nonce = os.urandom(NONCE_BYTES)
        return MAGIC + nonce + self._cipher.encrypt(nonce, _ENCODE(answer), MAGIC + name)

    def open(self, name: bytes, sealed: bytes) -> CachedAnswer | None:
        """The answer; `None` where these bytes were not sealed by us under this name."""
        if not sealed.startswith(MAGIC):
            return None
        start = len(MAGIC)
        nonce, rest = sealed[start : start + NONCE_BYTES], sealed[start + NONCE_BYTES :]
        try:
            return _DECODE(self._cipher.decrypt(nonce, rest, MAGIC + name))
        except (InvalidTag, ValueError):
            return None
