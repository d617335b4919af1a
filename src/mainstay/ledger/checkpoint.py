"""Checkpoints: signed statements of what a chain was at an instant. Pure; keys are arguments.

A checkpoint is a compact JWS (RFC 7515) with an Ed25519 signature. The newest one of a journal is its *head*; others
are kept in the journal and shipped with it. Their keys serve nothing else.
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from mainstay.ledger.errors import ForgedCheckpointError, UnknownKeyError

ALGORITHM: Final = "Ed25519"
TYPE: Final = "mainstay-checkpoint+jwt"
STATEMENT_CHARACTERS_MAX: Final = 2_048

_REGISTRY: Final = jws.JWSRegistry(algorithms=[ALGORITHM])

PublicKeys = Mapping[str, OKPKey]
"""Keys that checkpoints may be signed with, by their names (`kid`)."""


class SigningKey(msgspec.Struct, frozen=True):
    """A private key and its name. Never shown: its `repr` holds the name alone."""

    id: str
    key: OKPKey

    def __repr__(self) -> str:
        return f"SigningKey({self.id!r})"


class Checkpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At the instant `at` (seconds since 1970) the record number `sequence` was in the chain, with the hash `digest`
    (64 hexadecimal digits), and the chain said of itself what `origin` covers (see `chain.origin`)."""

    chain: str
    sequence: int
    digest: str
    at: float
    gateway: str = ""
    origin: str = ""


class Signer:
    """Signs with one key, again and again: what every statement begins with is made once. The library that verifies
    would look at the key anew each time, which takes as long as the signature itself."""

    def __init__(self, key: SigningKey) -> None:
        """Make ready. Raises `ValueError` for a key that cannot sign checkpoints."""
        private = key.key.private_key
        if not isinstance(private, Ed25519PrivateKey):
            raise ValueError(f"{key.id} is no private Ed25519 key")  # noqa: TRY004 - a value of the right type
        header = msgspec.json.encode({"alg": ALGORITHM, "kid": key.id, "typ": TYPE})
        self._beginning = _base64(header) + b"."
        self._sign = private.sign

    def sign(self, checkpoint: Checkpoint) -> str:
        """The signed statement, fit for a line of text."""
        signed = self._beginning + _base64(msgspec.json.encode(checkpoint))
        return (signed + b"." + _base64(self._sign(signed))).decode("ascii")


def sign(checkpoint: Checkpoint, key: SigningKey) -> str:
    """As `Signer.sign`, for a single one."""
    return Signer(key).sign(checkpoint)


def verified(statement: str, keys: PublicKeys) -> Checkpoint:
    """What a statement says, if it is genuine.

    Raises `UnknownKeyError` if it names a key that is not among these, `ForgedCheckpointError` if it is not genuine.
    """
    if len(statement) > STATEMENT_CHARACTERS_MAX:
        raise ForgedCheckpointError("longer than any checkpoint")
    try:
        header = jws.extract_compact(statement.encode("ascii")).headers()
        if header.get("typ") != TYPE or header.get("alg") != ALGORITHM:
            raise ForgedCheckpointError("not a checkpoint")
        key = keys.get(str(header.get("kid")))
        if key is None:
            raise UnknownKeyError(f"signed with the key {str(header.get('kid'))[:64]!r}, which is not known here")
        payload = jws.deserialize_compact(statement, key, registry=_REGISTRY).payload
        checkpoint = msgspec.json.decode(payload, type=Checkpoint)
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise ForgedCheckpointError(f"not a genuine checkpoint: {error}") from error
    return checkpoint


def _base64(data: bytes) -> bytes:
    """As a JWS has it: for URLs, without padding."""
    return urlsafe_b64encode(data).rstrip(b"=")
