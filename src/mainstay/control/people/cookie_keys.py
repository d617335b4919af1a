"""The keys that sign cookies, in `state/control/cookie.key`, and what is signed with them.

They share no file, format or library with the keys of machine tokens.
"""

import binascii
import hashlib
import hmac
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
from itsdangerous import BadSignature, Signer

from mainstay.control.people.private_files import WatchedFile, locked, read_private, write_private

KEY_BYTES: Final = 32
KEYS_MAX: Final = 5
OVERLAP_SECONDS: Final = 43_200.0
"""How long a key that was replaced still verifies: as long as a session lives unused."""
SEALED_CHARACTERS_MAX: Final = 3_000
"""Browsers keep cookies of up to 4,096 bytes."""


class CookieKey(msgspec.Struct, frozen=True, omit_defaults=True):
    """One key. `ends_at` (seconds since 1970) stands where a newer one has taken its place."""

    secret: bytes
    made_at: float
    ends_at: float | None = None

    def __repr__(self) -> str:
        """Without the secret, so that no log can leak it."""
        return "CookieKey(...)"


class Keys(msgspec.Struct, frozen=True):
    """The whole file; the last key signs."""

    keys: tuple[CookieKey, ...] = ()


class CookieKeys:
    """The living keys, read again when the file changes."""

    def __init__(self, state: Path, wall: Callable[[], float]) -> None:
        """Makes the first key. Where the disk does not allow that, a key in memory serves until we end; `trouble` says
        so. Raises nothing."""
        self.path = key_path(state)
        self._wall = wall
        self._only_here: CookieKey | None = None
        self._could_not_make: str | None = None
        self._file = WatchedFile(self.path, _parse, Keys())
        if not self._file.value().keys:
            self._make()

    @property
    def trouble(self) -> str | None:
        """Why sessions may not outlive this process, or a change was not seen; `None` while all is well."""
        self._file.value()
        return self._could_not_make or self._file.trouble

    def secrets(self) -> list[bytes]:
        """What verifies, oldest first; the last one signs."""
        now = self._wall()
        keys = self._file.value().keys or ((self._only_here,) if self._only_here else ())
        return [key.secret for key in keys if key is keys[-1] or key.ends_at is None or key.ends_at > now]

    def _make(self) -> None:
        self._only_here = CookieKey(os.urandom(KEY_BYTES), self._wall())
        try:
            with locked(self.path):
                if not self.path.exists():
                    _write(self.path, Keys((self._only_here,)))
        except OSError as error:
            reason = error.strerror or str(error)
            self._could_not_make = f"{self.path}: cannot be made ({reason}), so sessions end when this process does"
        self._file.value()


def key_path(state: Path) -> Path:
    """Where the keys of a state folder are."""
    return state / "control" / "cookie.key"


def replace_key(state: Path, wall: float, *, overlap: bool) -> None:
    """Make a new key. With `overlap`, older ones verify until the sessions that they signed are over; without, every
    session ends at once, and a damaged file is replaced. Raises `OSError`, or `ValueError` for a damaged file."""
    path = key_path(state)
    with locked(path):
        old: tuple[CookieKey, ...] = ()
        if overlap and path.exists():
            kept = _parse(read_private(path)).keys
            old = tuple(msgspec.structs.replace(key, ends_at=key.ends_at or wall + OVERLAP_SECONDS) for key in kept)
        living = tuple(key for key in old if key.ends_at is not None and key.ends_at > wall)[1 - KEYS_MAX :]
        _write(path, Keys((*living, CookieKey(os.urandom(KEY_BYTES), wall))))


class Seal:
    """Signs what a browser keeps for us. A `purpose` keeps what was signed for one thing from serving as another."""

    def __init__(self, keys: CookieKeys) -> None:
        self.keys = keys

    def seal(self, purpose: str, payload: bytes) -> str:
        """The payload (readable by anybody) and its signature, fit for a cookie."""
        return self._signer(purpose).sign(urlsafe_b64encode(payload).rstrip(b"=")).decode("ascii")

    def unseal(self, purpose: str, text: str) -> bytes | None:
        """The payload; `None` for whatever we did not sign for this purpose with a living key."""
        if not text.isascii() or len(text) > SEALED_CHARACTERS_MAX:
            return None
        try:
            payload = self._signer(purpose).unsign(text)
            return urlsafe_b64decode(payload + b"=" * (-len(payload) % 4))
        except (BadSignature, binascii.Error, ValueError):
            return None

    def mark(self, purpose: str, text: str) -> str:
        """A word that only we can know for this text."""
        return _mark(self.keys.secrets()[-1], purpose, text)

    def is_mark(self, purpose: str, text: str, mark: str) -> bool:
        """Whether `mark` is ours, by any living key."""
        return mark.isascii() and any(
            hmac.compare_digest(_mark(secret, purpose, text), mark) for secret in self.keys.secrets()
        )

    def _signer(self, purpose: str) -> Signer:
        return Signer(
            self.keys.secrets(), salt=f"mainstay.{purpose}", key_derivation="hmac", digest_method=hashlib.sha256
        )


def _mark(secret: bytes, purpose: str, text: str) -> str:
    return hmac.new(secret, f"mainstay.mark.{purpose}\n{text}".encode(), hashlib.sha256).hexdigest()


def _parse(content: bytes) -> Keys:
    keys = msgspec.json.decode(content, type=Keys)
    if not 1 <= len(keys.keys) <= KEYS_MAX or any(len(key.secret) != KEY_BYTES for key in keys.keys):
        raise ValueError("not a file of cookie keys")
    return keys


def _write(path: Path, keys: Keys) -> None:
    write_private(path, msgspec.json.encode(keys))
