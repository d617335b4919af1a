"""Tokens of ours: `mst_` and a compact JWS behind it, verified with nothing but a trust bundle."""

from typing import Final

import msgspec

from mainstay.model.fault import Fault
from mainstay.model.identity import Identity
from mainstay.wire.trust.bundle import Trust
from mainstay.wire.trust.claims import Claims, claims_from
from mainstay.wire.trust.jws import is_signed_by, read_signed, sign
from mainstay.wire.trust.keys import SigningKey
from mainstay.wire.trust.refusals import FORGED_TOKEN, MALFORMED_TOKEN, UNKNOWN_KEY, unauthenticated

PREFIX: Final = "mst_"
KIND: Final = "mainstay+jwt"
CHARACTERS_MAX: Final = 4_096

SCANNER_PATTERN: Final = r"mst_eyJhbGciOiJFZDI1NTE5Ii[A-Za-z0-9_-]{40,200}\.[A-Za-z0-9_-]{100,4000}\.[A-Za-z0-9_-]{86}"
"""A regular expression by which secret scanners find tokens."""


class Genuine(msgspec.Struct, frozen=True):
    """A token that was signed with a key of ours. Whether it holds now, `verdict` says."""

    key: str
    claims: Claims
    identity: Identity


def mint(claims: Claims, key: SigningKey) -> str:
    """A token with these claims. Raises `ValueError` where they make it too long."""
    token = PREFIX + sign(msgspec.json.encode(claims), KIND, key)
    if len(token) > CHARACTERS_MAX:
        raise ValueError(f"the token would have {len(token)} characters, of which {CHARACTERS_MAX} are allowed")
    return token


def read_token(token: str, trust: Trust, wall: float) -> Genuine | Fault:
    """Read a token and check its signature. What depends on the time and on revocations is `verdict`'s, but for keys
    that have retired at `wall` (seconds since 1970)."""
    if not token.startswith(PREFIX):
        return MALFORMED_TOKEN
    document = read_signed(token.removeprefix(PREFIX), KIND, CHARACTERS_MAX - len(PREFIX))
    if document is None:
        return MALFORMED_TOKEN
    public = trust.key(document.key, wall)
    if public is None:
        return UNKNOWN_KEY
    if not is_signed_by(document, public):
        return FORGED_TOKEN
    claims = claims_from(document.payload)
    if isinstance(claims, str):
        return unauthenticated("invalid_token", f"The token cannot be accepted: {claims}. Ask for a new one.")
    return Genuine(document.key, claims, claims.identity())


def verdict(genuine: Genuine, trust: Trust, wall: float) -> Fault | None:
    """Why a genuine token does not hold at `wall`, in seconds since 1970; `None` where it does."""
    claims = genuine.claims
    if wall >= trust.retires_at(genuine.key):
        return UNKNOWN_KEY
    if trust.is_revoked(claims):
        return unauthenticated("revoked_token", f"The token {claims.jti} has been revoked. Ask for a new one.")
    if wall >= claims.ends_at:
        return unauthenticated("expired_token", f"The token {claims.jti} has expired. Ask for a new one.")
    if wall < claims.starts_at:
        return unauthenticated(
            "not_yet_valid", f"The token {claims.jti} is not valid yet. Wait, or check the clocks of both machines."
        )
    return None
