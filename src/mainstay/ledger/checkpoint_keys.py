"""Where the keys of checkpoints lie: `state/keys/ledger`. They serve nothing else: a stolen or lost one opens no door.

Private keys are `KEY.pem` (PKCS 8, readable by their owner alone). `keys.json` holds the public ones, oldest first; a
copy of it on another machine lets anybody verify, whatever happens to this one.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from mainstay.ledger.checkpoint import Signer, SigningKey
from mainstay.ledger.durable import write_durably
from mainstay.ledger.errors import StoreError

KEYS_FILE: Final = "keys.json"
KEYS_FILE_BYTES_MAX: Final = 65_536


class _PublicKey(msgspec.Struct, frozen=True):
    """One public key as a JSON Web Key (RFC 8037)."""

    kid: str
    x: str
    kty: str = "OKP"
    crv: str = "Ed25519"


class _PublicKeys(msgspec.Struct, frozen=True):
    keys: tuple[_PublicKey, ...] = ()


def checkpoint_keys_folder(state: Path) -> Path:
    """Where the keys of a state folder's checkpoints lie."""
    return state / "keys" / "ledger"


def read_or_make_signing_key(folder: Path) -> SigningKey:
    """The newest private key in this folder; made, with the folder, where there is none. Several processes may ask at
    once. Raises `StoreError`."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(folder):
            known = _known(folder / KEYS_FILE)
            for one in reversed(known.keys):
                path = folder / f"{one.kid}.pem"
                if path.exists():
                    return _signing_key(one.kid, path)
            return _make(folder, known)
    except OSError as error:
        raise StoreError(f"{folder}: {error.strerror or error}") from error


def read_public_keys(path: Path) -> dict[str, OKPKey]:
    """The public keys in a folder of keys, or in one file of them, by name; none where there is no such file.

    Raises `StoreError` if they cannot be read.
    """
    try:
        known = _known(path / KEYS_FILE if path.is_dir() else path)
        return {one.kid: OKPKey.import_key({"kty": one.kty, "crv": one.crv, "x": one.x}) for one in known.keys}
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}") from error
    except (JoseError, ValueError) as error:
        raise StoreError(f"{path}: holds something that is no public key: {error}") from error


def _make(folder: Path, known: _PublicKeys) -> SigningKey:
    key = OKPKey.generate_key("Ed25519")
    x = str(key.as_dict(private=False)["x"])
    name = f"ck_{sha256(x.encode()).hexdigest()[:16]}"
    # Announced first: a private key of which nobody knows the public one would make checkpoints that nobody trusts.
    keys = _PublicKeys((*known.keys, _PublicKey(name, x)))
    write_durably(folder / KEYS_FILE, msgspec.json.format(msgspec.json.encode(keys)) + b"\n")
    write_durably(folder / f"{name}.pem", key.as_pem(private=True), 0o600)
    return SigningKey(name, key)


def _known(path: Path) -> _PublicKeys:
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(KEYS_FILE_BYTES_MAX), type=_PublicKeys)
    except FileNotFoundError:
        return _PublicKeys()
    except ValueError as error:
        raise StoreError(f"{path}: not a file of public keys: {error}; restore it") from error


def _signing_key(name: str, path: Path) -> SigningKey:
    try:
        key = SigningKey(name, OKPKey.import_key(path.read_bytes()))
        Signer(key)
    except (JoseError, ValueError) as error:
        raise StoreError(f"{path}: not a private key; restore it, or remove it to begin with a new one") from error
    return key


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
