"""Compact JWS, more strictly than the standard asks: a document of ours has one algorithm and one spelling.

Sources: RFC 7515 (JWS), RFC 8725 (best practices), RFC 9864 (`Ed25519` as a name of its own).
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from mainstay.wire.trust.keys import SigningKey

ALGORITHM: Final = "Ed25519"
"""The only algorithm of what we sign."""

SignatureKey = RSAKey | ECKey | OKPKey

_URL_SAFE: Final = re.compile(r"[A-Za-z0-9_-]*")
_SEGMENTS: Final = 3


class Segments(msgspec.Struct, frozen=True):
    """A compact JWS, taken apart; nothing of it is verified. `signed` is what the signature is over."""

    header: bytes
    payload: bytes
    signature: bytes
    signed: bytes


class Signed(msgspec.Struct, frozen=True):
    """A document in the form of ours. Whether its signature is genuine, `is_signed_by` says."""

    key: str
    payload: bytes
    segments: Segments


class _Header(msgspec.Struct, frozen=True):
    """Everything that the header of a document of ours says, in the order in which it says it."""

    alg: str
    kid: str
    typ: str


def split(text: str) -> Segments | None:
    """Take a compact JWS apart; `None` where the text is none. Of the several spellings that base64 has for the same
    bytes only the proper one is accepted, so that a token that was altered anywhere is another token."""
    parts = text.split(".")
    decoded = [_decoded(part) for part in parts] if len(parts) == _SEGMENTS else []
    match decoded:
        case [bytes() as header, bytes() as payload, bytes() as signature]:
            return Segments(header, payload, signature, f"{parts[0]}.{parts[1]}".encode())
        case _:
            return None


def read_signed(text: str, kind: str, characters_max: int) -> Signed | None:
    """Read a document of ours of this kind (its `typ`); `None` for anything else.

    The header must be, byte for byte, what `sign` would write: no other algorithm, no key or address of a key in it,
    nothing critical, nothing twice.
    """
    segments = split(text) if len(text) <= characters_max else None
    if segments is None:
        return None
    try:
        header = msgspec.json.decode(segments.header, type=_Header)
    except (ValueError, RecursionError):
        return None
    if segments.header != _header(header.kid, kind):
        return None
    return Signed(header.kid, segments.payload, segments)


def is_signed_by(document: Signed, key: OKPKey) -> bool:
    """Whether this key made the document's signature."""
    return is_genuine(document.segments, ALGORITHM, key)


def is_genuine(segments: Segments, algorithm: str, key: SignatureKey) -> bool:
    """Whether this key, used with this algorithm, made the signature. The caller has chosen the algorithm: what the
    header says is not looked at here."""
    try:
        model = JWSRegistry(algorithms=[algorithm]).get_alg(algorithm)
        model.check_key(key)
        return model.verify(segments.signed, segments.signature, key)
    except (JoseError, ValueError):
        return False


def sign(payload: bytes, kind: str, key: SigningKey) -> str:
    """A document of ours of this kind (its `typ`)."""
    signed = b".".join(urlsafe_b64encode(part).rstrip(b"=") for part in (_header(key.id, kind), payload))
    model = JWSRegistry(algorithms=[ALGORITHM]).get_alg(ALGORITHM)
    signature = urlsafe_b64encode(model.sign(signed, key.private)).rstrip(b"=")
    return b".".join((signed, signature)).decode()


def _header(key: str, kind: str) -> bytes:
    return msgspec.json.encode(_Header(ALGORITHM, key, kind))


def _decoded(part: str) -> bytes | None:
    if not _URL_SAFE.fullmatch(part):
        return None
    try:
        data = urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        return None
    return data if urlsafe_b64encode(data).rstrip(b"=").decode() == part else None
