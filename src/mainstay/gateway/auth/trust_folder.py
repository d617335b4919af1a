"""The folder `state/keys/tokens`: the trust bundle, its last good copy, signing keys, and notes of minted tokens."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Final

import msgspec

from mainstay.gateway.auth.files import locked, read_file
from mainstay.gateway.whole_file import replace_file
from mainstay.ledger.durable import sync_folder
from mainstay.wire.trust.bundle import BUNDLE_CHARACTERS_MAX, Trust, read_bundle
from mainstay.wire.trust.claims import AllowanceClaim
from mainstay.wire.trust.keys import SigningKey, key_from_pem

BUNDLE_FILE: Final = "trust.jws"
PREVIOUS_FILE: Final = "trust.previous.jws"
MINTED_FILE: Final = "minted.jsonl"
LOCK_FILE: Final = "lock"
NOTES_MAX: Final = 10_000

_PEM: Final = ".pem"
_PEM_BYTES_MAX: Final = 4_096
_NOTES_BYTES_MAX: Final = 16_777_216
_PUBLIC_MODE: Final = 0o644

Stamp = tuple[int, int, int]
"""By which a file is known to be the same: its time, size and number."""


class Minted(msgspec.Struct, frozen=True, omit_defaults=True):
    """A token that was given out. The token itself is kept nowhere. Notes of older programs tell no allowance."""

    id: str
    name: str
    tenant: str
    iat: int
    exp: int
    allowance: AllowanceClaim | None = None


class TrustFolder:
    """Reads and writes the folder. All methods may raise `OSError`, unless they say otherwise."""

    def __init__(self, state: Path) -> None:
        """In this state folder. Nothing is made before something is written."""
        self.path = state / "keys" / "tokens"

    def lock(self) -> AbstractContextManager[None]:
        """Keep all others from changing the folder meanwhile."""
        return locked(self.path / LOCK_FILE)

    def stamp(self) -> Stamp | None:
        """What the bundle's file looks like from outside; `None` where there is none."""
        try:
            found = (self.path / BUNDLE_FILE).stat()
        except FileNotFoundError:
            return None
        return (found.st_mtime_ns, found.st_size, found.st_ino)

    def bundle_text(self) -> str:
        """The text of the bundle's file. Nothing of it is verified."""
        return self._text(BUNDLE_FILE)

    def bundle(self) -> Trust | str | None:
        """The bundle that is pinned here; a text says why it cannot be read. `None` where there never was one. Raises
        nothing."""
        return self._bundle(BUNDLE_FILE)

    def previous_bundle(self) -> Trust | str | None:
        """The last good bundle before that, as `bundle`."""
        return self._bundle(PREVIOUS_FILE)

    def write_bundle(self, text: str) -> None:
        """Put a bundle in the place of the one that is there, whose last good copy is kept. Hold the lock."""
        known = self.bundle()
        if isinstance(known, Trust):
            self._write_public(PREVIOUS_FILE, known.text)
        self._write_public(BUNDLE_FILE, text)

    def signing_key(self, key: str) -> SigningKey | None:
        """The private key with this id; `None` where it is not kept on this machine, or damaged."""
        try:
            found = key_from_pem(read_file(self.path / f"{key}{_PEM}", _PEM_BYTES_MAX))
        except FileNotFoundError:
            return None
        return found if found is not None and found.id == key else None

    def write_key(self, key: SigningKey) -> None:
        """Keep a private key, readable by its owner alone."""
        replace_file(self.path / f"{key.id}{_PEM}", key.pem())

    def remove_keys_except(self, key: str) -> None:
        """Destroy every private key but this one: what verifies needs none."""
        for path in self.path.glob(f"key_*{_PEM}"):
            if path.name != f"{key}{_PEM}":
                path.unlink(missing_ok=True)
        sync_folder(self.path)

    def minted(self) -> list[Minted]:
        """The tokens that were given out, oldest first. Lines that cannot be read are left out."""
        try:
            data = read_file(self.path / MINTED_FILE, _NOTES_BYTES_MAX)
        except FileNotFoundError:
            return []
        notes = []
        for line in data.splitlines():
            with suppress(ValueError, RecursionError):
                notes.append(msgspec.json.decode(line, type=Minted))
        return notes

    def write_minted(self, notes: Sequence[Minted]) -> None:
        """Keep these notes, of too many the newest. Hold the lock."""
        data = b"".join(msgspec.json.encode(note) + b"\n" for note in notes[-NOTES_MAX:])
        replace_file(self.path / MINTED_FILE, data)

    def _bundle(self, name: str) -> Trust | str | None:
        path = self.path / name
        try:
            found = read_bundle(self._text(name))
        except FileNotFoundError:
            return None
        except OSError as error:
            return f"{path}: {error.strerror or 'it is too large'}"
        return found if isinstance(found, Trust) else f"{path}: {found}"

    def _write_public(self, name: str, text: str) -> None:
        """Keep what everybody may read."""
        path = self.path / name
        replace_file(path, text.encode())
        path.chmod(_PUBLIC_MODE)

    def _text(self, name: str) -> str:
        return read_file(self.path / name, BUNDLE_CHARACTERS_MAX).decode("ascii", "replace").strip()
